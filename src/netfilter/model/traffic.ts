import { parseBlock, wholeFamily } from '../../address/index.ts';

/**
 * Traffic to a VIP as a set, so that "what does an earlier rule take away?" has an answer and not a guess.
 * A packet is a point in five dimensions; a region is a union of boxes that do not overlap.
 */
export type Dimension = 'protocol' | 'source' | 'sport' | 'dport' | 'phase';

/** From low to high, both included. */
export type Interval = { readonly low: bigint; readonly high: bigint };

/** Residues of one hash that packets fall into, as a set of bits: bit r is residue r, which is bucket r + 1. */
export type Residues = {
  /** Which hash of the ruleset; different hashes are different dimensions. */
  readonly hash: string;
  readonly held: bigint;
  /** Every residue that the hash has. */
  readonly all: bigint;
};

export type Box = { readonly [dimension in Dimension]: Interval } & {
  /** What is known of the packets' residues; a hash that is not listed can be anything. */
  readonly residues: readonly Residues[];
};

export type Region = readonly Box[];

/** Protocol numbers (IANA) that rules name. */
export const protocolNumbers: Readonly<Record<string, bigint>> = {
  icmp: 1n,
  igmp: 2n,
  ipencap: 4n,
  tcp: 6n,
  udp: 17n,
  dccp: 33n,
  ipv6: 41n,
  gre: 47n,
  esp: 50n,
  ah: 51n,
  'ipv6-icmp': 58n,
  icmpv6: 58n,
  eigrp: 88n,
  ospf: 89n,
  ipip: 94n,
  pim: 103n,
  ipcomp: 108n,
  vrrp: 112n,
  l2tp: 115n,
  sctp: 132n,
  udplite: 136n,
};

/** Connection tracking's view: the packet that opens a connection (NEW, for TCP the SYN), and every later one (ESTABLISHED). */
export const phase = { first: 0n, later: 1n } as const;

export function point(value: bigint): Interval {
  return { low: value, high: value };
}

export const allPorts: Interval = { low: 0n, high: 65535n };
export const allProtocols: Interval = { low: 0n, high: 255n };
const allPhases: Interval = { low: phase.first, high: phase.later };

/** Everything a family's clients can send to one address. */
export function allTraffic(family: 4 | 6 = 4): Box {
  const { low, high } = wholeFamily(family);
  return {
    protocol: allProtocols,
    source: { low, high },
    sport: allPorts,
    dport: allPorts,
    phase: allPhases,
    residues: [],
  };
}

/** What clusters serve: TCP and UDP. */
export function mainTraffic(family: 4 | 6): Region {
  return [6n, 17n].map((protocol) => ({ ...allTraffic(family), protocol: point(protocol) }));
}

/**
 * Addresses that no client has (RFC 6890 and RFC 4291): this host, loopback, link-local, groups and what is reserved. Firewalls drop
 * them first.
 */
export function noClients(family: 4 | 6): readonly Interval[] {
  const texts = family === 4 ? ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'] : ['::/127', 'ff00::/8'];
  return texts.flatMap((text) => parseBlock(text) ?? []).map(({ low, high }) => ({ low, high }));
}

/** The packets of some residues of a hash. */
export function ofResidues(family: 4 | 6, hash: string, held: bigint, total: number): Region {
  return held === 0n ? [] : [{ ...allTraffic(family), residues: [{ hash, held, all: allBits(total) }] }];
}

/** The lowest bits, as many as there are residues. */
export function allBits(total: number): bigint {
  return (1n << BigInt(total)) - 1n;
}

/** Thrown where boxes have been compared more often than was allowed. */
class Exhausted extends Error {}

/** How many more comparisons of boxes are allowed. */
let effort = Number.POSITIVE_INFINITY;

/**
 * Does some work on regions with at most so many comparisons of boxes; null where that is not enough. Rules that cut in
 * many dimensions at once multiply, and a check has a time limit; counting keeps the answer the same on every machine.
 */
export function bounded<T>(comparisons: number, work: () => T): T | null {
  const before = effort;
  effort = comparisons;
  try {
    return work();
  } catch (error) {
    if (error instanceof Exhausted) return null;
    throw error;
  } finally {
    effort = before;
  }
}

const dimensions: readonly Dimension[] = ['protocol', 'source', 'sport', 'dport', 'phase'];

export function intersect(a: Region, b: Region): Region {
  return a.flatMap((left) => b.flatMap((right) => overlap(left, right) ?? []));
}

/** What of a is not in b. */
export function subtract(a: Region, b: Region): Region {
  let rest = a;
  for (const box of b) {
    if (rest.length === 0) return rest;
    rest = rest.flatMap((left) => cut(left, box));
  }
  return rest;
}

