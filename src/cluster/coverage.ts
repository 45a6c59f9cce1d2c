import { type Bucket, bucketOf, type Client, type Hash, hashesOf, hashKey } from '../netfilter/index.ts';

/** What one node answers for. */
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

/** Shares of client addresses, from 0 to 1. */
export type Shares = {
  readonly lost: number;
  readonly doubled: number;
  /** False when they were counted over a sample of clients: good to about half a percent. */
  readonly exact: boolean;
};

/** True when every node hashes every client to the same bucket of the same number of buckets. */
export function hashesAgree(claims: readonly Claim[]): boolean {
  const hashing = claims.filter(({ answersAll }) => !answersAll);
  return (
    new Set(hashing.map(({ hash, total, node }) => `${total} ${hash === null ? '' : hashKey(hash, node)}`)).size <= 1
  );
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

/**
 * The shares of clients that no node and that several nodes answer. Where all nodes use one hash, by measuring the
 * intervals of hash values that they answer for; else by hashing a fixed, even sample of clients with each node's hash.
 */
export function measureShares(claims: readonly Claim[]): Shares {
  const keys = new Set(
    claims.filter((claim) => !isConstant(claim)).map(({ hash, node }) => (hash === null ? '' : hashKey(hash, node))),
  );
  return keys.size <= 1 ? measureIntervals(claims) : countSample(claims);
}

/** True when a node answers the same for every client, so that its hash does not matter. */
function isConstant({ answersAll, buckets, total }: Claim): boolean {
  return (
    answersAll ||
    buckets.every((bucket) => bucket > total) ||
    new Set(buckets.filter((bucket) => bucket <= total)).size === total
  );
}

const hashSpace = 2 ** 32;

function measureIntervals(claims: readonly Claim[]): Shares {
  const edges = new Map<number, number>();
  const mark = (at: number, step: number) => edges.set(at, (edges.get(at) ?? 0) + step);
  for (const { answersAll, buckets, total } of claims) {
    const spans = answersAll
      ? [{ low: 0, high: hashSpace - 1 }]
      : buckets.filter((bucket) => bucket <= total).map((bucket) => hashesOf(bucket - 1, total));
    for (const { low, high } of spans) {
      mark(low, 1);
      mark(high + 1, -1);
    }
  }
  let [depth, from, lost, doubled] = [0, 0, 0, 0];
  for (const at of [...edges.keys(), hashSpace].sort((a, b) => a - b)) {
    if (depth === 0) lost += at - from;
    if (depth > 1) doubled += at - from;
    depth += edges.get(at) ?? 0;
    from = at;
  }
  return { lost: lost / hashSpace, doubled: doubled / hashSpace, exact: true };
}

const sampleSize = 2 ** 16;

function countSample(claims: readonly Claim[]): Shares {
  const holdings = claims.map((claim) => ({ ...claim, held: new Set(claim.buckets) }));
  let [lost, doubled] = [0, 0];
  for (let i = 0; i < sampleSize; i++) {
    const client = sampleClient(i);
    const answering = holdings.filter(
      ({ answersAll, hash, total, held }) => answersAll || (hash !== null && held.has(bucketOf(hash, total, client))),
    );
    if (answering.length === 0) lost++;
    if (answering.length > 1) doubled++;
  }
  return { lost: lost / sampleSize, doubled: doubled / sampleSize, exact: false };
}

/** The i-th client of an even spread over all addresses (multiples of the golden ratio of 2^32) and over unprivileged ports. */
function sampleClient(i: number): Client {
  return { saddr: Math.imul(i, 0x9e3779b1) >>> 0, sport: 1024 + ((i * 40503) % 64512), dport: 443 };
}
