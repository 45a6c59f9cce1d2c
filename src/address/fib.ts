import { type IpBlock, parseBlock, parseIp, wholeFamily } from './ip.ts';
import type { Lines } from './policy.ts';

/** What the kernel does with a packet to a route's block. Source: rtnetlink(7), linux/rtnetlink.h, RTN_*. */
export type RouteType = (typeof routeTypes)[number];

const routeTypes = [
  ...(['unicast', 'local', 'broadcast', 'anycast', 'multicast', 'blackhole'] as const),
  ...(['unreachable', 'prohibit', 'throw', 'nat', 'xresolve'] as const),
];

/** Where a route leads: one of these for each packet, where there are several. */
export type Hop = {
  /** The gateway; null on the wire itself. A route of IPv4 may have one of IPv6. */
  readonly via: string | null;
  readonly dev: string | null;
  /** The gateway is treated as a neighbour, whatever the addresses say. */
  readonly onlink: boolean;
  /** `dead`, `linkdown`, `pervasive`, `offload` ... */
  readonly flags: readonly string[];
};

/** A route of any table: the forwarding information base, in the kernel's words. */
export type FibRoute = {
  /** As `ip` prints it; `main` where it prints none. */
  readonly table: string;
  readonly type: RouteType;
  readonly block: IpBlock;
  /** The length of its prefix. */
  readonly prefix: number;
  readonly hops: readonly Hop[];
  /** The source address for packets that do not have one yet. */
  readonly source: string | null;
  /** The lowest one wins among equal prefixes. */
  readonly metric: number;
  /** IPv6: the route is only for packets from here. */
  readonly from: IpBlock | null;
  readonly proto: string | null;
  /** What else decides whether and how the route is used: `tos 0x10`, `encap ...`. */
  readonly others: readonly string[];
  readonly text: string;
};

/**
 * Reads `ip -o -4 route show table all` or the same of IPv6, one route per line:
 * `10.9.0.0/16 \	nexthop via 10.77.0.9 dev eth1 weight 2 \	nexthop via 10.77.0.8 dev eth1 weight 1`,
 * `blackhole 10.200.0.0/16`, `default via 10.77.0.9 dev eth1 metric 200`. The words are those of iproute2 3.10 to 7.1
 * (ip/iproute.c). BusyBox prints no further next hops: the script says so in what it has left out.
 */
export function parseFib(lines: readonly string[], family: 4 | 6): Lines<FibRoute> {
  const given = lines.filter((line) => line.trim() !== '');
  const routes = given.map((line) => parseFibRoute(line, family));
  return {
    read: routes.filter((route) => route !== null),
    unread: given.filter((_, i) => routes[i] === null),
  };
}

type HopDraft = { via: string | null; dev: string | null; onlink: boolean; flags: string[] };
type Draft = {
  -readonly [Key in keyof FibRoute]: FibRoute[Key];
} & { own: HopDraft; drafts: HopDraft[] };

function parseFibRoute(line: string, family: 4 | 6): FibRoute | null {
  const words = line.replaceAll('\\', ' ').trim().split(/\s+/);
  const type = routeTypes.find((one) => one === words[0]);
  const destination = words[type === undefined ? 0 : 1] ?? '';
  const block = destination === 'default' ? wholeFamily(family) : parseBlock(destination);
  if (block === null || block.family !== family) return null;
  const route: Draft = {
    table: 'main',
    type: type ?? 'unicast',
    block,
    prefix: prefixOf(block),
    hops: [],
    source: null,
    metric: 0,
    from: null,
    proto: null,
    others: [],
    text: line.replaceAll(/\s*\\\s*/g, ' ').trim(),
    own: newHop(),
    drafts: [],
  };
  for (let i = type === undefined ? 1 : 2; i < words.length; ) {
    const taken = takeHop(route, words, i) || takeAttribute(route, words, i, family);
    if (taken === 0) return null;
    i += taken;
  }
  const { own, drafts, ...rest } = route;
  return { ...rest, hops: drafts.length > 0 ? drafts : own.dev === null && own.via === null ? [] : [own] };
}

function newHop(): HopDraft {
  return { via: null, dev: null, onlink: false, flags: [] };
}

/** Flags of a next hop (linux/rtnetlink.h, RTNH_F_*), and those of a route that say nothing about where it leads. */
const hopFlags = ['dead', 'linkdown', 'pervasive', 'offload', 'trap', 'unresolved', 'rt_offload', 'rt_trap'];
const silentFlags = ['rt_offload_failed', 'notify', 'equalize', 'cache', 'redirected', 'cloned'];

