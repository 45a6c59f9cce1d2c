import { failure, parseRange, type Range, type Result, success } from '../plugin/index.ts';
import type { WatchdogWish } from './watchdog.ts';

/** What the user expects of a Pgpool. */
export type Wishes = {
  readonly warning: readonly Limit[];
  readonly critical: readonly Limit[];
  /** Fewer backends that are up are CRITICAL. */
  readonly minUp: number;
  readonly expectNodes: number | undefined;
  readonly expectPrimary: Place | undefined;
  readonly watchdog: WatchdogWish;
  /** How PCP is reached, for the commands that are proposed; undefined where it is not given. */
  readonly pcp: { readonly host: string; readonly port: number; readonly user: string } | undefined;
};

/** A range, and what it is for: a delay in bytes or seconds, children in percent, backends that are up. */
export type Limit =
  | { readonly what: 'delay'; readonly range: Range; readonly unit: 'B' | 's' }
  | { readonly what: 'children' | 'up'; readonly range: Range };

/** A server by its host, and its port where that is given. */
export type Place = { readonly host: string; readonly port: string | undefined };

/** Reads `WHAT=RANGE`, a delay in seconds with an `s` at its end; the reason for a refusal quotes the text. */
export function parseLimit(text: string): Result<Limit> {
  const [, what = '', rest = ''] = /^\s*(\w+)\s*=(.*)$/s.exec(text) ?? [];
  if (what !== 'delay' && what !== 'children' && what !== 'up')
    return failure(`"${text}" is not WHAT=RANGE with delay, children or up`);
  const [, number = '', seconds] = what === 'delay' ? (/^(.*?)(s?)\s*$/s.exec(rest) ?? []) : ['', rest];
  const range = parseRange(number);
  if (!range.ok) return range;
  return success(
    what === 'delay' ? { what, range: range.value, unit: seconds === 's' ? 's' : 'B' } : { what, range: range.value },
  );
}

/** What appears twice in a list of limits; undefined when nothing does. */
export function twice(limits: readonly Limit[]): string | undefined {
  return limits.find(({ what }, i) => limits.findIndex((other) => other.what === what) !== i)?.what;
}

/** Reads `HOST` or `HOST:PORT`; an IPv6 address with a port is in brackets. */
export function parsePlace(text: string): Result<Place> {
  const [, bracketed, bracketPort] = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? [];
  if (bracketed !== undefined) return success({ host: bracketed, port: bracketPort });
  const [, host, port] = /^([^\s:]+):(\d+)$/.exec(text) ?? [];
  if (host !== undefined) return success({ host, port });
  return /\s/.test(text) ? failure(`"${text}" is not HOST or HOST:PORT`) : success({ host: text, port: undefined });
}
