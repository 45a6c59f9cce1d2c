import { longestFirstLine, shorten } from './first_line.ts';
import { formatPerfdata, type LabelStyle, type Metric, safeMetrics } from './perfdata.ts';
import { formatRange } from './range.ts';
import { bounded, boundedLine, longest } from './sanitise.ts';
import { exitCode, type State, severity, worst } from './state.ts';
import { type Look, plain } from './terminal.ts';

/** A state and a sentence about one item. */
export type Finding = {
  readonly state: State;
  /** Which kind of finding it is, in a word that stays the same: `bucket-lost`. */
  readonly code: string;
  readonly text: string;
  /**
   * Exact commands of the repair, to paste, with the host that each is for. The text says it in words that survive a
   * mail.
   */
  readonly commands?: readonly Command[];
};

/** A command to paste on a host. */
export type Command = { readonly host: string; readonly command: string };

/** What a check found, before it is text or JSON. Texts are sanitised when they are printed. */
export type Report = {
  /** Default: the worst of the findings, and UNKNOWN without any. */
  readonly state?: State;
  /** The code of the first line, where there are no findings: in JSON it then appears as one. */
  readonly code?: string;
  /**
   * The first line without `[STATE]`: at most about 80 characters, what is wrong in words a person acts on. If the line
   * is longer than 160, it is shortened there, and given in full below.
   */
  readonly summary: string;
  /** One `\_ [STATE] text` line each, printed worst first, otherwise in this order. */
  readonly findings: readonly Finding[];
  readonly perfdata?: readonly Metric[];
  /** Lines after the findings, such as the tables of `-v`; blanks inside and before are kept. Not in the JSON. */
  readonly details?: readonly string[];
  /** The plugin's own facts for JSON. */
  readonly data?: unknown;
};

/** The state of a report as a whole. */
export function stateOf({ state, findings }: Report): State {
  return state ?? worst(findings.map((finding) => finding.state));
}

/**
 * A report with faults that are not what it judged, and lines for its end. They never improve its state; the first
 * line names them if they are worse than anything it found.
 */
export function withFaults(
  report: Report,
  faults: readonly (Finding & { readonly brief: string })[],
  lines: readonly string[] = [],
): Report {
  const before = stateOf(report);
  const state = worst([before, ...faults.map((one) => one.state)]);
  const [first] = faults;
  return {
    ...report,
    state,
    summary: first !== undefined && state !== before ? `${first.brief}; ${report.summary}` : report.summary,
    findings: [...report.findings, ...faults],
    details: [...(report.details ?? []), ...lines],
  };
}

/**
 * Prints a report as Icinga and Nagios read it: `[STATE] summary | perfdata`, findings, details; ends in a newline. A
 * shortened summary is given in full on the second line, unless a finding has all its words. On a terminal the
 * metrics are the last line.
 */
export function renderText(report: Report, look: Look = plain, labels: LabelStyle = 'quoted'): string {
  const perfdata = formatPerfdata(report.perfdata ?? [], labels);
  const ball = (state: State) => (look.colour ? `[${colours[state]}${state}${uncoloured}]` : `[${state}]`);
  const state = stateOf(report);
  const whole = bounded(report.summary, longest.summary);
  const short = shorten(whole, longestFirstLine - `[${state}] `.length);
  const summary = `${ball(state)} ${short}`.trimEnd();
  const findings = worstFirst(report.findings);
  const lines = [
    perfdata === '' || look.terminal ? summary : `${summary} | ${perfdata}`,
    ...(short === whole || findings.some(({ text }) => text.includes(whole)) ? [] : [`in full: ${whole}`]),
    ...findings.map(({ state, text }) => `\\_ ${ball(state)} ${text}`.trimEnd()),
    ...(report.details ?? []).flatMap((detail) => detail.split('\n')).map((line) => boundedLine(line, longest.detail)),
    ...(perfdata !== '' && look.terminal ? [`metrics: ${perfdata}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Bold green, yellow, red and magenta (ECMA-48, SGR). */
const colours: Readonly<Record<State, string>> = {
  OK: '\x1b[1;32m',
  WARNING: '\x1b[1;33m',
  CRITICAL: '\x1b[1;31m',
  UNKNOWN: '\x1b[1;35m',
};
const uncoloured = '\x1b[0m';

/**
 * Prints a report as one line of JSON: state, exitCode, summary, findings, perfdata, data. Inside strings, anything
 * that Icinga would read as perfdata or HTML, or a terminal would obey, is written as `\uXXXX`. Bigints become strings.
 */
export function renderJson(report: Report, labels: LabelStyle = 'quoted'): string {
  const state = stateOf(report);
  const facts = {
    state,
    exitCode: exitCode[state],
    summary: bounded(report.summary, longest.summary),
    findings: worstFirst(coded(report)),
    perfdata: safeMetrics(report.perfdata ?? [], labels).map(metricFacts),
    data: report.data ?? null,
  };
  const text = JSON.stringify(facts, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return `${text.replace(/[|<\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped)}\n`;
}

/** The findings; a report without any, such as a usage error, still has a code. */
export function coded(report: Report): readonly Finding[] {
  const { findings, code, summary } = report;
  return findings.length > 0 || code === undefined ? findings : [{ state: stateOf(report), code, text: summary }];
}

function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  return findings
    .map((one) => ({ ...one, text: bounded(one.text, longest.finding) }))
    .map(({ state, code, text, commands }) => ({ state, code, text, ...(commands === undefined ? {} : { commands }) }))
    .sort((a, b) => severity[b.state] - severity[a.state]);
}

function metricFacts({ label, value, uom = '', warn, crit, min, max }: Metric) {
  return {
    label,
    value,
    uom,
    warn: warn === undefined ? null : formatRange(warn),
    crit: crit === undefined ? null : formatRange(crit),
    min: min ?? null,
    max: max ?? null,
  };
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
}
