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
};

/**
 * The metrics as a reader gets them: labels safe and unique, values that are no finite number left out (readers
 * refuse `nan` and `U` or store them), a unit that is not `%` or one to three letters dropped.
 */
export function safeMetrics(metrics: readonly Metric[]): readonly Metric[] {
  const used = new Set<string>();
  return metrics
    .filter(({ value }) => Number.isFinite(value))
    .map(({ uom, ...metric }) => {
      const unit = uom !== undefined && /^(?:%|[A-Za-z]{1,3})$/.test(uom) ? { uom } : {};
      return { ...metric, ...unit, label: unique(safeLabel(metric.label), used) };
    });
}

/**
 * Prints perfdata: `label=value[uom];warn;crit;min;max`, one blank between metrics (two would become part of the next
 * label), nothing behind the last field given.
 */
export function formatPerfdata(metrics: readonly Metric[]): string {
  return safeMetrics(metrics).map(formatMetric).join(' ');
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

/** `=`, `'`, `;` and `|` end a label somewhere, `::` is a prefix for check_multi, a dot splits Graphite's paths. */
function safeLabel(label: string): string {
  const safe = sanitise(label)
    .replace(/::+|[=';.¦"‹›]/g, '_')
    .replace(/\s+/g, ' ')
    .slice(0, 100)
    .trim();
  return safe === '' ? 'value' : safe;
}

function unique(label: string, used: Set<string>): string {
  let free = label;
  for (let count = 2; used.has(free); count++) free = `${label}_${count}`;
  used.add(free);
  return free;
}
