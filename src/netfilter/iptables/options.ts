import { formatIp, parseBlock, parseIp } from '../../address/index.ts';
import {
  type Condition,
  opposite,
  type Packets,
  type Reading,
  readMark,
  type State,
  vague,
  when,
} from '../model/packet.ts';
import { allTraffic, type Interval, phase, point, protocolNumbers, type Region, unite } from '../model/traffic.ts';

/** One condition of an iptables rule: its option with what follows, whether `!` stood before it, and of which `-m`. */
export type Option = {
  readonly name: string;
  readonly words: readonly string[];
  readonly negated: boolean;
  readonly module: string;
};

/** What a condition says; `plain` ones say the same of every packet, whatever it carries. */
export type ReadOption = { readonly read: Condition; readonly plain: boolean };

/** Reads the words of one option. */
type Reader = (words: readonly string[], packets: Packets) => Reading;

/** Matches that say nothing by themselves: their options do, or they only comment. */
const silentModules = new Set(
  'comment tcp udp udplite sctp dccp icmp icmp6 multiport state conntrack addrtype pkttype iprange mark connmark rpfilter policy rt helper cluster'.split(
    ' ',
  ),
);

/** Splits the words of a saved rule into its conditions and its target's. */
export function splitOptions(words: readonly string[]): {
  readonly options: readonly Option[];
  readonly target: Option | null;
} {
  const options: Option[] = [];
  let module = '';
  for (let i = 0; i < words.length; ) {
    const negated = words[i] === '!';
    const name = words[negated ? i + 1 : i] ?? '';
    const start = i + (negated ? 2 : 1);
    if (['-j', '-g', '--jump', '--goto'].includes(name)) {
      const goto = name === '-g' || name === '--goto';
      return { options, target: { name: goto ? '-g' : '-j', words: words.slice(start), negated, module } };
    }
    // A comment may begin with a dash; nothing else does.
    let end = name === '--comment' ? start + 1 : start;
    while (end < words.length && words[end] !== '!' && !/^--?[a-zA-Z]/.test(words[end] ?? '')) end++;
    if (name === '-m' || name === '--match') module = words[start] ?? '';
    options.push({ name, words: words.slice(start, end), negated, module });
    i = end;
  }
  return { options, target: null };
}

/** Reads which of the packets meet a condition. */
export function readOption({ name, words, negated, module }: Option, packets: Packets): ReadOption {
  const { family } = packets;
  const decide = (reading: Reading) => (negated ? opposite(reading, family) : reading);
  if (name === '--mark') {
    const carried = (state: State) => (module === 'connmark' ? state.connmark : state.mark);
    return { plain: false, read: (state) => decide(mark(words[0] ?? '', carried(state), packets)) };
  }
  if (name === '--pkt-type')
    return { plain: false, read: ({ pkttype }) => decide(pktType(words[0] ?? '', pkttype, packets)) };
  if (name === '--state' || name === '--ctstate') {
    const names = listed(words[0]).map((one) => one.toLowerCase());
    return { plain: true, read: ({ tracking }) => decide(connectionStates(names, tracking, family)) };
  }
  const plain = decide(readPlain(name, words, packets));
  return { plain: true, read: () => plain };
}

function readPlain(name: string, words: readonly string[], packets: Packets): Reading {
  if (name === '-m' || name === '--match')
    return silentModules.has(words[0] ?? '') ? when(true, packets.family) : vague(packets.family);
  // A word that no option owns: newer tools print `[unsupported revision]` and the like for what they cannot show.
  const reader = readers[name];
  return reader === undefined ? vague(packets.family) : reader(words, packets);
}