/** What of a region is in another one, and what is not. */
export function divide(region: Region, by: Region): { readonly inside: Region; readonly outside: Region } {
  const [box, ...more] = by;
  if (box === undefined) return { inside: [], outside: region };
  if (more.length > 0) return { inside: intersect(region, by), outside: subtract(region, by) };
  const inside: Box[] = [];
  const outside: Box[] = [];
  for (const one of region) {
    const common = overlap(one, box);
    if (common === null) outside.push(one);
    else {
      inside.push(common);
      outside.push(...cut(one, box));
    }
  }
  return { inside, outside };
}

/** The union, its boxes kept apart. */
export function unite(a: Region, b: Region): Region {
  return a.length === 0 ? b : [...a, ...subtract(b, a)];
}

export function isEmpty(region: Region): boolean {
  return region.length === 0;
}

/** True when every packet of a is in b. */
export function within(a: Region, b: Region): boolean {
  return a.every((box) => isEmpty(subtract([box], b)));
}

/** The intervals that a region covers in one dimension, ascending, joined where they touch. */
export function project(region: Region, dimension: Dimension): readonly Interval[] {
  return joined(region.map((box) => box[dimension]));
}

/** The same values in as few intervals as can be, ascending. */
export function joined(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = [...intervals].sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  const found: Interval[] = [];
  for (const next of sorted) {
    const last = found.at(-1);
    if (last === undefined || next.low > last.high + 1n) found.push(next);
    else if (next.high > last.high) found[found.length - 1] = { low: last.low, high: next.high };
  }
  return found;
}

/** How many values intervals that do not overlap hold. */
export function count(intervals: readonly Interval[]): bigint {
  return intervals.reduce((sum, { low, high }) => sum + high - low + 1n, 0n);
}

function overlap(a: Box, b: Box): Box | null {
  if (--effort < 0) throw new Exhausted();
  if (dimensions.some((dimension) => a[dimension].low > b[dimension].high || b[dimension].low > a[dimension].high))
    return null;
  const residues = commonResidues(a.residues, b.residues);
  if (residues === null) return null;
  const common = (dimension: Dimension): Interval => ({
    low: larger(a[dimension].low, b[dimension].low),
    high: smaller(a[dimension].high, b[dimension].high),
  });
  return {
    residues,
    protocol: common('protocol'),
    source: common('source'),
    sport: common('sport'),
    dport: common('dport'),
    phase: common('phase'),
  };
}

function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

/** A box less another one: slices are cut off dimension by dimension until only the overlap is left, which is dropped. */
function cut(box: Box, hole: Box): readonly Box[] {
  const common = overlap(box, hole);
  if (common === null) return [box];
  const slices: Box[] = [];
  let rest = box;
  for (const dimension of dimensions) {
    const { low, high } = rest[dimension];
    const middle = common[dimension];
    if (low < middle.low) slices.push({ ...rest, [dimension]: { low, high: middle.low - 1n } });
    if (high > middle.high) slices.push({ ...rest, [dimension]: { low: middle.high + 1n, high } });
    rest = { ...rest, [dimension]: middle };
  }
  for (const { hash, held, all } of common.residues) {
    const before = rest.residues.find((one) => one.hash === hash)?.held ?? all;
    const others = rest.residues.filter((one) => one.hash !== hash);
    const outside = before & ~held;
    if (outside !== 0n) slices.push({ ...rest, residues: [...others, { hash, held: outside, all }] });
    rest = { ...rest, residues: [...others, { hash, held, all }] };
  }
  return slices;
}

/** Null when no packet has both. */
function commonResidues(a: readonly Residues[], b: readonly Residues[]): readonly Residues[] | null {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const both = [...a];
  for (const one of b) {
    const at = both.findIndex(({ hash }) => hash === one.hash);
    if (at < 0) both.push(one);
    else {
      const held = (both[at]?.held ?? one.all) & one.held;
      if (held === 0n) return null;
      both[at] = { ...one, held };
    }
  }
  return both;
}

/** The same packets in fewer boxes: those that differ in the residues of one hash alone become one. */
export function coalesce(region: Region): Region {
  const boxes = new Map<string, Box>();
  for (const box of region) {
    const { residues } = box;
    const sides = dimensions.map((dimension) => `${box[dimension].low}-${box[dimension].high}`).join(' ');
    const key = residues.length === 1 ? `${sides} ${residues[0]?.hash}` : `${boxes.size}`;
    const [one] = boxes.get(key)?.residues ?? [];
    const [more] = residues;
    const joined = one !== undefined && more !== undefined ? [{ ...one, held: one.held | more.held }] : residues;
    boxes.set(key, { ...box, residues: joined });
  }
  return [...boxes.values()];
}
