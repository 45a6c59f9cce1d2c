import { longName, type Option, type Options, standardOptions, type Values } from './option.ts';
import type { Report } from './report.ts';
import { readValue } from './values.ts';

/** What a run is given besides its options. */
export type Context = {
  /** How many `-v` were given, at most 3. */
  readonly verbosity: 0 | 1 | 2 | 3;
  /** `-t` in milliseconds: the limit of the whole run. */
  readonly timeoutMs: number;
  /** Aborted at the plugin's own deadline, on SIGTERM and on any other early end: kill children at once. */
  readonly signal: AbortSignal;
  /** Milliseconds until the plugin's own deadline, never below 0. Counted from the start of the process. */
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

/** Defines a plugin; the types of its values come from its declarations. `faultsOf` reports what cannot work. */
export function definePlugin<const O extends Options>(definition: Definition<O>): Plugin<O> {
  return definition;
}

/**
 * What is wrong with the declarations of a plugin, one sentence each: names that no option can have, names and letters
 * that are taken by the options of every command of its kind, defaults that cannot be read. For the build, so that a run does not pay
 * for it.
 */
export function faultsOf(
  { name, options }: Pick<Plugin, 'name' | 'options'>,
  standard: Options = standardOptions,
): readonly string[] {
  const faults: string[] = [];
  const letters = new Set(Object.values<Option>(standard).map(({ short }) => short));
  for (const [key, option] of Object.entries(options)) {
    const { short } = option;
    const long = longName(key);
    if (key in standard || !/^[a-z][a-z0-9-]*$/.test(long) || long.startsWith('no-')) {
      faults.push(`${name}: an option cannot be called ${key}`);
    }
    if (short !== undefined && (letters.has(short) || !/^[a-zA-Z46]$/.test(short))) {
      faults.push(`${name}: -${short} is taken, or no letter`);
    }
    letters.add(short);
    const value = readValue(key, { ...option, required: false }, [], {});
    if (!value.ok) faults.push(`${name}: the default of ${value.reason}`);
  }
  return faults;
}