const readers: Readonly<Record<string, Reader>> = {
  '-s': (words, packets) => sources(packets, readBlock(words[0])),
  '-d': (words, packets) => destination(words[0], packets),
  '-i': (words, packets) => when(comesIn(words[0] ?? '', packets.ifname), packets.family),
  '-p': (words, packets) => protocol(words[0] ?? '', packets),
  '-f': (_, packets) => when(false, packets.family),
  '--sport': (words, packets) => ports('sport', words[0], packets),
  '--dport': (words, packets) => ports('dport', words[0], packets),
  '--sports': (words, packets) => ports('sport', words[0], packets),
  '--dports': (words, packets) => ports('dport', words[0], packets),
  '--ports': (words, packets) => eitherPort(words[0], packets),
  '--syn': (_, packets) => tcpFlags('FIN,SYN,RST,ACK', 'SYN', packets),
  '--tcp-flags': (words, packets) => tcpFlags(words[0] ?? '', words[1] ?? '', packets),
  '--icmp-type': (words, packets) => ping(words[0] ?? '', packets.family),
  '--icmpv6-type': (words, packets) => ping(words[0] ?? '', packets.family),
  // The match looks at connections that another one has announced, which no client's to a cluster is.
  '--helper': (_, { family }) => when(false, family),
  '--ctstatus': (words, { family }) => connectionStatus(listed(words[0]?.toLowerCase()), family),
  '--ctdir': (words, packets) => when(words[0] === 'ORIGINAL', packets.family),
  '--dst-type': (words, packets) => when(listed(words[0]).includes('LOCAL'), packets.family),
  '--src-type': (words, packets) => when(listed(words[0]).includes('UNICAST'), packets.family),
  '--limit-iface-in': (_, packets) => when(true, packets.family),
  '--src-range': (words, packets) => sources(packets, readSpan(words[0])),
  '--dst-range': (words, packets) => holdsVip(readSpan(words[0]), packets),
  // The reverse path of a client that is served is there: the inverted check, as firewalld writes it, finds nothing.
  '--invert': (_, packets) => when(false, packets.family),
  '--loose': (_, packets) => when(true, packets.family),
  '--validmark': (_, packets) => when(true, packets.family),
  '--accept-local': (_, packets) => when(true, packets.family),
  '--dir': (words, packets) => when(words[0] === 'in', packets.family),
  '--pol': (words, packets) => when(words[0] === 'none', packets.family),
  '--comment': (_, packets) => when(true, packets.family),
  // No client of a cluster sends a routing header.
  '--rt-type': (_, packets) => when(false, packets.family),
  '--rt-segsleft': (_, packets) => when(true, packets.family),
};

/**
 * Whether packets come in by an interface that a rule names (`eth+` with the tool's own wildcard): no client's come by
 * `lo`; where the VIP's interface is not known, they may come by every other.
 */
export function comesIn(pattern: string, ifname: string | null, wildcard = '+'): boolean {
  if (ifname === null) return pattern !== 'lo';
  return pattern.endsWith(wildcard) ? ifname.startsWith(pattern.slice(0, -1)) : pattern === ifname;
}

function readBlock(text: string | undefined): Interval | null {
  return parseBlock(text ?? '');
}

function readSpan(text: string | undefined): Interval | null {
  const [first, last] = (text ?? '').split('-').map(parseIp);
  return first && last ? { low: first.value, high: last.value } : null;
}

function sources(packets: Packets, block: Interval | null): Reading {
  if (block === null) return vague(packets.family);
  return { traffic: [{ ...allTraffic(packets.family), source: { low: block.low, high: block.high } }], exact: true };
}

function destination(text: string | undefined, packets: Packets): Reading {
  return holdsVip(readBlock(text), packets);
}

function holdsVip(block: Interval | null, packets: Packets): Reading {
  const vip = parseIp(packets.vip);
  if (block === null || vip === null) return vague(packets.family);
  return when(block.low <= vip.value && vip.value <= block.high, packets.family);
}

function protocol(name: string, packets: Packets): Reading {
  if (name === 'all' || name === '0') return when(true, packets.family);
  const number = /^\d+$/.test(name) ? BigInt(name) : protocolNumbers[name.toLowerCase()];
  if (number === undefined) return vague(packets.family);
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
  if (spans === null) return vague(packets.family);
  const boxes = spans.map((span) => [{ ...allTraffic(packets.family), [dimension]: span }]);
  return { traffic: boxes.reduce<Region>(unite, []), exact: true };
}

function eitherPort(text: string | undefined, packets: Packets): Reading {
  const [from, to] = [ports('sport', text, packets), ports('dport', text, packets)];
  return { traffic: unite(from.traffic, to.traffic), exact: from.exact && to.exact };
}

