import minimist from 'minimist';
import { normaliseArgv } from './argv.ts';
import { isFlag, longName, type Options, standardOptions } from './option.ts';
import type { Context, Plugin } from './plugin.ts';
import { success } from './result.ts';
import { readValue } from './values.ts';

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | ({ readonly kind: 'explain'; readonly code: string } & Output)
  | ({ readonly kind: 'refused'; readonly reason: string } & Output)
  | RunRequest;

/** How the answer is wanted. */
export type Output = { readonly json: boolean; readonly noColor: boolean };

/** A run: the plugin's own values, and what the kit reads itself. */
export type RunRequest = {
  readonly kind: 'run';
  readonly values: Readonly<Record<string, unknown>>;
  readonly verbosity: Context['verbosity'];
  readonly timeoutMs: number;
} & Output;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the arguments of a plugin. Help wins over everything, then version, then explain. A usage error is the first one
 * found: an argument that is none, then values in the order of the declarations, then the plugin's own check.
 */
export function readCommandLine(plugin: Plugin, argv: readonly string[], env: Environment): Request {
  const options: Options = { ...plugin.options, ...standardOptions };
  const { args, error } = normaliseArgv(argv, options);
  const given = parse(args, options);
  if (given('help').length > 0) return { kind: 'help' };
  if (given('version').length > 0) return { kind: 'version' };
  const output = { json: given('outputFormat').includes('json'), noColor: given('noColor').length > 0 };
  const [code] = given('explain');
  if (code !== undefined) return { kind: 'explain', code, ...output };
  const refused = (reason: string): Request => ({ kind: 'refused', reason, ...output });
  if (error !== undefined) return refused(error);
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const texts = given(key);
    const value = isFlag(option) ? success(texts.length > 0) : readValue(key, option, texts, env);
    if (!value.ok) return refused(value.reason);
    values[key] = value.value;
  }
  const { timeout, help, version, explain, verbose, outputFormat, noColor, ...own } = values;
  const wrong = plugin.check?.(own);
  if (wrong !== undefined) return refused(wrong);
  const verbosity = level(args.filter((arg) => arg === '--verbose=true').length);
  return { kind: 'run', values: own, verbosity, timeoutMs: Number(timeout) * 1000, ...output };
}

function level(count: number): Context['verbosity'] {
  return count === 0 ? 0 : count === 1 ? 1 : count === 2 ? 2 : 3;
}

/** Every text given for a key, in order. All options are declared, so minimist guesses neither names nor numbers. */
function parse(args: readonly string[], options: Options): (key: string) => readonly string[] {
  const names = Object.keys(options).map(longName);
  // Flags are strings here too: what they are was settled before, and `--flag=true` is read as it stands.
  // So is `--no-color=true`: without its value minimist would make color=false of it.
  const parsed = minimist([...args], { string: names });
  return (key) => {
    const value: unknown = parsed[longName(key)];
    return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
  };
}
