import { formatIp, parseBlock, parseIp } from '../address/index.ts';
import type { RuleLine } from './ruleset.ts';
import {
  allTraffic,
  type Interval,
  intersect,
  phase,
  point,
  protocolNumbers,
  type Region,
  subtract,
  unite,
} from './traffic.ts';

/** The packets that are asked about: those that clients send to the VIP, on the interface that has it. */
export type Packets = {
  readonly vip: string;
  readonly family: 4 | 6;
  /** Interface they come in by; null when no interface is known, then rules of every interface count. */
  readonly ifname: string | null;
  /** Whether any rule sets packet or connection marks; without one, marks are 0. */
  readonly marked: boolean;
};

/** What a rule says of these packets. */
export type Match = {
  /** The packets that can match; exactly those when `exact`, else some of them. */
  readonly traffic: Region;
  readonly exact: boolean;
  readonly target: string | null;
  readonly goto: boolean;
  /** The target's own options. */
  readonly targetWords: readonly string[];
};

type Reading = { readonly traffic: Region; readonly exact: boolean };

/** One option's reading: its words, whether `!` stood before it. */
type Reader = (words: readonly string[], packets: Packets) => Reading;

/** Matches that say nothing by themselves: their options do, or they only comment. */
const silentModules = new Set(
  'comment tcp udp udplite sctp dccp icmp icmp6 multiport state conntrack addrtype pkttype iprange mark connmark rpfilter policy'.split(
    ' ',
  ),
);

/** Reads which of the packets a rule matches and where it sends them. */
export function matchRule(rule: RuleLine, packets: Packets): Match {
  let traffic: Region = [allTraffic(packets.family)];
  let exact = true;
  const { words } = rule;
  for (let i = 0; i < words.length; ) {
    const negated = words[i] === '!';
    const option = words[negated ? i + 1 : i] ?? '';
    const start = i + (negated ? 2 : 1);
    if (option === '-j' || option === '-g' || option === '--jump' || option === '--goto') {
      const goto = option === '-g' || option === '--goto';
      return { traffic, exact, target: words[start] ?? null, goto, targetWords: words.slice(start + 1) };
    }
    // A comment may begin with a dash; nothing else does.
    let end = option === '--comment' ? start + 1 : start;
    while (end < words.length && words[end] !== '!' && !/^--?[a-zA-Z]/.test(words[end] ?? '')) end++;
    const part = readOption(option, words.slice(start, end), packets);
    traffic = intersect(traffic, negated ? opposite(part, packets) : part.traffic);
    exact &&= part.exact;
    i = end;
  }
  return { traffic, exact, target: null, goto: false, targetWords: [] };
}

/** The opposite of what is known exactly; the opposite of something vague can be anything. */
function opposite(part: Reading, packets: Packets): Region {
  const all: Region = [allTraffic(packets.family)];
  return part.exact ? subtract(all, part.traffic) : all;
}

function readOption(option: string, words: readonly string[], packets: Packets): Reading {
  const all: Region = [allTraffic(packets.family)];
  if (option === '-m') return { traffic: all, exact: silentModules.has(words[0] ?? '') };
  const reader = readers[option];
  return reader === undefined ? { traffic: all, exact: false } : reader(words, packets);
}

const readers: Readonly<Record<string, Reader>> = {
  '-s': (words, packets) => sources(packets, readBlock(words[0])),
  '-d': (words, packets) => destination(words[0], packets),
  '-i': (words, packets) => when(packets.ifname === null || matchesInterface(words[0] ?? '', packets.ifname), packets),
  '-p': (words, packets) => protocol(words[0] ?? '', packets),
  '-f': (_, packets) => when(false, packets),
  '--sport': (words, packets) => ports('sport', words[0], packets),
  '--dport': (words, packets) => ports('dport', words[0], packets),
  '--sports': (words, packets) => ports('sport', words[0], packets),
  '--dports': (words, packets) => ports('dport', words[0], packets),
  '--ports': (words, packets) => eitherPort(words[0], packets),
  '--syn': (_, packets) => tcpFlags('FIN,SYN,RST,ACK', 'SYN', packets),
  '--tcp-flags': (words, packets) => tcpFlags(words[0] ?? '', words[1] ?? '', packets),
  '--icmp-type': (_, packets) => ({ traffic: [{ ...allTraffic(packets.family), protocol: point(1n) }], exact: false }),
  '--state': (words, packets) => states(words[0] ?? '', packets),
  '--ctstate': (words, packets) => states(words[0] ?? '', packets),
  '--ctdir': (words, packets) => when(words[0] === 'ORIGINAL', packets),
  '--dst-type': (words, packets) => when(listed(words[0]).includes('LOCAL'), packets),
  '--src-type': (words, packets) => when(listed(words[0]).includes('UNICAST'), packets),
  '--limit-iface-in': (_, packets) => when(true, packets),
  // Frames to a cluster MAC are multicast until the cluster rule has claimed them.
  '--pkt-type': (words, packets) => when(words[0] === 'multicast', packets),
  '--src-range': (words, packets) => sources(packets, readSpan(words[0])),
  '--dst-range': (words, packets) => holdsVip(readSpan(words[0]), packets),
  '--mark': (words, packets) => mark(words[0] ?? '', packets),
  // The reverse path of a client that is served is there: the inverted check, as firewalld writes it, finds nothing.
  '--invert': (_, packets) => when(false, packets),
  '--loose': (_, packets) => when(true, packets),
  '--validmark': (_, packets) => when(true, packets),
  '--accept-local': (_, packets) => when(true, packets),
  '--dir': (words, packets) => when(words[0] === 'in', packets),
  '--pol': (words, packets) => when(words[0] === 'none', packets),
  '--comment': (_, packets) => when(true, packets),
};

