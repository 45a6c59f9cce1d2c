import { listOf } from '../plugin/index.ts';

/** `bucket 2`, `buckets 1, 3 and 4`; long lists are cut. */
export function bucketList(buckets: readonly number[]): string {
  const shown = buckets.length > 12 ? [...buckets.slice(0, 11), `${buckets.length - 11} more`] : buckets;
  return `${buckets.length === 1 ? 'bucket' : 'buckets'} ${listOf(shown.map(String))}`;
}
