import type { Labels } from './metric_label.ts';
import { formatNumber } from './number.ts';
import { formatRange, type Range } from './range.ts';
import { sanitise } from './sanitise.ts';

/**
 * One number for the graphs. `uom` is one that Icinga knows (`s`, `ms`, `us`, `B`, `KB`, `%`, `C`, `c` for a real
 * counter, ...); `min` and `max` are the ends that the value can have.
 */
export type Metric = {
  readonly label: string;
  readonly value: number;
  readonly uom?: string;
  readonly warn?: Range | undefined;
  readonly crit?: Range | undefined;
  readonly min?: number;
  readonly max?: number;
  /** The same for Prometheus, where the name does not contain what the metric belongs to. */
  readonly series?: Series;
};

/** A metric as Prometheus has it. */
export type Series = {
  /** Without the prefix and without the unit, which is taken from `uom`: `sensor_temperature`. */
  readonly name: string;
  /** A sentence without a dot, the same for all of the name. */
  readonly help: string;
  readonly labels?: Labels;
  /** The unit in the device's own word, where `uom` has none: `V`. */
  readonly unit?: string;
  /** A difference between two temperatures, which is converted without an offset. */
  readonly distance?: true;
};

/** How labels are written: as they are, in quotes where they need them, or of letters, digits and `_` alone. */
export type LabelStyle = 'quoted' | 'plain';

/**
 * The metrics as a reader gets them: labels safe and unique, values that are not finite numbers left out (readers
 * refuse `nan` and `U` or store them), a unit that is not `%` or one to three letters dropped.
 */
export function safeMetrics(metrics: readonly Metric[], style: LabelStyle = 'quoted'): readonly Metric[] {
  const used = new Set<string>();
  const safe = metrics
    .filter(({ value }) => Number.isFinite(value))
    .map(({ uom, ...metric }) => {
      const unit = uom !== undefined && /^(?:%|[A-Za-z]{1,3})$/.test(uom) ? { uom } : {};
      return { ...metric, ...unit, label: unique(safeLabel(metric.label), used) };
    });
  if (style === 'quoted') return safe;
  const labels = plainLabels(safe.map(({ label }) => label));
  return safe.map((metric, i) => ({ ...metric, label: labels[i] ?? metric.label }));
}

/**
 * Prints perfdata: `label=value[uom];warn;crit;min;max`, one blank between metrics (two would become part of the next
 * label), nothing after the last field given.
 */
export function formatPerfdata(metrics: readonly Metric[], style: LabelStyle = 'quoted'): string {
  return safeMetrics(metrics, style).map(formatMetric).join(' ');
}

function formatMetric({ label, value, uom = '', warn, crit, min, max }: Metric): string {
  const fields = [rangeText(warn), rangeText(crit), endText(min), endText(max)];
  const quoted = /^[\w:%/+-]+$/.test(label) ? label : `'${label}'`;
  return [`${quoted}=${formatNumber(value)}${uom}`, ...fields].join(';').replace(/;+$/, '');
}

function rangeText(range: Range | undefined): string {
  return range === undefined ? '' : formatRange(range);
}

function endText(end: number | undefined): string {
  return end === undefined || !Number.isFinite(end) ? '' : formatNumber(end);
}

const longestLabel = 100;

/** `=`, `'`, `;` and `|` end a label somewhere, `::` is a prefix for check_multi, a dot splits Graphite's paths. */
function safeLabel(label: string): string {
  // Most labels are like that.
  if (label.length <= longestLabel && /^[\w%/+-]+(?: [\w%/+-]+)*$/.test(label)) return label;
  const safe = sanitise(label)
    .replace(/::+|[=';.¦"‹›]/g, '_')
    .replace(/\s+/g, ' ')
    .slice(0, longestLabel)
    .trim();
  return safe === '' ? 'value' : safe;
}

/**
 * Labels of letters, digits and `_` alone, for readers that split at blanks or take no other characters. Those that
 * become the same get a mark made of the label that each had, so that its name does not depend on the order of the
 * others.
 */
function plainLabels(labels: readonly string[]): readonly string[] {
  const stems = labels.map(plainLabel);
  const counts = new Map<string, number>();
  for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const whole = (i: number) => labels[i] === stems[i] || (counts.get(stems[i] ?? '') === 1 && stems[i] !== '');
  const used = new Set(stems.filter((_, i) => whole(i)));
  return stems.map((stem, i) =>
    whole(i) ? stem : unique(`${stem === '' ? 'value' : stem}_${markOf(labels[i] ?? '')}`, used),
  );
}

/** `Rack 3, Tür` is `Rack_3_Tur`; empty where none of it is an ASCII letter or digit. */
function plainLabel(label: string): string {
  if (/^[A-Za-z0-9]\w*$/.test(label)) return label;
  const ascii = label.replaceAll('ß', 'ss').normalize('NFKD').replace(/\p{M}/gu, '');
  return ascii.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
}

/** Four letters and digits that are always the same for a text (FNV-1a, 32 bits). */
function markOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(36).padStart(7, '0').slice(-4);
}

function unique(label: string, used: Set<string>): string {
  let free = label;
  for (let count = 2; used.has(free); count++) free = `${label}_${count}`;
  used.add(free);
  return free;
}
