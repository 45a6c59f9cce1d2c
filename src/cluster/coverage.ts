import type { Bucket, Hash } from '../netfilter/index.ts';
import { hashKey } from '../netfilter/index.ts';

/** What one node's rule says. */
export type Claim = {
  readonly node: string;
  /** Null when it was not read and every node is taken to have the same. */
  readonly hash: Hash | null;
  readonly total: number;
  readonly buckets: readonly Bucket[];
  /** True when it answers every client, whatever its buckets. */
  readonly answersAll: boolean;
};

/** How often buckets are held, where all nodes hash alike. */
export type Coverage = {
  readonly lost: readonly Bucket[];
  readonly doubled: readonly { readonly bucket: Bucket; readonly nodes: readonly string[] }[];
};

/** True when every node hashes every client to the same bucket of the same number of buckets. */
export function hashesAgree(claims: readonly Claim[]): boolean {
  const hashing = claims.filter((claim) => !claim.answersAll && !holdsNothing(claim));
  return (
    new Set(hashing.map(({ hash, total, node }) => `${total} ${hash === null ? '' : hashKey(hash, node)}`)).size <= 1
  );
}

/** A node whose only rule drops everything for the VIP: it has no hash, and needs none. */
export function holdsNothing({ hash, total, buckets }: Pick<Claim, 'hash' | 'total' | 'buckets'>): boolean {
  return hash === null && total === 0 && buckets.length === 0;
}

/** Counts how many nodes hold each bucket of 1 ... total. */
export function cover(claims: readonly Claim[], total: number): Coverage {
  const holders = new Map<Bucket, string[]>();
  for (let bucket = 1; bucket <= total; bucket++) holders.set(bucket, []);
  for (const { node, buckets, answersAll } of claims) {
    for (const bucket of answersAll ? holders.keys() : buckets) holders.get(bucket)?.push(node);
  }
  const all = [...holders];
  return {
    lost: all.filter(([, nodes]) => nodes.length === 0).map(([bucket]) => bucket),
    doubled: all.filter(([, nodes]) => nodes.length > 1).map(([bucket, nodes]) => ({ bucket, nodes })),
  };
}
