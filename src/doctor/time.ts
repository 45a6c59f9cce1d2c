import { formatNumber, standardOptions } from '../plugin/index.ts';
import { type Line, note, todo } from './line.ts';

/** What a check has unless it is given another `--timeout`, in seconds. */
export const usualTimeout = standardOptions.timeout.default;

/** What the plugins keep of it for judging and printing, in milliseconds (src/node/options.ts, check_sensorprobe). */
const reserve = 1500;

/** The longest `--timeout` that ends before Icinga ends the command: its CheckCommand has a minute, and Node has to start. */
const longestTimeout = 55;

/** What one node or one probe may take in a check that is given no other time, in milliseconds. */
export const usualLimit = usualTimeout * 1000 - reserve;

/**
 * The `--timeout` that a check of such a node or probe needs, in seconds: twice what it took now, since machines are busier
 * at other times. null where the usual one leaves that, or where Icinga would not wait for it.
 */
export function neededTimeout(milliseconds: number): number | null {
  const needed = Math.ceil((2 * milliseconds + reserve) / 1000);
  return milliseconds <= usualLimit / 2 || needed > longestTimeout ? null : needed;
}

/** What is said of an answer that the usual time is too short for, or nearly; nothing of a fast one. */
export function timeLines(milliseconds: number, what: string): readonly Line[] {
  if (milliseconds <= usualLimit / 2) return [];
  const share = milliseconds > usualLimit ? 'more than' : 'more than half of';
  const limit = `${formatNumber(usualLimit / 1000)} s`;
  const text = `${what} after ${formatNumber(Math.round(milliseconds / 100) / 10)} s, ${share} the ${limit} that a check gives it (--timeout ${usualTimeout})`;
  const timeout = neededTimeout(milliseconds);
  return timeout === null
    ? [todo('time', `${text}, and Icinga ends a check after 60 s: find out what takes so long there`)]
    : [note('time', `${text}: the check needs --timeout ${timeout}, which the host object below has`)];
}
