import { jhashWords, scale } from './jhash.ts';

/** A part of a packet that is hashed. */
export type HashField = 'saddr' | 'sport' | 'dport';

/** How a node turns a client into a bucket: equal hashes send a client to the same bucket wherever they run. */
export type Hash = {
  /** Which of the kernel's formulas. */
  readonly formula: 'clusterip' | 'xt_cluster';
  readonly fields: readonly HashField[];
  /** Hash seed (CLUSTERIP calls it hash-init); null when every load of the rule draws its own. */
  readonly seed: number | null;
};

/** A client's packet to the VIP: address as an unsigned 32-bit number in host order, ports 0 where the protocol has none. */
export type Client = { readonly saddr: number; readonly sport: number; readonly dport: number };

/**
 * The 32-bit hash of a client's packet.
 * CLUSTERIP (`net/ipv4/netfilter/ipt_CLUSTERIP.c`, clusterip_hashfn): address in host order, ports as the CPU reads
 * them from the wire, which on little-endian machines is byte-swapped. xt_cluster (`net/netfilter/xt_cluster.c`,
 * xt_cluster_hash_ipv4): the address as it lies in memory. Both verified packet by packet on x86 kernels.
 */
export function hashClient(hash: Hash, client: Client): number {
  const seed = hash.seed ?? 0;
  if (hash.formula === 'xt_cluster') return jhashWords([swapWord(client.saddr)], seed);
  const words = hash.fields.map((field) => (field === 'saddr' ? client.saddr : swapPort(client[field])));
  return jhashWords(words, seed);
}

/** The bucket, from 1, that a client falls into. */
export function bucketOf(hash: Hash, total: number, client: Client): number {
  return scale(hashClient(hash, client), total) + 1;
}

/** Two hashes with the same key put every client at the same place; a random seed equals nothing, not even itself. */
export function hashKey(hash: Hash, node: string): string {
  return `${hash.formula} ${hash.fields.join(' ')} ${hash.seed ?? `random on ${node}`}`;
}

function swapPort(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}

function swapWord(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
