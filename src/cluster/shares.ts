import { type Ip, parseIp } from '../address/index.ts';
import {
  type Answered,
  allTraffic,
  answers,
  type Client,
  count,
  type HashInUse,
  hashClient,
  hashesOf,
  hashKey,
  intersect,
  isEmpty,
  jhashWords,
  point,
  project,
  type Region,
  scale,
} from '../netfilter/index.ts';

/** What a node answers; `nothing` when its packets cannot come in or the VIP is not there. */
export type NodeAnswers = { readonly node: string; readonly answered: Answered | 'nothing' };

/** Shares of client addresses, from 0 to 1. */
export type Shares = {
  readonly lost: number;
  readonly doubled: number;
  /** False when they were counted over a sample of clients: good to about half a percent. */
  readonly exact: boolean;
  /** True when only datagrams fare so, and TCP is healthy. */
  readonly datagrams: boolean;
};

/**
 * The shares of clients that no node and that several nodes answer, of the traffic that the cluster shares: TCP's, or
 * that of datagrams where TCP is healthy and they are not. Null where that cannot be told.
 */
export function measureShares(nodes: readonly NodeAnswers[], shared: Region, vip: string): Shares | null {
  const to = parseIp(vip) ?? { family: 4, value: 0n };
  const { family } = to;
  const [tcp, udp] = [6n, 17n].map((protocol) => {
    const part = intersect(shared, [{ ...allTraffic(family), protocol: point(protocol) }]);
    return isEmpty(part) ? undefined : measure(nodes, part, to);
  });
  const first = tcp !== undefined ? tcp : udp !== undefined ? udp : measure(nodes, shared, to);
  if (first === null) return null;
  const worse = first.lost === 0 && first.doubled === 0 && udp != null && (udp.lost > 0 || udp.doubled > 0);
  return worse ? { ...udp, datagrams: tcp !== undefined } : { ...first, datagrams: false };
}

/** Null where of some of these clients it cannot be told whether they are answered. */
type Measured = Omit<Shares, 'datagrams'> | null;

/** What a node answers of some traffic. */
function within(answered: NodeAnswers['answered'], part: Region): NodeAnswers['answered'] {
  return answered === 'nothing' ? answered : { ...answered, region: intersect(answered.region, part) };
}

/** Where all nodes use one hash, by the intervals of hash values that they answer for; else by a sample of clients. */
function measure(nodes: readonly NodeAnswers[], shared: Region, to: Ip): Measured {
  const part = typicalPart(nodes, shared, to.family);
  if (nodes.some(({ answered }) => answered !== 'nothing' && !isEmpty(intersect(answered.doubt, part)))) return null;
  const there = nodes.map(({ node, answered }) => ({ node, answered: within(answered, part) }));
  const spans = there.map((node) => spansOf(node, part, to));
  const known = spans.filter((span) => span !== null);
  const keys = new Set(known.flatMap(({ key }) => key ?? []));
  return known.length === spans.length && keys.size <= 1
    ? measureIntervals(known.flatMap(({ intervals }) => intervals))
    : countSample(there, part, to);
}

/** Shares are of addresses, so one service stands for all: its port, and the ports that clients come from. */
function typicalPart(nodes: readonly NodeAnswers[], shared: Region, family: 4 | 6): Region {
  const port = point(servicePort(nodes, shared));
  const one = intersect(shared, [{ ...allTraffic(family), dport: port }]).slice(0, 1);
  const unprivileged = intersect(one, [{ ...allTraffic(family), sport: { low: 1024n, high: 65535n } }]);
  return isEmpty(unprivileged) ? one : unprivileged;
}

/** The port that the cluster shares and that the most clients get an answer on, on all nodes together: no firewall has closed it. */
export function servicePort(nodes: readonly NodeAnswers[], shared: Region): bigint {
  const open = nodes.map(({ answered }) => (answered === 'nothing' ? [] : opening(answered.region, shared)));
  const doors = open.some((region) => !isEmpty(region)) ? open : [shared];
  const [first = 443n, ...others] = candidates(doors.flat());
  const clients = (port: bigint) => doors.reduce((sum, region) => sum + clientsOf(region, port), 0n);
  let [best, most] = [first, clients(first)];
  for (const port of others) {
    const more = clients(port);
    if (more > most) [best, most] = [port, more];
  }
  return best;
}

/** How many addresses have access to a port. */
function clientsOf(region: Region, port: bigint): bigint {
  return count(
    project(
      region.filter(({ dport }) => dport.low <= port && port <= dport.high),
      'source',
    ),
  );
}

/** The usual ports of services, then the first of each range that is not for administration; a few are enough. */
function candidates(boxes: Region): readonly bigint[] {
  const ports = project(boxes, 'dport');
  const usual = [443n, 80n].filter((port) => ports.some(({ low, high }) => low <= port && port <= high));
  const lows = [...new Set(boxes.map(({ dport }) => dport.low))].sort((a, b) => (a < b ? -1 : 1));
  const others = lows.filter((low) => low !== 22n && !usual.includes(low)).slice(0, 32);
  return usual.length + others.length > 0 ? [...usual, ...others] : lows.slice(0, 1);
}

/** What opens a connection: a firewall lets later packets of it through on any port. */
function opening(region: Region, shared: Region): Region {
  return intersect(region, shared).filter(({ phase }) => phase.low === 0n);
}

const hashSpace = 2 ** 32;
type Span = { readonly low: number; readonly high: number };

