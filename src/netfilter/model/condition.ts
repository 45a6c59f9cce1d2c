import { type Carried, type Direction, type Discovery, destinationKey, type Mark } from './packet.ts';
import { type Interval, icmpv6, phase, point, type Traffic, type TrafficSpace, tcp } from './traffic.ts';

/**
 * Why a rule does not show which packets a condition is met by: a list of addresses that is kept elsewhere, a rate or a
 * count, the form of packets (length, hop limit, options), or anything else.
 */
export type Doubt = 'form' | 'rate' | 'list' | 'other';

/** The packets that meet a condition: exactly those without a doubt, else some of them. */
export type Selection = { readonly traffic: Traffic; readonly doubt: Doubt | null };

/** A condition as a function of what packets carry. */
export type Condition = (carried: Carried) => Selection;

/** Exactly these packets. */
export function exactly(traffic: Traffic): Selection {
  return { traffic, doubt: null };
}

/** A condition that is met by everything or by nothing. */
export function when(matches: boolean, space: TrafficSpace): Selection {
  return exactly(matches ? space.all : space.none);
}

/** Some of the packets; which ones is not known. */
export function vague(traffic: Traffic, doubt: Doubt = 'other'): Selection {
  return { traffic, doubt };
}

/** The opposite of what is known exactly; the opposite of something vague can be anything. */
export function opposite({ traffic, doubt }: Selection): Selection {
  return doubt === null ? exactly(traffic.others) : vague(traffic.space.all, doubt);
}

const doubts: readonly Doubt[] = ['form', 'rate', 'list', 'other'];

/** The doubt that weighs most: a list does not settle another condition that may be anything. */
export function graver(a: Doubt | null, b: Doubt | null): Doubt | null {
  if (a === null || b === null) return a ?? b;
  return doubts.indexOf(a) < doubts.indexOf(b) ? b : a;
}

const unreadMatches = new Map<string, Doubt>(
  Object.entries<Doubt>({
    set: 'list',
    recent: 'list',
    limit: 'rate',
    hashlimit: 'rate',
    connlimit: 'rate',
    connbytes: 'rate',
    quota: 'rate',
    tcpmss: 'form',
    string: 'form',
    ecn: 'form',
    dscp: 'form',
    tos: 'form',
    osf: 'form',
    geoip: 'form',
  }),
);

/** Why a match of the kernel's x_tables that no reader knows does not show which packets meet it. */
export function doubtOfMatch(name: string): Doubt {
  return unreadMatches.get(name) ?? 'other';
}

/** The usual form of clients' packets: their lengths, and the hops they have left. */
export const usual = { length: { low: 40, high: 1500 }, hops: { low: 32, high: 255 } } as const;

/**
 * Packets whose length or hops are within bounds: all of a client's where the bounds hold all that is usual, some odd
 * ones where they hold nothing of it, and otherwise an unknown part.
 */
export function ofForm(low: number, high: number, typical: { low: number; high: number }, all: Traffic): Selection {
  if (low <= typical.low && typical.high <= high) return exactly(all);
  return vague(all, high < typical.low || low > typical.high ? 'form' : 'other');
}

/** Packets that meet several conditions. */
export function allOf(selections: readonly Selection[], space: TrafficSpace): Selection {
  return selections.reduce<Selection>(
    (sum, one) => ({ traffic: sum.traffic.and(one.traffic), doubt: graver(sum.doubt, one.doubt) }),
    exactly(space.all),
  );
}

/** Packets that meet one of several conditions. */
export function anyOf(selections: readonly Selection[], space: TrafficSpace): Selection {
  return selections.reduce<Selection>(
    (sum, one) => ({ traffic: sum.traffic.or(one.traffic), doubt: graver(sum.doubt, one.doubt) }),
    exactly(space.none),
  );
}

/**
 * A condition that depends on the interface, on connection tracking, on NAT and on the kind of packet alone, worked out
 * once for each of these.
 */
export function remembered(read: Condition): Condition {
  const known = new Map<string, Selection>();
  return (carried) => {
    const { tracking, discovery, ifname, bridge, sentTo } = carried;
    const key = `${tracking} ${discovery} ${ifname} ${bridge} ${destinationKey(sentTo)}`;
    const selection = known.get(key) ?? read(carried);
    known.set(key, selection);
    return selection;
  };
}

/** Several conditions as one. */
export function every(conditions: readonly Condition[], space: TrafficSpace): Condition {
  return (carried) =>
    allOf(
      conditions.map((read) => read(carried)),
      space,
    );
}

/** The packets whose mark meets a test. */
export function withMark(mark: Mark, test: (value: number) => boolean, space: TrafficSpace): Selection {
  if (mark === null) return vague(space.all);
  if (typeof mark === 'number') return when(test(mark), space);
  const { hash, values } = mark;
  return exactly(space.residues(hash, values.length, (residue) => test(values[residue] ?? 0)));
}

/**
 * A list of connection states, in lower case. Clients of a working cluster are new or established; invalid, related and
 * the rest match none of them. What is not tracked is untracked, and before connection tracking invalid.
 */
export function connectionStates(
  names: readonly string[],
  { tracking, sentTo }: Carried,
  space: TrafficSpace,
): Selection {
  if (sentTo !== null && names.includes('dnat')) return when(true, space);
  // Of a connection that has seen both directions everything is ESTABLISHED, the SYN+ACK too.
  if (tracking === 'reply') return when(names.includes('established'), space);
  if (tracking === 'lone') return loneStates(names, space);
  if (tracking === 'stray') return exactly(names.includes('new') ? space.only({ phase: phase.later }) : space.none);
  if (tracking !== 'tracked') return when(names.includes(tracking === 'pending' ? 'invalid' : 'untracked'), space);
  const first = names.includes('new') ? space.only({ phase: phase.first }) : space.none;
  return exactly(names.includes('established') ? first.or(space.only({ phase: phase.later })) : first);
}

