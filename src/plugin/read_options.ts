import minimist from 'minimist';
import { normaliseArgv } from './argv.ts';
import { isFlag, longName, type Options } from './option.ts';
import { failure, type Result, success } from './result.ts';
import { readValue } from './values.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The texts that were given for each option, and the first thing that cannot be an argument. */
export type Given = {
  /** Every text given for a key, in order; a flag's is `true`. */
  readonly of: (key: string) => readonly string[];
  readonly error: string | undefined;
  /** The arguments in one form: `--long=value`. */
  readonly args: readonly string[];
};

/** Sorts arguments by the declarations. All options are declared, so minimist guesses neither names nor numbers. */
export function givenIn(argv: readonly string[], options: Options): Given {
  const { args, error } = normaliseArgv(argv, options);
  // Flags are strings here too: what they are was settled before, and `--flag=true` is read as it stands.
  // So is `--no-color=true`: without its value minimist would make color=false of it.
  const parsed = minimist([...args], { string: Object.keys(options).map(longName) });
  const of = (key: string) => {
    const value: unknown = parsed[longName(key)];
    return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
  };
  return { of, error, args };
}

/** The values of all options in the order of their declarations, or the first that is refused. */
export function valuesIn(given: Given, options: Options, env: Environment): Result<Readonly<Record<string, unknown>>> {
  if (given.error !== undefined) return failure(given.error);
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const texts = given.of(key);
    const value = isFlag(option) ? success(texts.length > 0) : readValue(key, option, texts, env);
    if (!value.ok) return value;
    values[key] = value.value;
  }
  return success(values);
}