/**
 * The hash values that a node answers for; `key` is null where its hash does not matter. Null where what it answers
 * hangs on more than one hash: on addresses or ports too.
 */
function spansOf(
  { node, answered }: NodeAnswers,
  part: Region,
  to: Ip,
): { readonly key: string | null; readonly intervals: readonly Span[] } | null {
  if (answered === 'nothing') return { key: null, intervals: [] };
  const [use, ...more] = answered.hashes;
  if (more.length > 0) return null;
  const [client] = sampleClients(part, to, 1);
  const total = use?.total ?? 1;
  const held: Span[] = [];
  for (let residue = 0; residue < total; residue++) {
    const said = client === undefined ? null : answers(answered, client, () => residue);
    if (said === true) held.push(hashesOf(residue, total));
  }
  if (!hangsOnResidues(answered, part)) return null;
  const constant = held.length === 0 || held.length === total;
  return { key: constant || use === undefined ? null : hashKey(use.hash, node), intervals: held };
}

/** True when every client of the shared traffic fares alike, but for its residue. */
function hangsOnResidues({ region }: Answered, part: Region): boolean {
  const whole = (['source', 'sport'] as const).map((dimension) => ({
    dimension,
    spans: JSON.stringify(project(part, dimension), text),
  }));
  return intersect(region, part).every((box) =>
    whole.every(({ dimension, spans }) => JSON.stringify(project([box], dimension), text) === spans),
  );
}

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function measureIntervals(intervals: readonly Span[]): Measured {
  const edges = new Map<number, number>();
  const mark = (at: number, step: number) => edges.set(at, (edges.get(at) ?? 0) + step);
  for (const { low, high } of intervals) {
    mark(low, 1);
    mark(high + 1, -1);
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
/** Looks of clients at boxes, about half a second's. */
const mostWork = 2 ** 23;

function countSample(nodes: readonly NodeAnswers[], part: Region, to: Ip): Measured {
  const keys = new Set(nodes.flatMap(({ node, answered }) => (answered === 'nothing' ? [] : keysOf(answered, node))));
  // Many different hashes, and many addresses that rules name, cost their time each; a smaller sample is still good to one percent.
  const boxes = nodes.reduce((sum, { answered }) => sum + (answered === 'nothing' ? 0 : answered.region.length), 0);
  const room = Math.floor(mostWork / (boxes + 1));
  const size = Math.max(sampleSize / 32, Math.min(room, keys.size > 8 ? sampleSize / 8 : sampleSize));
  // A key a hash, not a key a client: writing them is most of the work.
  const written = new Map<HashInUse, string>();
  const keyOf = (use: HashInUse, node: string) => {
    const key = written.get(use) ?? (use.hash.seed === null ? `${node} ${use.id}` : hashKey(use.hash, node));
    written.set(use, key);
    return key;
  };
  let [lost, doubled] = [0, 0];
  for (const client of sampleClients(part, to, size)) {
    const known = new Map<string, number>();
    let answering = 0;
    for (const { node, answered } of nodes) {
      if (answered === 'nothing') continue;
      const residue = (use: HashInUse) => sampledResidue(use, client, keyOf(use, node), known);
      if (answers(answered, client, residue) === true) answering++;
      if (answering > 1) break;
    }
    if (answering === 0) lost++;
    if (answering > 1) doubled++;
  }
  return { lost: lost / size, doubled: doubled / size, exact: false };
}

function keysOf({ hashes }: Answered, node: string): readonly string[] {
  return hashes.map(({ hash }) => hashKey(hash, node));
}

/** A hash that nobody knows is as good as any other: one seed for each rule of each node stands for it. */
function sampledResidue({ hash, total }: HashInUse, client: Client, key: string, known: Map<string, number>): number {
  const value = known.get(key) ?? hashClient(hash, client) ?? guess(client, key);
  known.set(key, value);
  return scale(value, total);
}

function guess({ saddr, sport }: Client, key: string): number {
  const seed = [...key].reduce((sum, letter) => jhashWords([letter.codePointAt(0) ?? 0], sum), 0);
  return jhashWords([Number(saddr & 0xffffffffn), Number(saddr >> 96n), sport], seed);
}

/** Numbers of 32 bits spread over the addresses that IPv4 clients have: 1 to 126 and 128 to 223. */
function unicast(even: bigint): bigint {
  const value = (1n << 24n) + ((even * 222n) >> 8n);
  return value < 127n << 24n ? value : value + (1n << 24n);
}

/**
 * Clients in an even spread over all addresses and over unprivileged ports, of the traffic that is shared: multiples of
 * the golden ratio, in IPv6's first 32 bits too, which are all that xt_cluster looks at.
 */
function sampleClients(part: Region, { family, value: daddr }: Ip, size: number): readonly Client[] {
  const [first] = part;
  if (first === undefined) return [];
  const dport = Number(first.dport.low);
  const protocol = Number(first.protocol.low);
  const { low, high } = first.source;
  return Array.from({ length: size }, (_, i) => {
    const even = BigInt(Math.imul(i + 1, 0x9e3779b1) >>> 0);
    const wide = family === 4 ? unicast(even) : (even << 96n) | (even << 64n) | BigInt(jhashWords([i], 0));
    const saddr = wide >= low && wide <= high ? wide : low + (wide % (high - low + 1n));
    const sport = Math.max(Number(first.sport.low), Math.min(Number(first.sport.high), 1024 + ((i * 40503) % 64512)));
    return { family, saddr, daddr, protocol, sport, dport };
  });
}
