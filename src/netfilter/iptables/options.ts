import { parseBlock, parseIp } from '../../address/index.ts';
import {
  anyOf,
  type Condition,
  comesIn,
  connectionStates,
  connectionStatus,
  destinedTo,
  doubtOfMatch,
  exactly,
  icmpType,
  ofForm,
  opposite,
  type Selection,
  tcpPackets,
  usual,
  vague,
  when,
  withMark,
} from '../model/condition.ts';
import { type Carried, isOutward, type Packets, portOf, vipTypeOf } from '../model/packet.ts';
import type { WhenPart } from '../model/program.ts';
import { type Interval, protocolNumbers, type TrafficSpace } from '../model/traffic.ts';

/**
 * One condition of an iptables rule: its option with what follows, whether `!` came before it, and which `-m` it
 * belongs to.
 */
export type Option = {
  readonly name: string;
  readonly words: readonly string[];
  readonly negated: boolean;
  readonly module: string;
};

/** Reads the words of one option. */
type Reader = (words: readonly string[], packets: Packets, carried: Carried) => Selection;

/** Matches that mean nothing by themselves: their options do, or they are only comments. */
const silentModules = new Set(
  'comment tcp udp udplite sctp dccp icmp icmp6 multiport state conntrack addrtype pkttype iprange mark connmark rpfilter policy rt helper cluster length ttl hl'.split(
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
      const target = { name: goto ? '-g' : '-j', words: words.slice(start), negated, module };
      return { options: limited(options), target };
    }
    // A comment may begin with a dash; nothing else does.
    let end = name === '--comment' ? start + 1 : start;
    while (end < words.length && words[end] !== '!' && !/^--?[a-zA-Z]/.test(words[end] ?? '')) end++;
    if (name === '-m' || name === '--match') module = words[start] ?? '';
    options.push({ name, words: words.slice(start, end), negated, module });
    i = end;
  }
  return { options: limited(options), target: null };
}

/** `--limit-iface-in` has the address type asked of the interface alone by which a packet has come. */
function limited(options: readonly Option[]): readonly Option[] {
  if (!options.some(({ name }) => name === '--limit-iface-in')) return options;
  return options.map((one) => (one.name === '--dst-type' ? { ...one, name: typeOnCard } : one));
}

const typeOnCard = '--dst-type by interface';

/** True where a rule asks for sources of a list that is kept elsewhere. */
export function asksLists(options: readonly Option[]): boolean {
  return options.some(({ module }) => doubtOfMatch(module) === 'list');
}

/** True where a rule asks an ipset for the destination. */
export function asksDestinations(options: readonly Option[]): boolean {
  return options.some(({ name, words }) => name === '--match-set' && words[1] === 'dst');
}

/** True where a rule asks for connections that are established. */
export function asksEstablished(options: readonly Option[]): boolean {
  return options.some(
    ({ name, words, negated }) =>
      (name === '--state' || name === '--ctstate') && !negated && listed(words[0]).includes('ESTABLISHED'),
  );
}

/** Reads which of the packets meet a condition. */
export function readOption(option: Option, packets: Packets): WhenPart {
  const { name, words, negated, module } = option;
  const { space } = packets;
  const decide = (selection: Selection) => (negated ? opposite(selection) : selection);
  const carrying = (read: Condition): WhenPart => ({ kind: 'when', plain: false, read });
  // Read when a packet comes to it: most rules of a large firewall come after what matters.
  const plain = (read: Condition): WhenPart => ({
    kind: 'when',
    plain: true,
    read: (carried) => decide(read(carried)),
  });
  // A word that no option owns is damage, or `[unsupported revision]` and the like for what a tool cannot show.
  if (words.length !== (wordsOf.get(name) ?? 1)) return plain(() => unread(option, packets));
  const [word = ''] = words;
  if (name === '--mark') {
    const of = (carried: Carried) => (module === 'connmark' ? carried.connmark : carried.mark);
    return carrying((carried) => decide(mark(word, of(carried), packets)));
  }
  if (name === '--pkt-type') return carrying(({ pkttype }) => decide(pktType(word, pkttype, packets)));
  // What the host sends has no incoming interface.
  if (name === '-i' && isOutward(packets)) return plain(() => when(false, space));
  if (name === (packets.direction === 'requests' ? '-i' : '-o'))
    return plain(({ ifname }) => comesIn(word, ifname, space));
  if (name === '--icmp-type' || name === '--icmpv6-type') return plain((carried) => icmpType(word, carried, packets));
  // Neighbour discovery has the hop limit that no router lets through (RFC 4861).
  if (name === '--hl-eq')
    return plain(({ discovery }) =>
      discovery === null ? formSpan(word, usual.hops, space) : when(word === '255', space),
    );
  if (name === '--state' || name === '--ctstate') {
    const names = listed(word).map((one) => one.toLowerCase());
    return plain((carried) => connectionStates(names, carried, space));
  }
  if (name === '--ctstatus') {
    const names = listed(word).map((one) => one.toLowerCase());
    return plain((carried) => connectionStatus(names, carried, packets));
  }
  return plain((carried) => readPlain(option, packets, carried));
}