/** Reads what belongs to a next hop; returns how many words that was, 0 for none. */
function takeHop(route: Draft, words: readonly string[], at: number): number {
  const [word = '', value = '', next = ''] = words.slice(at, at + 3);
  if (word === 'nexthop') {
    route.drafts.push(newHop());
    return 1;
  }
  const hop = route.drafts.at(-1) ?? route.own;
  if (word === 'via') {
    const gateway = value === 'inet' || value === 'inet6' ? next : value;
    if (parseIp(gateway) === null) return 0;
    hop.via = gateway;
    return gateway === value ? 2 : 3;
  }
  if (word === 'dev' && value !== '') {
    hop.dev = value;
    return 2;
  }
  if (word === 'onlink') hop.onlink = true;
  else if (hopFlags.includes(word)) hop.flags.push(word);
  else return 0;
  return 1;
}

/** What comes with one word and says nothing about where a packet goes. */
const pairs = [
  ...['scope', 'expires', 'error', 'advmss', 'hoplimit', 'rtt', 'rttvar', 'ssthresh', 'cwnd', 'window', 'initcwnd'],
  ...['initrwnd', 'quickack', 'rto_min', 'reordering', 'features', 'fastopen_no_cookie', 'pref', 'nhid', 'weight'],
  ...['realm', 'realms', 'users', 'age', 'ttl-propagate', 'protocol', 'iif', 'flowlabel'],
];
const lockable = ['mtu', 'advmss', 'hoplimit', 'rtt', 'rttvar', 'ssthresh', 'cwnd', 'window', 'congctl', 'rto_min'];

/** Reads what belongs to the route; returns how many words that was, 0 for something unknown. */
function takeAttribute(route: Draft, words: readonly string[], at: number, family: 4 | 6): number {
  const [word = '', value = '', next = ''] = words.slice(at, at + 3);
  if (silentFlags.includes(word)) return 1;
  if (value === '') return 0;
  if (lockable.includes(word)) return value === 'lock' && next !== '' ? 3 : 2;
  if (pairs.includes(word)) return 2;
  if (word === 'encap') {
    // A tunnel of many words, up to where it leads.
    const end = words.findIndex((one, i) => i > at && (one === 'via' || one === 'dev'));
    const taken = (end < 0 ? words.length : end) - at;
    route.others = [...route.others, words.slice(at, at + taken).join(' ')];
    return taken;
  }
  if (word === 'table') route.table = value;
  else if (word === 'proto') route.proto = value;
  else if (word === 'tos' || word === 'dsfield') route.others = [...route.others, `${word} ${value}`];
  else if (word === 'src' && parseIp(value) !== null) route.source = value;
  else if ((word === 'metric' || word === 'preference') && /^\d+$/.test(value)) route.metric = Number(value);
  else if (word === 'from') {
    const from = value === 'all' || value === 'default' ? wholeFamily(family) : parseBlock(value);
    if (from === null) return 0;
    route.from = from;
  } else return 0;
  return 2;
}

function prefixOf({ family, low, high }: IpBlock): number {
  return (family === 4 ? 32 : 128) - (high - low + 1n).toString(2).length + 1;
}

/** Unicast routes, or those of another type, that a snapshot does not carry, and where they lead as far as it says. */
export type FibGap = {
  readonly table: string;
  readonly count: number;
  readonly type: RouteType;
  readonly hop: Hop | null;
  /** True where they are to single hosts alone. */
  readonly hosts: boolean;
  readonly text: string;
};

/**
 * Reads what the script says it has left out of the routes. Those that lead where the route around them leads change
 * nothing, and are no gap. All others are of networks smaller than a /16 (IPv6: /32), unless they are of another type
 * than unicast or the table has more than some 60,000 routes; they lie within the networks of the routes that are there.
 */
export function parseFibGaps(leftOut: readonly string[]): Lines<FibGap> {
  const gaps = leftOut.filter((text) => !/ routes that lead where the route around them leads$/.test(text));
  const read = gaps.map(parseFibGap);
  return { read: read.filter((gap) => gap !== null), unread: gaps.filter((_, i) => read[i] === null) };
}

function parseFibGap(text: string): FibGap | null {
  const [, table = '', count, word, where] = /^(\S+), (\d+) (\w+) routes(?: (.+))?$/.exec(text) ?? [];
  const type = routeTypes.find((one) => one === word);
  if (type === undefined) return null;
  const hosts = where === 'to hosts';
  const words = where?.split(' ') ?? [];
  const after = (key: string) => (words.includes(key) ? (words[words.indexOf(key) + 1] ?? null) : null);
  const via = after('via') === 'inet6' ? after('inet6') : after('via');
  const hop =
    where === undefined || hosts ? null : { via, dev: after('dev'), onlink: words.includes('onlink'), flags: [] };
  return { table, count: Number(count), type, hop, hosts, text };
}
