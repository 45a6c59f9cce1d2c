import { type Labels, labelsIn } from './metric_label.ts';
import { type Options, standardOptions } from './option.ts';
import type { LabelStyle } from './perfdata.ts';
import type { Context, Plugin } from './plugin.ts';
import { givenIn, valuesIn } from './read_options.ts';

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | ({ readonly kind: 'explain'; readonly code: string } & Output)
  | ({ readonly kind: 'refused'; readonly reason: string } & Output)
  | RunRequest;

/** The form of the answer. */
export type Output = {
  readonly format: Format;
  readonly labelStyle: LabelStyle;
  /** The labels of every metric in the openmetrics format: what the run is about. */
  readonly labels: Labels;
  readonly noColor: boolean;
};

type Format = (typeof standardOptions.outputFormat.type)[number];

/** A run: the plugin's own values, and what the kit reads itself. */
export type RunRequest = {
  readonly kind: 'run';
  readonly values: Readonly<Record<string, unknown>>;
  readonly verbosity: Context['verbosity'];
  readonly timeoutMs: number;
} & Output;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the arguments of a plugin. Help wins over everything, then version, then explain. A usage error is the first
 * one found: an invalid argument, then values in the order of the declarations, then the plugin's own check.
 */
export function readCommandLine(plugin: Plugin, argv: readonly string[], env: Environment): Request {
  const options: Options = { ...plugin.options, ...standardOptions };
  const all = givenIn(argv, options);
  const given = all.of;
  if (given('help').length > 0) return { kind: 'help' };
  if (given('version').length > 0) return { kind: 'version' };
  // Read even where something else is wrong, so that a usage error is printed in the requested form.
  const output: Output = {
    format: wordIn(given('outputFormat'), standardOptions.outputFormat.type) ?? 'text',
    labelStyle: wordIn(given('labelStyle'), standardOptions.labelStyle.type) ?? 'quoted',
    labels: { ...identityOf(plugin, given), ...labelsIn(given('metricLabel')) },
    noColor: given('noColor').length > 0,
  };
  const [code] = given('explain');
  if (code !== undefined) return { kind: 'explain', code, ...output };
  const refused = (reason: string): Request => ({ kind: 'refused', reason, ...output });
  const values = valuesIn(all, options, env);
  if (!values.ok) return refused(values.reason);
  const { timeout, help, version, explain, verbose, outputFormat, labelStyle, metricLabel, noColor, ...own } =
    values.value;
  const wrong = plugin.check?.(own);
  if (wrong !== undefined) return refused(wrong);
  const verbosity = level(all.args.filter((arg) => arg === '--verbose=true').length);
  return { kind: 'run', values: own, verbosity, timeoutMs: Number(timeout) * 1000, ...output };
}

/** Which of some words was given; the last one, if several were. */
function wordIn<Word extends string>(texts: readonly string[], words: readonly Word[]): Word | undefined {
  return [...words].reverse().find((word) => texts.includes(word));
}

/** What the run is about, in the words of the command line: also for a run that reached no verdict. */
function identityOf({ options }: Plugin, given: (key: string) => readonly string[]): Labels {
  const labels = Object.entries(options).flatMap(([key, { metricLabel }]): [string, string][] => {
    const texts = given(key);
    if (metricLabel === undefined || texts.length === 0) return [];
    const { name, of = (text) => text } = metricLabel;
    return [[name, texts.map(of).join(',')]];
  });
  return Object.fromEntries(labels);
}

function level(count: number): Context['verbosity'] {
  return count === 0 ? 0 : count === 1 ? 1 : count === 2 ? 2 : 3;
}
