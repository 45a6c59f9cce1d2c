import type { Labels } from './metric_label.ts';
import { formatNumber } from './number.ts';
import { type Metric, type Series, safeMetrics } from './perfdata.ts';
import type { Range } from './range.ts';
import { coded, type Report, stateOf } from './report.ts';
import { sanitise } from './sanitise.ts';
import { exitCode } from './state.ts';

/** All of one name, in the order in which they came. */
type Family = { readonly help: string; readonly unit: string; readonly samples: Map<string, string> };

/** How a number is converted to Prometheus' base unit: `a * value + b`. */
type Unit = { readonly name: string; readonly a: number; readonly b?: number };

/** The base units of what plugins measure, by `uom` or the device's word. Without one the word is a label. */
const units: Readonly<Record<string, Unit>> = {
  s: { name: 'seconds', a: 1 },
  ms: { name: 'seconds', a: 1e-3 },
  us: { name: 'seconds', a: 1e-6 },
  B: { name: 'bytes', a: 1 },
  '%': { name: 'ratio', a: 0.01 },
  C: { name: 'celsius', a: 1 },
  F: { name: 'celsius', a: 5 / 9, b: -160 / 9 },
  V: { name: 'volts', a: 1 },
  mV: { name: 'volts', a: 1e-3 },
  A: { name: 'amperes', a: 1 },
  mA: { name: 'amperes', a: 1e-3 },
  W: { name: 'watts', a: 1 },
  kW: { name: 'watts', a: 1e3 },
  Wh: { name: 'joules', a: 3600 },
  kWh: { name: 'joules', a: 3.6e6 },
};

/**
 * Prints a report for Prometheus: its state, the number of findings that are not OK, by code, its metrics
 * and their limits, as gauges. It can be read as OpenMetrics 1.0 and as the older text format, in which the last line
 * and those of the units are comments. `about` are labels of everything.
 */
export function renderOpenMetrics(report: Report, about: Labels): string {
  const families = new Map<string, Family>();
  const add = (name: string, help: string, unit: string, labels: Labels, value: number) => {
    const whole = `rackwatch_${name}${unit === '' ? '' : `_${unit}`}`;
    const family = families.get(whole) ?? { help, unit, samples: new Map() };
    families.set(whole, family);
    let text = labelText({ ...about, ...labels });
    for (let nr = 2; family.samples.has(text); nr++) text = labelText({ ...about, ...labels, nr: String(nr) });
    family.samples.set(text, formatNumber(value));
  };
  add('check_state', 'State of the check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN', '', {}, exitCode[stateOf(report)]);
  for (const { state, code, count } of counted(report)) {
    add('check_findings', 'Findings of the check that are not OK, by state and code', '', { state, code }, count);
  }
  for (const metric of safeMetrics(report.perfdata ?? [])) {
    const { series, unit, labels, scaled } = placed(metric);
    add(series.name, series.help, unit, labels, scaled(metric.value));
    for (const [limit, value] of limitsOf(metric)) {
      const help = `Limits of rackwatch_${series.name}${unit === '' ? '' : `_${unit}`}, by which side of them alerts`;
      add(`${series.name}_limit`, help, unit, { ...labels, ...limit }, scaled(value));
    }
  }
  const lines = [...families].flatMap(([name, { help, unit, samples }]) => [
    `# HELP ${name} ${help}.`,
    `# TYPE ${name} gauge`,
    ...(unit === '' ? [] : [`# UNIT ${name} ${unit}`]),
    ...[...samples].map(([labels, value]) => `${name}${labels} ${value}`),
  ]);
  return `${[...lines, '# EOF'].join('\n')}\n`;
}

function counted(report: Report) {
  const counts = new Map<string, { readonly state: string; readonly code: string; readonly count: number }>();
  for (const { state, code } of coded(report)) {
    const key = `${state} ${code}`;
    if (state !== 'OK') counts.set(key, { state, code, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return counts.values();
}

/** The series of a metric, with its base unit and what a number of it becomes there. */
function placed({ series = unnamed, uom, label }: Metric) {
  const { unit: word = uom ?? '', distance } = series;
  const { name: unit = '', a = 1, b = 0 } = Object.hasOwn(units, word) ? (units[word] ?? {}) : {};
  const labels = {
    ...(series === unnamed ? { metric: label } : {}),
    ...series.labels,
    ...(unit === '' && word !== '' ? { unit: word } : {}),
  };
  const scaled = (value: number) => rounded(a * value + (distance ? 0 : b));
  return { series, unit, labels, scaled };
}

const unnamed: Series = { name: 'value', help: 'A metric of the check by the label that it has in Nagios' };

/** Both ends of both ranges, without those that no value can exceed. */
function limitsOf({ warn, crit, min }: Metric): readonly (readonly [Labels, number])[] {
  const ends = (level: string, range: Range | undefined) => {
    if (range === undefined) return [];
    const alert = range.inside ? 'inside' : 'outside';
    return (['low', 'high'] as const)
      .filter((end) => Number.isFinite(range[end]) && (range.inside || end === 'high' || range.low !== min))
      .map((end) => [{ level, end, alert }, range[end]] as const);
  };
  return [...ends('warning', warn), ...ends('critical', crit)];
}

/** Twelve digits: what a factor such as 5/9 adds beyond them is noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

function labelText(labels: Labels): string {
  const texts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(sanitise(value))}"`);
  return `{${texts.join(',')}}`;
}

/** Backslash, quotation mark and line break, as both formats want them. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