function when(matches: boolean, packets: Packets): Reading {
  return { traffic: matches ? [allTraffic(packets.family)] : [], exact: true };
}

function unknown(packets: Packets): Reading {
  return { traffic: [allTraffic(packets.family)], exact: false };
}

function matchesInterface(pattern: string, ifname: string): boolean {
  return pattern.endsWith('+') ? ifname.startsWith(pattern.slice(0, -1)) : pattern === ifname;
}

function readBlock(text: string | undefined): Interval | null {
  return parseBlock(text ?? '');
}

function readSpan(text: string | undefined): Interval | null {
  const [first, last] = (text ?? '').split('-').map(parseIp);
  return first && last ? { low: first.value, high: last.value } : null;
}

function sources(packets: Packets, block: Interval | null): Reading {
  if (block === null) return unknown(packets);
  return { traffic: [{ ...allTraffic(packets.family), source: { low: block.low, high: block.high } }], exact: true };
}

function destination(text: string | undefined, packets: Packets): Reading {
  return holdsVip(readBlock(text), packets);
}

function holdsVip(block: Interval | null, packets: Packets): Reading {
  const vip = parseIp(packets.vip);
  if (block === null || vip === null) return unknown(packets);
  return when(block.low <= vip.value && vip.value <= block.high, packets);
}

function protocol(name: string, packets: Packets): Reading {
  if (name === 'all' || name === '0') return when(true, packets);
  const number = /^\d+$/.test(name) ? BigInt(name) : protocolNumbers[name.toLowerCase()];
  if (number === undefined) return unknown(packets);
  return { traffic: [{ ...allTraffic(packets.family), protocol: point(number) }], exact: true };
}

function readPorts(text: string | undefined): readonly Interval[] | null {
  const spans = listed(text).map((part) => {
    const span = /^(\d+)(?::(\d+))?$/.exec(part);
    return span === null ? null : { low: BigInt(span[1] ?? ''), high: BigInt(span[2] ?? span[1] ?? '') };
  });
  const read = spans.filter((span) => span !== null);
  return read.length === spans.length && read.length > 0 ? read : null;
}

function ports(dimension: 'sport' | 'dport', text: string | undefined, packets: Packets): Reading {
  const spans = readPorts(text);
  if (spans === null) return unknown(packets);
  const boxes = spans.map((span) => [{ ...allTraffic(packets.family), [dimension]: span }]);
  return { traffic: boxes.reduce<Region>(unite, []), exact: true };
}

function eitherPort(text: string | undefined, packets: Packets): Reading {
  const [from, to] = [ports('sport', text, packets), ports('dport', text, packets)];
  return { traffic: unite(from.traffic, to.traffic), exact: from.exact && to.exact };
}

/** A list of connection states. Clients of a working cluster are NEW or ESTABLISHED; INVALID, RELATED and the rest match none of them. */
function states(text: string, packets: Packets): Reading {
  const names = listed(text);
  const phases = [
    ...(names.includes('NEW') ? [phase.first] : []),
    ...(names.includes('ESTABLISHED') ? [phase.later] : []),
  ];
  return { traffic: phases.map((one) => ({ ...allTraffic(packets.family), phase: point(one) })), exact: true };
}

/** TCP flags as `--tcp-flags MASK SET`: a SYN opens a connection; ACK, PSH+ACK and FIN+ACK carry it. */
function tcpFlags(mask: string, set: string, packets: Packets): Reading {
  const masked = listed(mask).flatMap((flag) => (flag === 'ALL' ? ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] : [flag]));
  const wanted = listed(set).filter((flag) => flag !== 'NONE');
  const matches = (flags: readonly string[]) => masked.every((flag) => flags.includes(flag) === wanted.includes(flag));
  const later = [['ACK'], ['PSH', 'ACK'], ['FIN', 'ACK']].map(matches);
  const tcp = { ...allTraffic(packets.family), protocol: point(6n) };
  const first: Region = matches(['SYN']) ? [{ ...tcp, phase: point(phase.first) }] : [];
  const rest: Region = later.includes(true) ? [{ ...tcp, phase: point(phase.later) }] : [];
  return { traffic: [...first, ...rest], exact: later.every((one) => one === later[0]) };
}

function mark(text: string, packets: Packets): Reading {
  if (packets.marked) return unknown(packets);
  const [value, mask] = text.split('/').map(Number);
  return value === undefined || Number.isNaN(value) ? unknown(packets) : when(value === 0 || mask === 0, packets);
}

function listed(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((part) => part !== '');
}

/** Writes an address range as a block where it is one (`10.0.0.0/8`), else from-to. */
export function formatSpan({ low, high }: Interval, family: 4 | 6): string {
  const bits = family === 4 ? 32 : 128;
  const size = high - low + 1n;
  const length = bits - (size.toString(2).length - 1);
  const first = formatIp({ family, value: low });
  if (size === 1n) return first;
  const isBlock = (size & (size - 1n)) === 0n && low % size === 0n;
  return isBlock ? `${first}/${length}` : `${first}-${formatIp({ family, value: high })}`;
}
