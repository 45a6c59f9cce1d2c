import { longName, type Option, type Options, standardOptions, type Values } from './option.ts';
import type { Report } from './report.ts';

/** What a run gets besides its options. */
export type Context = {
  /** How many `-v` were given, at most 3. */
  readonly verbosity: 0 | 1 | 2 | 3;
  /** `-t` in milliseconds: the limit of the whole run. */
  readonly timeoutMs: number;
  /** Aborted on the own deadline, on SIGTERM and on any other early end: kill children at once. */
  readonly signal: AbortSignal;
  /** Milliseconds until the own deadline, never below 0. Counted from the start of the process. */
  timeLeft(): number;
  /** Says what is being done now, as in "while ...": `asking node1, node2`. The deadline's UNKNOWN names it. */
  stage(text: string): void;
};

/** A line of the help: what it is for, and the arguments. */
export type Example = { readonly text: string; readonly args: string };

/** What a plugin is called, what it takes, what it does. */
export type Definition<O extends Options> = {
  /** The name of the executable, `check_...`. */
  readonly name: string;
  /** One sentence without a dot. */
  readonly summary: string;
  /** A paragraph for the help. */
  readonly description?: string;
  readonly options: O;
  readonly examples: readonly Example[];
  /** A usage error over several options, or undefined. It begins with the option that it is about. */
  readonly check?: (values: Values<O>) => string | undefined;
  /** Gathers and judges. What it throws is an internal error; what it can foresee is a finding. */
  readonly run: (values: Values<O>, context: Context) => Promise<Report>;
};

/** A plugin, ready to be run, described or generated from. Importing one runs nothing. */
export type Plugin<O extends Options = Options> = Omit<Definition<O>, 'check' | 'run'> & {
  // Methods, not functions: the kit handles plugins without knowing their options, and builds the values from the very
  // declarations that typed them.
  check?(values: Values<O>): string | undefined;
  run(values: Values<O>, context: Context): Promise<Report>;
};

/**
 * Defines a plugin; the types of its values come from its declarations. Throws for declarations that cannot work: a
 * name that no option can have, a name or a letter that is taken.
 */
export function definePlugin<const O extends Options>(definition: Definition<O>): Plugin<O> {
  const letters = new Set(Object.values<Option>(standardOptions).map(({ short }) => short));
  for (const [key, { short }] of Object.entries<Option>(definition.options)) {
    const name = longName(key);
    if (key in standardOptions || !/^[a-z][a-z0-9-]*$/.test(name) || name.startsWith('no-')) {
      throw new Error(`${definition.name}: an option cannot be called ${key}`);
    }
    if (short !== undefined && (letters.has(short) || !/^[a-zA-Z]$/.test(short))) {
      throw new Error(`${definition.name}: -${short} is taken, or no letter`);
    }
    letters.add(short);
  }
  return definition;
}
