import { parseNumber } from '../plugin/index.ts';
import { numberOf, textOf } from './cell.ts';
import type { Row, Value } from './survey.ts';

/** The four limits of a sensor in the unit of its value; null where the device has none. */
export type Limits = {
  readonly lowCritical: number | null;
  readonly lowWarning: number | null;
  readonly highWarning: number | null;
  readonly highCritical: number | null;
};

export const noLimits: Limits = { lowCritical: null, lowWarning: null, highWarning: null, highCritical: null };

/**
 * The value of a row. Temperatures have tenths in a raw column; it counts only where it is the same temperature as the
 * whole degrees (a row may have a raw that is none: 0, or a converter's counts). A value that is written out as text,
 * or given as a plausible float, is more exact. A virtual sensor's value is divided by its factor.
 */
export function measuredValue({ cells }: Row): number | null {
  const value = numberOf(cells.value);
  const exact = writtenNumber(cells.exact) ?? floatOf(cells.float, value);
  if (exact !== null) return exact;
  const raw = numberOf(cells.raw);
  if (value === null) return null;
  if (raw !== null && Math.abs(raw / 10 - value) < 1) return raw / 10;
  return divided(value, factorOf(cells));
}

/** A number that is written out as text, perhaps with its unit. */
function writtenNumber(cell: Value | undefined): number | null {
  const [, digits = ''] = /^([-+]?\d+(?:\.\d+)?)(?:\s*[^\d\s.,].*)?$/.exec(textOf(cell)) ?? [];
  const number = parseNumber(digits);
  return number.ok ? number.value : null;
}

function factorOf({ factor }: Row['cells']): number {
  const number = numberOf(factor);
  return number !== null && number > 1 ? number : 1;
}

/** Divides without the noise of binary fractions. */
function divided(value: number, by: number): number {
  return by === 1 ? value : Number((value / by).toPrecision(12));
}

/** The limits of a row, in the unit of its value. Four zeros are limits that were never set. */
export function limitsOf(row: Row, shown: number | null): Limits {
  const { cells } = row;
  const limits: Limits = {
    lowCritical: numberOf(cells.lowCritical),
    lowWarning: numberOf(cells.lowWarning),
    highWarning: numberOf(cells.highWarning),
    highCritical: numberOf(cells.highCritical),
  };
  if (Object.values(limits).every((limit) => limit === 0 || limit === null)) return noLimits;
  if (row.table.columns.raw !== undefined || row.table.limits !== undefined)
    return inTenths(row, limits) ? mapLimits(limits, (limit) => divided(limit, 10)) : limits;
  const factor = factorOf(cells);
  const by = factor > 1 ? factor : divisorOf(numberOf(cells.value), shown);
  if (by === 1 || shown === null) return limits;
  const scaled = mapLimits(limits, (limit) => divided(limit, by));
  // They are counted as the whole number beside them, unless the status says otherwise.
  const status = numberOf(cells.status);
  return fits(shown, scaled, status) || !fits(shown, limits, status) ? scaled : limits;
}

/** The power of ten that a whole number was divided by to get the exact one. */
function divisorOf(whole: number | null, exact: number | null): number {
  if (whole === null || exact === null) return 1;
  return [1, 10, 100, 1000].find((by) => Math.abs(whole / by - exact) <= 1) ?? 1;
}

/** The limits with each of them changed. */
export function mapLimits(limits: Limits, change: (limit: number) => number): Limits {
  const changed = (limit: number | null) => (limit === null ? null : change(limit));
  return {
    lowCritical: changed(limits.lowCritical),
    lowWarning: changed(limits.lowWarning),
    highWarning: changed(limits.highWarning),
    highCritical: changed(limits.highCritical),
  };
}

/**
 * Whether limits are counted in tenths. securityProbes do it either way, and no column says which; 100 and more may
 * well be whole degrees Fahrenheit. First by the device's own verdict on its value: a status that only one of the two
 * agrees with. Otherwise by size: limits lie around a value or around its tenths. Not proven on a real device.
 */
function inTenths({ table, cells }: Row, limits: Limits): boolean {
  if (table.limits !== 'either') return table.limits === 'tenths';
  const value = numberOf(cells.value);
  if (value === null) return (limits.highCritical ?? 0) > 200;
  const raw = numberOf(cells.raw) ?? value * 10;
  const status = numberOf(cells.status);
  const [fitsWhole, fitsTenths] = [fits(value, limits, status), fits(raw, limits, status)];
  if (fitsWhole !== fitsTenths) return fitsTenths;
  const set = Object.values(limits).filter((limit) => limit !== null);
  const middle = set.reduce((sum, limit) => sum + limit, 0) / set.length;
  // Near zero both are of one size: only limits that no machine room has in whole degrees are tenths.
  if (Math.abs(raw) < 50) return (limits.highCritical ?? 0) > 150;
  return Math.abs(middle - raw) < Math.abs(middle - value);
}

/** Whether a status is what the limits say of a value. */
function fits(
  value: number,
  { lowCritical, lowWarning, highWarning, highCritical }: Limits,
  status: number | null,
): boolean {
  const within = (low: number | null, high: number | null) =>
    value >= (low ?? -Infinity) && value <= (high ?? Infinity);
  if (status === 2) return within(lowWarning, highWarning);
  if (status === 3) return within(highWarning, highCritical);
  if (status === 4) return within(highCritical, null);
  if (status === 5) return within(lowCritical, lowWarning);
  if (status === 6) return within(null, lowCritical);
  return true;
}

/**
 * An Opaque float (IEEE 754): four bytes, alone or in Net-SNMP's wrapping (`9f 78 04`). The MIB does not state the
 * order of the bytes: the order that fits the whole number in the row's value column counts, or that number divided by
 * 10, 100 or 1000. null when none does.
 */
export function floatOf(cell: Value | undefined, whole: number | null): number | null {
  if (!(cell instanceof Uint8Array) || whole === null) return null;
  const wrapped = cell.length === 7 && cell[0] === 0x9f && cell[1] === 0x78 && cell[2] === 4;
  const bytes = wrapped ? cell.subarray(3) : cell;
  if (bytes.length !== 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 4);
  const both = [view.getFloat32(0), view.getFloat32(0, true)];
  const fitting = [1, 10, 100, 1000].flatMap((by) => both.filter((float) => Math.abs(float - whole / by) <= 1 / by));
  // Near zero nearly every wrong order fits, too, as a number of next to nothing.
  const likely = fitting.find((float) => float === 0 || Math.abs(float) > 1e-6) ?? fitting[0];
  // Seven digits are what 32 bits hold.
  return likely === undefined ? null : Number(likely.toPrecision(7));
}