/** The protocol of pings, and of nothing else that clients send. */
export function pingOf({ family }: TrafficSpace): bigint {
  return family === 4 ? 1n : icmpv6;
}

/**
 * An answer whose request connection tracking has not seen: a SYN+ACK and an echo reply begin no connection, so that
 * they are invalid (nf_conntrack_proto_tcp.c, nf_conntrack_proto_icmp.c); a datagram begins one.
 */
function loneStates(names: readonly string[], space: TrafficSpace): Selection {
  const invalid = space.only({ protocol: [pingOf(space), tcp].map(point) });
  const met = [...(names.includes('invalid') ? [invalid] : []), ...(names.includes('new') ? [invalid.others] : [])];
  return exactly(space.union(met));
}

const statuses: Readonly<Record<string, 'never' | 'later'>> = {
  dnat: 'never',
  snat: 'never',
  expected: 'never',
  'seen-reply': 'later',
  confirmed: 'later',
};

/**
 * A list of what has become of a connection, in lower case: `dnat` is met by what NAT has sent to another address or
 * port of this host, `snat` by nothing that is followed here; for the others, a rule does not show which packets meet
 * them.
 */
export function connectionStatus(
  names: readonly string[],
  { sentTo }: Carried,
  { space, direction }: Followed,
): Selection {
  if (sentTo !== null && names.includes('dnat')) return when(true, space);
  const kinds = names.map((name) => statuses[name.replace('_', '-')] ?? null);
  if (kinds.includes(null)) return vague(space.all);
  if (!kinds.includes('later')) return when(false, space);
  return direction === 'answers' ? when(true, space) : exactly(space.only({ phase: phase.later }));
}

/**
 * A condition applied to packets that NAT has sent to another port: they meet it as packets of that
 * port would.
 */
export function asSent({ traffic, doubt }: Selection, { sentTo }: Carried): Selection {
  const port = sentTo?.port ?? null;
  if (port === null) return { traffic, doubt };
  return { traffic: traffic.and(traffic.space.only({ dport: port })).whatever('dport'), doubt };
}

/** Whether the VIP, or what NAT has put in its place, is within some addresses. */
export function destinedTo(span: Interval, vip: bigint, { sentTo }: Carried, space: TrafficSpace): Selection {
  const address = sentTo === null ? vip : sentTo.address;
  const all = span.low === 0n && span.high >= (space.family === 4 ? 2n ** 32n : 2n ** 128n) - 1n;
  // Which of the host's addresses REDIRECT takes is the kernel's choice.
  if (address === null && !all) return vague(space.all);
  return when(address === null || (span.low <= address && address <= span.high), space);
}

/** The packets that conditions are applied to. */
export type Followed = { readonly space: TrafficSpace; readonly direction: Direction };

const requests = { 4: ['echo-request', 'ping', '8', '8/0', 'any', '255'], 6: ['echo-request', 'ping', '128', '128/0'] };
const echoes: Readonly<Record<Direction, Readonly<Record<4 | 6, readonly string[]>>>> = {
  requests,
  departures: requests,
  answers: { 4: ['echo-reply', 'pong', '0', '0/0', 'any', '255'], 6: ['echo-reply', 'pong', '129', '129/0'] },
};

/** Types of neighbour discovery (RFC 4861), as ip6tables and nft write them. */
const discoveryTypes: Readonly<Record<Discovery, readonly string[]>> = {
  solicit: ['135', '135/0', 'neighbour-solicitation', 'neighbor-solicitation', 'nd-neighbor-solicit'],
  advert: ['136', '136/0', 'neighbour-advertisement', 'neighbor-advertisement', 'nd-neighbor-advert'],
};

/**
 * Of ICMP clients send echo requests; other types carry no service of a cluster, and match nothing of it. Neighbour
 * discovery, where that is followed, matches its own type alone.
 */
export function icmpType(type: string, { discovery }: Carried, { space, direction }: Followed): Selection {
  if (discovery !== null) return when(discoveryTypes[discovery].includes(type), space);
  const echo = echoes[direction][space.family];
  return exactly(echo.includes(type) ? space.only({ protocol: pingOf(space) }) : space.none);
}

/**
 * The TCP packets whose flags meet a test: a SYN opens a connection, SYN+ACK answers it; ACK, PSH+ACK and FIN+ACK carry
 * it.
 */
export function tcpPackets(test: (flags: readonly string[]) => boolean, { space, direction }: Followed): Selection {
  const later = [['ACK'], ['PSH', 'ACK'], ['FIN', 'ACK']].map(test);
  const first = test(direction === 'answers' ? ['SYN', 'ACK'] : ['SYN'])
    ? space.only({ protocol: tcp, phase: phase.first })
    : space.none;
  const rest = later.includes(true) ? space.only({ protocol: tcp, phase: phase.later }) : space.none;
  return { traffic: first.or(rest), doubt: later.every((one) => one === later[0]) ? null : 'other' };
}

/**
 * The packets that come in by an interface that a rule names (`eth+` with the tool's own wildcard): clients' packets
 * never come in by `lo`; if the VIP's interface is not known, they may come by any other.
 */
export function comesIn(pattern: string, ifname: Carried['ifname'], space: TrafficSpace, wildcard = '+'): Selection {
  if (ifname === null) return when(pattern !== 'lo', space);
  const names = [ifname].flat();
  const met = names.filter((name) =>
    pattern.endsWith(wildcard) ? name.startsWith(pattern.slice(0, -1)) : pattern === name,
  );
  return met.length > 0 && met.length < names.length ? vague(space.all) : when(met.length > 0, space);
}
