import { failure, type Result, success } from './result.ts';

// [+-] digits [. digits] or . digits, then an exponent: the grammar of thresholds. `5.`, `1,5`, `0x10`, `inf` are not in it.
const decimal = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads a decimal number such as `10`, `-.5` or `1e3`; blanks around it are ignored. Refuses what is not finite. */
export function parseNumber(text: string): Result<number> {
  const trimmed = text.trim();
  if (!decimal.test(trimmed)) return failure(`"${text}" is not a number`);
  const value = Number(trimmed);
  return Number.isFinite(value) ? success(value === 0 ? 0 : value) : failure(`"${text}" is too large a number`);
}

/**
 * Prints a finite number in plain decimals: shortest text that reads back as the same number, never an exponent
 * (readers of perfdata refuse one), never a locale's comma, never `-0`.
 */
export function formatNumber(value: number): string {
  const text = String(value === 0 ? 0 : value);
  if (!text.includes('e')) return text;
  const [, sign, whole, fraction = '', power] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (sign === undefined || whole === undefined || power === undefined) return text;
  const digits = whole + fraction;
  const point = whole.length + Number(power);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}
