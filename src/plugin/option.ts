import { parseMetricLabel } from './metric_label.ts';
import type { Range } from './range.ts';
import type { Result } from './result.ts';

/**
 * One option of a plugin, declared once: parsing and its errors, `--help`, the docs and the Icinga commands come from
 * here. Its key is camelCase; the long option is that in kebab-case (`totalNodes`: `--total-nodes`).
 */
export type Option = {
  /**
   * One letter, or 4 and 6 for the versions of IP. Every plugin has `-h -V -t -v`; `-w -c -H -C -p` have their
   * customary meaning.
   */
  readonly short?: string;
  /** The placeholder for the value in the help, such as `ADDRESS`. */
  readonly value?: string;
  /** A sentence fragment; the default and the like are added to it. */
  readonly help: string;
  /** What the value is; `string` unless said. A list names the only values allowed. A flag takes no value. */
  readonly type?: 'string' | 'integer' | 'number' | 'flag' | 'range' | readonly string[];
  /** Reads the text in place of `type`. */
  readonly parse?: (text: string) => Result<unknown>;
  /**
   * For completion, where `parse` reads the text: what a value can be, or begin with if it ends in a sign (`file:`,
   * `delay=`). In a list with commas, each part.
   */
  readonly words?: readonly string[];
  /** As a user would type it; read like any other value. A list where the option repeats. */
  readonly default?: string | number | readonly string[];
  /** May be given several times; the value is a list. */
  readonly repeat?: boolean;
  readonly required?: boolean;
  /** The smallest integer or number allowed. */
  readonly min?: number;
  /** The largest integer or number allowed. */
  readonly max?: number;
  /** An empty value is a value. Otherwise it is refused: it is usually a macro that Icinga could not fill in. */
  readonly allowEmpty?: boolean;
  /** A secret: read from this environment variable too, and never quoted in an error. */
  readonly secret?: { readonly env: string };
  /**
   * Its text is a label of every metric in the openmetrics format, also where the run reaches no verdict: it
   * distinguishes one run's metrics from another's. `of` extracts what belongs in the label.
   */
  readonly metricLabel?: { readonly name: string; readonly of?: (text: string) => string };
};

/** The options of a plugin by their camelCase names. */
export type Options = Readonly<Record<string, Option>>;

type Single<O extends Option> = O extends { readonly parse: (text: string) => Result<infer T> }
  ? T
  : O extends { readonly type: 'integer' | 'number' }
    ? number
    : O extends { readonly type: 'range' }
      ? Range
      : O extends { readonly type: readonly (infer Word)[] }
        ? Word
        : string;

type Given = { readonly required: true } | { readonly default: string | number };

/** The value of one option, from its declaration. */
export type Value<O extends Option> = O extends { readonly type: 'flag' }
  ? boolean
  : O extends { readonly repeat: true }
    ? readonly Single<O>[]
    : O extends Given
      ? Single<O>
      : Single<O> | undefined;

/** The values of all options, from their declarations; for options that are not known, only that they have values. */
export type Values<O extends Options> = string extends keyof O
  ? Readonly<Record<string, unknown>>
  : { readonly [K in keyof O]: Value<O[K]> };

/** The long option of a key, without dashes: `totalNodes` is `total-nodes`. */
export function longName(key: string): string {
  const name = longNames.get(key) ?? key.replace(/[A-Z]/g, '-$&').toLowerCase();
  longNames.set(key, name);
  return name;
}

/** A run asks for each of them five times or more. */
const longNames = new Map<string, string>();

/** Whether an option takes no value. */
export function isFlag(option: Option): boolean {
  return option.type === 'flag';
}

/** The options that every plugin has; the kit reads them itself. */
export const standardOptions = {
  timeout: {
    short: 't',
    value: 'SECONDS',
    help: 'time limit of the whole run',
    type: 'integer',
    min: 1,
    max: 3600,
    default: 10,
  },
  verbose: { short: 'v', help: 'say more; -vv also the facts as they were read, -vvv the whole answers', type: 'flag' },
  outputFormat: {
    value: 'FORMAT',
    help: 'text, json for the report as data, or openmetrics for Prometheus',
    type: ['text', 'json', 'openmetrics'],
    default: 'text',
  },
  labelStyle: {
    value: 'STYLE',
    help: 'labels of metrics in text and json: quoted where they have blanks, or plain, of A-Z a-z 0-9 _ alone',
    type: ['quoted', 'plain'],
    default: 'quoted',
  },
  metricLabel: {
    value: 'NAME=VALUE',
    help: 'one more label of every metric in the openmetrics format, such as site=berlin',
    repeat: true,
    default: [],
    parse: parseMetricLabel,
  },
  explain: {
    value: 'CODE',
    help: 'say what the code of a finding (from the JSON) means and what to do, and exit',
  },
  noColor: { help: 'no colours on a terminal; so does NO_COLOR in the environment', type: 'flag' },
  help: { short: 'h', help: 'print this help and exit', type: 'flag' },
  version: { short: 'V', help: 'print the version and exit', type: 'flag' },
} as const satisfies Options;
