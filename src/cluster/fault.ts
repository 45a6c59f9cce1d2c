import type { State } from '../plugin/index.ts';

/** Something found: one line of the report, and in brief for the first line. */
export type Fault = {
  readonly state: State;
  readonly text: string;
  /** The same in a few words, without the VIP; the first line takes the worst fault's. */
  readonly brief: string;
};

export function fault(state: State, brief: string, text: string): Fault {
  return { state, brief, text };
}

/** `bucket 2`, `buckets 1, 3 and 4`; long lists are cut. */
export function bucketList(buckets: readonly number[]): string {
  const shown = buckets.length > 12 ? [...buckets.slice(0, 11), `${buckets.length - 11} more`] : buckets;
  return `${buckets.length === 1 ? 'bucket' : 'buckets'} ${listOf(shown.map(String))}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