/**
 * A list of connection states, in lower case. Clients of a working cluster are new or established; invalid, related and
 * the rest match none of them. What is not tracked is untracked, and before connection tracking invalid.
 */
export function connectionStates(names: readonly string[], tracking: State['tracking'], family: 4 | 6): Reading {
  if (tracking === 'stray')
    return {
      traffic: names.includes('new') ? [{ ...allTraffic(family), phase: point(phase.later) }] : [],
      exact: true,
    };
  if (tracking !== 'tracked') return when(names.includes(tracking === 'pending' ? 'invalid' : 'untracked'), family);
  const phases = [
    ...(names.includes('new') ? [phase.first] : []),
    ...(names.includes('established') ? [phase.later] : []),
  ];
  return { traffic: phases.map((one) => ({ ...allTraffic(family), phase: point(one) })), exact: true };
}

const statuses: Readonly<Record<string, 'never' | 'later'>> = {
  dnat: 'never',
  snat: 'never',
  expected: 'never',
  'seen-reply': 'later',
  confirmed: 'later',
};

/**
 * A list of what has become of a connection, in lower case. What a rule has sent to another address or port is followed
 * no further, so that `dnat` and `snat` match nothing here; of the rest it cannot be told.
 */
export function connectionStatus(names: readonly string[], family: 4 | 6): Reading {
  const kinds = names.map((name) => statuses[name.replace('_', '-')] ?? null);
  if (kinds.includes(null)) return vague(family);
  return kinds.includes('later')
    ? { traffic: [{ ...allTraffic(family), phase: point(phase.later) }], exact: true }
    : when(false, family);
}

/** Of ICMP clients send echo requests; other types carry no service of a cluster, and match nothing of it. */
export function ping(type: string, family: 4 | 6): Reading {
  const echo =
    family === 4 ? ['echo-request', 'ping', '8', '8/0', 'any', '255'] : ['echo-request', 'ping', '128', '128/0'];
  const protocol = point(family === 4 ? 1n : 58n);
  return { traffic: echo.includes(type) ? [{ ...allTraffic(family), protocol }] : [], exact: true };
}

/** TCP flags as `--tcp-flags MASK SET`. */
function tcpFlags(mask: string, set: string, packets: Packets): Reading {
  const known = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
  if ([...listed(mask), ...listed(set)].some((flag) => ![...known, 'ALL', 'NONE'].includes(flag)))
    return vague(packets.family);
  const masked = listed(mask).flatMap((flag) => (flag === 'ALL' ? known : [flag]));
  const wanted = listed(set).flatMap((flag) => (flag === 'ALL' ? masked : flag === 'NONE' ? [] : [flag]));
  return tcpPackets((flags) => masked.every((flag) => flags.includes(flag) === wanted.includes(flag)), packets);
}

/** The TCP packets whose flags meet a test: a SYN opens a connection; ACK, PSH+ACK and FIN+ACK carry it. */
export function tcpPackets(test: (flags: readonly string[]) => boolean, packets: Packets): Reading {
  const later = [['ACK'], ['PSH', 'ACK'], ['FIN', 'ACK']].map(test);
  const tcp = { ...allTraffic(packets.family), protocol: point(6n) };
  const first: Region = test(['SYN']) ? [{ ...tcp, phase: point(phase.first) }] : [];
  const rest: Region = later.includes(true) ? [{ ...tcp, phase: point(phase.later) }] : [];
  return { traffic: [...first, ...rest], exact: later.every((one) => one === later[0]) };
}

function mark(text: string, carried: State['mark'], packets: Packets): Reading {
  const [value, mask = 0xffffffff] = text.split('/').map(Number);
  if (value === undefined || Number.isNaN(value) || Number.isNaN(mask)) return vague(packets.family);
  return readMark(carried, (one) => (one & mask) >>> 0 === value >>> 0, packets.family);
}

/** The type of the frame: multicast until a cluster rule has claimed it for this host, which iptables calls unicast. */
function pktType(name: string, carried: State['pkttype'], packets: Packets): Reading {
  if (carried === 'other') return vague(packets.family);
  return when(
    name === (carried === 'host' ? 'unicast' : carried) || (name === 'host' && carried === 'host'),
    packets.family,
  );
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
