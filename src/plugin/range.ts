import { formatNumber, parseNumber } from './number.ts';
import { failure, type Result, success } from './result.ts';

/**
 * A threshold range. Open ends are -Infinity and +Infinity. It alerts outside [low, high], or, with `inside`, within
 * it, including the ends.
 */
export type Range = { readonly low: number; readonly high: number; readonly inside: boolean };

/**
 * Reads `[@][low:][high]` (Monitoring Plugins development guidelines): a missing low is 0, `~` is minus infinity, a
 * missing high is plus infinity. Blanks around it are ignored. The reason for a refusal quotes the text.
 */
export function parseRange(text: string): Result<Range> {
  const trimmed = text.trim();
  const inside = trimmed.startsWith('@');
  const body = inside ? trimmed.slice(1) : trimmed;
  const ends = body.split(':');
  const [left = '', right = ''] = ends.length === 1 ? ['', body] : ends;
  const refused = `"${text}" is not a range such as 10, 5:10, 10: or ~:10`;
  if (ends.length > 2 || (left === '' && right === '') || /\s/.test(body)) return failure(refused);
  const low = left === '~' ? success(Number.NEGATIVE_INFINITY) : left === '' ? success(0) : parseNumber(left);
  const high = right === '' ? success(Number.POSITIVE_INFINITY) : parseNumber(right);
  if (!low.ok || !high.ok) return failure(refused);
  if (low.value > high.value) {
    const hint = ends.length === 1 ? `; for anything below write ~:${formatNumber(high.value)}` : '';
    return failure(`"${text}" is not a range: its low end ${low.value} is above its high end ${high.value}${hint}`);
  }
  return success({ low: low.value, high: high.value, inside });
}

/** Whether a value raises a range's alert; the ends belong to the range. */
export function alerts({ low, high, inside }: Range, value: number): boolean {
  return (value >= low && value <= high) === inside;
}

/** Prints a range in its shortest form (`10`, never `0:10`, which Icinga's core drops), without exponents. */
export function formatRange({ low, high, inside }: Range): string {
  const right = high === Number.POSITIVE_INFINITY ? '' : formatNumber(high);
  const left = low === Number.NEGATIVE_INFINITY ? '~:' : low === 0 && right !== '' ? '' : `${formatNumber(low)}:`;
  return `${inside ? '@' : ''}${left}${right}`;
}