function readPlain(option: Option, packets: Packets, carried: Carried): Selection {
  const { name, words, module } = option;
  if (name === '-m' || name === '--match')
    return silentModules.has(module) ? when(true, packets.space) : unread(option, packets);
  const reader = readers.get(name);
  return reader === undefined ? unread(option, packets) : reader(words, packets, carried);
}

/** Some of the packets; its match tells why it is not known which. */
function unread({ name, module }: Option, { space, direction }: Packets): Selection {
  // Which programs sent it: a list of the host's own users and containers.
  const ours = isOutward({ direction }) && (module === 'owner' || module === 'cgroup');
  return vague(space.all, name === '--tcp-option' ? 'form' : ours ? 'list' : doubtOfMatch(module));
}

/** How many words follow an option, if not one. */
const wordsOf: ReadonlyMap<string, number> = new Map([
  ...['-f', '--syn', '--invert', '--loose', '--validmark', '--accept-local', '--limit-iface-in'].map(
    (name) => [name, 0] as const,
  ),
  ['--tcp-flags', 2] as const,
]);

const readers = new Map<string, Reader>(
  Object.entries<Reader>({
    '-s': (words, packets, carried) => end('source', readBlock(words[0]), packets, carried),
    '-d': (words, packets, carried) => end('destination', readBlock(words[0]), packets, carried),
    '-p': (words, packets) => protocol(words[0] ?? '', packets),
    '-f': (_, { space }) => when(false, space),
    '--sport': (words, packets) => onPorts('sport', words[0], packets),
    '--dport': (words, packets) => onPorts('dport', words[0], packets),
    '--sports': (words, packets) => onPorts('sport', words[0], packets),
    '--dports': (words, packets) => onPorts('dport', words[0], packets),
    '--ports': (words, packets) => eitherPort(words[0], packets),
    '--syn': (_, packets) => tcpFlags('FIN,SYN,RST,ACK', 'SYN', packets),
    '--tcp-flags': (words, packets) => tcpFlags(words[0] ?? '', words[1] ?? '', packets),
    // The match looks at connections that another one has announced; a client's connection to a cluster is never one of
    // those.
    '--helper': (_, { space }) => when(false, space),
    '--ctdir': (words, { space, direction }) =>
      when(words[0] === (direction === 'answers' ? 'REPLY' : 'ORIGINAL'), space),
    '--dst-type': (words, packets) => addressType('destination', words[0], packets),
    [typeOnCard]: (words, packets, carried) => typeByCard(words[0], packets, carried),
    '--src-type': (words, packets) => addressType('source', words[0], packets),
    '--limit-iface-in': (_, { space }) => when(true, space),
    '--src-range': (words, packets, carried) => end('source', readSpan(words[0]), packets, carried),
    '--dst-range': (words, packets, carried) => end('destination', readSpan(words[0]), packets, carried),
    // The reverse path of a client that is served is there: the inverted check, as firewalld writes it, finds nothing.
    '--invert': (_, { space }) => when(false, space),
    '--loose': (_, { space }) => when(true, space),
    '--validmark': (_, { space }) => when(true, space),
    '--accept-local': (_, { space }) => when(true, space),
    '--dir': (words, { space, direction }) => when(words[0] === (direction === 'requests' ? 'in' : 'out'), space),
    '--pol': (words, { space }) => when(words[0] === 'none', space),
    '--length': (words, { space }) => formSpan(words[0], usual.length, space),
    '--ttl-gt': (words, { space }) => ofForm(Number(words[0]) + 1, 255, usual.hops, space.all),
    '--ttl-lt': (words, { space }) => ofForm(0, Number(words[0]) - 1, usual.hops, space.all),
    '--ttl-eq': (words, { space }) => formSpan(words[0], usual.hops, space),
    '--hl-gt': (words, { space }) => ofForm(Number(words[0]) + 1, 255, usual.hops, space.all),
    '--hl-lt': (words, { space }) => ofForm(0, Number(words[0]) - 1, usual.hops, space.all),
    '--comment': (_, { space }) => when(true, space),
    // No client of a cluster sends a routing header.
    '--rt-type': (_, { space }) => when(false, space),
    '--rt-segsleft': (_, { space }) => when(true, space),
  }),
);

