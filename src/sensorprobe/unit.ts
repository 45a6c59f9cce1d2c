import { textOf } from './cell.ts';
import type { Value } from './survey.ts';
import type { Table } from './table.ts';

/**
 * The unit of a row: what the table says, or its unit cell, which is a number in some tables. Newer devices write it out,
 * virtual sensors with the sign (`°C`, `%RH`, seen). Empty where nothing says it.
 */
export function unitOf(table: Table, cell: Value | undefined): string {
  if (table.unit !== undefined) return table.unit;
  if (typeof cell === 'number') return table.units?.[cell] ?? '';
  const text = textOf(cell).replace(/^[°º]\s*/, '');
  if (/^%/.test(text)) return '%';
  return /^[CF]$/i.test(text) ? text.toUpperCase() : text;
}

/** Whether two units are the scales of temperature, so that one can be turned into the other. */
export function isTemperature(unit: string): unit is 'C' | 'F' {
  return unit === 'C' || unit === 'F';
}

/** Turns degrees into the other scale, to a tenth. */
export function convert(value: number, from: 'C' | 'F', to: 'C' | 'F'): number {
  if (from === to) return value;
  return tenths(to === 'F' ? (value * 9) / 5 + 32 : ((value - 32) * 5) / 9);
}

/** Turns a difference of degrees into the other scale, to a tenth. */
export function convertDifference(value: number, from: 'C' | 'F', to: 'C' | 'F'): number {
  if (from === to) return value;
  return tenths(to === 'F' ? (value * 9) / 5 : (value * 5) / 9);
}

/** Rounds to a tenth. */
export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
