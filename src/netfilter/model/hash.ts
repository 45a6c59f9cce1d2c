import type { Family } from '../../address/index.ts';
import { jhashBytes, jhashWords, scale } from './jhash.ts';

/** A part of a packet that is hashed. */
export type HashField = {
  /** As the rule names it: `ip saddr`, `tcp sport`, `ether saddr`. */
  readonly name: string;
  /** Which part of a client it is; null for what a client's address and ports do not determine. */
  readonly part: 'saddr' | 'daddr' | 'protocol' | 'sport' | 'dport' | null;
  /** How many bytes of it are hashed. */
  readonly length: number;
  /** Bits that are hashed, where not all are. */
  readonly mask: bigint | null;
};

/** How a node turns a client into a bucket: equal hashes send a client to the same bucket wherever they run. */
export type Hash = {
  /** Which of the kernel's formulas; the last three choose without any client in mind. */
  readonly formula: 'clusterip' | 'xt_cluster' | 'nftables' | 'symhash' | 'numgen random' | 'numgen inc';
  readonly fields: readonly HashField[];
  /** Hash seed (CLUSTERIP calls it hash-init); null when every load of the rule draws its own. */
  readonly seed: number | null;
  /** The kernel's own word for what is hashed: `sourceip`, `source address`, `ip saddr . tcp sport`. */
  readonly name: string;
  /** True when it hashes what connection tracking remembers, and so matches nothing that is not tracked. */
  readonly tracked: boolean;
};

/** A client's packet to the VIP. Addresses as numbers, protocol by its number, ports 0 where the protocol has none. */
export type Client = {
  readonly family: Family;
  readonly saddr: bigint;
  readonly daddr: bigint;
  readonly protocol: number;
  readonly sport: number;
  readonly dport: number;
};

const modes = {
  sourceip: ['saddr'],
  'sourceip-sourceport': ['saddr', 'sport'],
  'sourceip-sourceport-destport': ['saddr', 'sport', 'dport'],
} as const;

/** CLUSTERIP's hash of one of its three modes; null for a mode that it does not have. */
export function clusteripHash(mode: string, seed: number): Hash | null {
  const parts = Object.entries(modes).find(([name]) => name === mode)?.[1];
  if (parts === undefined) return null;
  const fields = parts.map((part) => ({ name: part, part, length: 4, mask: null }));
  return { formula: 'clusterip', fields, seed, name: mode, tracked: true };
}

/** xt_cluster's hash: of IPv4 the source address, of IPv6 only its first 32 bits (measured: a whole /32 on one node). */
export function xtClusterHash(family: Family, seed: number): Hash {
  const name = family === 4 ? 'source address' : 'first 32 bits of the source address';
  return { formula: 'xt_cluster', fields: [{ name, part: 'saddr', length: 4, mask: null }], seed, name, tracked: true };
}

/** What nft's jhash hashes, in wire order. */
export function nftHash(fields: readonly HashField[], seed: number | null, tracked: boolean): Hash {
  return { formula: 'nftables', fields, seed, name: fields.map(({ name }) => name).join(' . '), tracked };
}

/**
 * The 32-bit hash of a client's packet; null where it cannot be known: no seed, or a field that the client does not
 * determine.
 *
 * - CLUSTERIP (`net/ipv4/netfilter/ipt_CLUSTERIP.c`, clusterip_hashfn): address in host order, ports as the CPU reads
 *   them from the wire, which on little-endian machines is byte-swapped.
 * - xt_cluster (`net/netfilter/xt_cluster.c`): the first four bytes of the source as they lie in memory.
 * - nftables (`net/netfilter/nft_hash.c`): the fields' bytes in wire order; several fields are each padded to four
 * bytes.
 *
 * All verified packet by packet on x86 kernels.
 */
export function hashClient(hash: Hash, client: Client): number | null {
  const { formula, fields, seed } = hash;
  if (seed === null) return null;
  if (formula === 'clusterip') return jhashWords(clusteripWords(fields, client), seed);
  if (client.family === 4 && isPlainSource(fields)) return jhashWords([swapWord(Number(client.saddr))], seed);
  const bytes: number[] = [];
  for (const field of fields) {
    const part = bytesOf(field, client);
    if (part === null) return null;
    bytes.push(...part);
    if (fields.length > 1) while (bytes.length % 4 !== 0) bytes.push(0);
  }
  return jhashBytes(bytes, seed);
}

/** The bucket, from 1, that a client falls into; null where its hash cannot be known. */
export function bucketOf(hash: Hash, total: number, client: Client): number | null {
  const value = hashClient(hash, client);
  return value === null ? null : scale(value, total) + 1;
}

/** Two hashes with the same key put every client at the same place; a random seed equals nothing, not even itself. */
export function hashKey(hash: Hash, node: string): string {
  const formula = hash.formula === 'xt_cluster' ? 'nftables' : hash.formula;
  return `${formula} ${fieldsKey(hash)} ${hash.seed ?? `random on ${node}`}`;
}

/** Equal where two hashes look at the same bytes, whatever they are called: xt_cluster's source is nft's `ip saddr`. */
export function fieldsKey({ formula, fields }: Hash): string {
  const keys = fields.map(
    ({ part, name, length, mask }) => `${part ?? name}/${length}${mask === null ? '' : `&${mask}`}`,
  );
  return `${formula === 'clusterip' ? 'clusterip ' : ''}${keys.join(' ')}`;
}

/** Equal for equal hashes with as many buckets, on one node. */
export function useId(hash: Hash, total: number): string {
  return `${fieldsKey(hash)} ${hash.seed} ${total}`;
}

function isPlainSource(fields: readonly HashField[]): boolean {
  return fields.length === 1 && fields[0]?.part === 'saddr' && fields[0].length === 4 && fields[0].mask === null;
}

function clusteripWords(fields: readonly HashField[], client: Client): readonly number[] {
  return fields.map(({ part }) => {
    if (part === 'sport' || part === 'dport') return swapPort(client[part]);
    return Number(client.saddr);
  });
}

/** TCP, UDP, DCCP, SCTP, UDPLITE: their headers begin with the ports. */
const withPorts = new Set([6, 17, 33, 132, 136]);

/** A field's bytes in wire order; only the first ones where the field is shorter than the value. */
function bytesOf({ part, length, mask }: HashField, client: Client): readonly number[] | null {
  if (part === null) return null;
  const isPort = part === 'sport' || part === 'dport';
  if (isPort && !withPorts.has(client.protocol)) return null;
  const size = part === 'protocol' ? 1 : isPort ? 2 : client.family === 4 ? 4 : 16;
  const whole = BigInt(client[part]);
  const value = mask === null ? whole : whole & mask;
  return Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 255n));
}

function swapPort(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}

function swapWord(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