/** `500`, `0:500`. */
function formSpan(text: string | undefined, typical: { low: number; high: number }, space: TrafficSpace): Selection {
  const [low = Number.NaN, high = low] = (text ?? '').split(':').map(Number);
  return Number.isNaN(low + high) ? vague(space.all) : ofForm(low, high, typical, space.all);
}

function readBlock(text: string | undefined): Interval | null {
  return parseBlock(text ?? '');
}

function readSpan(text: string | undefined): Interval | null {
  const [first, last] = (text ?? '').split('-').map(parseIp);
  return first && last ? { low: first.value, high: last.value } : null;
}

/** One of a packet's addresses: the client's, or the VIP. */
function end(side: 'source' | 'destination', block: Interval | null, packets: Packets, carried: Carried): Selection {
  return isClients(side, packets) ? sources(packets, block) : holdsVip(block, packets, carried);
}

function isClients(side: 'source' | 'destination', { direction }: Packets): boolean {
  return (side === 'source') === (direction === 'requests');
}

/** The VIP is a local address, a client's is not. */
function addressType(side: 'source' | 'destination', types: string | undefined, packets: Packets): Selection {
  return when(listed(types).includes(isClients(side, packets) ? 'UNICAST' : 'LOCAL'), packets.space);
}

/** The type that the VIP has by the interface alone that a packet has come by. */
function typeByCard(types: string | undefined, packets: Packets, carried: Carried): Selection {
  if (isClients('destination', packets)) return addressType('destination', types, packets);
  const type = vipTypeOf(packets, carried);
  return type === null ? vague(packets.space.all) : when(listed(types).includes(type.toUpperCase()), packets.space);
}

function sources({ space }: Packets, source: Interval | null): Selection {
  return source === null ? vague(space.all) : exactly(space.only({ source }));
}

function holdsVip(block: Interval | null, { vip, space }: Packets, carried: Carried): Selection {
  const ip = parseIp(vip);
  return block === null || ip === null ? vague(space.all) : destinedTo(block, ip.value, carried, space);
}

function protocol(name: string, { space }: Packets): Selection {
  if (name === 'all' || name === '0') return when(true, space);
  const number = /^\d+$/.test(name) ? BigInt(name) : protocolNumbers.get(name.toLowerCase());
  return number === undefined ? vague(space.all) : exactly(space.only({ protocol: number }));
}

function readPorts(text: string | undefined): readonly Interval[] | null {
  const spans = listed(text).map((part) => {
    const span = /^(\d+)(?::(\d+))?$/.exec(part);
    return span === null ? null : { low: BigInt(span[1] ?? ''), high: BigInt(span[2] ?? span[1] ?? '') };
  });
  const read = spans.filter((span) => span !== null);
  return read.length === spans.length && read.length > 0 ? read : null;
}

function onPorts(name: 'sport' | 'dport', text: string | undefined, packets: Packets): Selection {
  const { space } = packets;
  const spans = readPorts(text);
  const field = portOf(name, packets);
  return spans === null ? vague(space.all) : exactly(space.only({ [field]: spans }));
}

function eitherPort(text: string | undefined, packets: Packets): Selection {
  return anyOf([onPorts('sport', text, packets), onPorts('dport', text, packets)], packets.space);
}

/** TCP flags as `--tcp-flags MASK SET`. */
function tcpFlags(mask: string, set: string, packets: Packets): Selection {
  const known = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
  if ([...listed(mask), ...listed(set)].some((flag) => ![...known, 'ALL', 'NONE'].includes(flag)))
    return vague(packets.space.all);
  const masked = listed(mask).flatMap((flag) => (flag === 'ALL' ? known : [flag]));
  const wanted = listed(set).flatMap((flag) => (flag === 'ALL' ? masked : flag === 'NONE' ? [] : [flag]));
  return tcpPackets((flags) => masked.every((flag) => flags.includes(flag) === wanted.includes(flag)), packets);
}

function mark(text: string, carried: Carried['mark'], { space }: Packets): Selection {
  const [value, bits = 0xffffffff] = text.split('/').map(Number);
  if (value === undefined || Number.isNaN(value) || Number.isNaN(bits)) return vague(space.all);
  return withMark(carried, (one) => (one & bits) >>> 0 === value >>> 0, space);
}

/** The type of the frame: multicast until a cluster rule has claimed it for this host, which iptables calls unicast. */
function pktType(name: string, carried: Carried['pkttype'], { space }: Packets): Selection {
  if (carried === 'other') return vague(space.all);
  return when(name === (carried === 'host' ? 'unicast' : carried) || (name === 'host' && carried === 'host'), space);
}

function listed(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((part) => part !== '');
}
