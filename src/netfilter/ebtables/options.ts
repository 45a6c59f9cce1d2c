import { parseBlock, parseIp } from '../../address/index.ts';
import {
  type Condition,
  comesIn,
  exactly,
  icmpType,
  opposite,
  type Selection,
  vague,
  when,
  withMark,
} from '../model/condition.ts';
import { arriving, type Packets } from '../model/packet.ts';
import type { WhenPart } from '../model/program.ts';
import { protocolNumbers, type TrafficSpace } from '../model/traffic.ts';

/** Reads which frames for the VIP meet a condition of ebtables: `-p IPv4`, `--ip-dst 192.0.2.100`, `-d Multicast`. */
export function readFrameOption(name: string, word: string, negated: boolean, packets: Packets): WhenPart {
  const decide = (selection: Selection) => (negated ? opposite(selection) : selection);
  const read = readerOf(name, word, packets);
  return {
    kind: 'when',
    plain: !['--mark', '--pkttype-type'].includes(name),
    read: (carried) => decide(read(carried)),
  };
}

function readerOf(name: string, word: string, packets: Packets): Condition {
  const { space } = packets;
  if (name === '-i' || name === '--in-interface') return ({ ifname }) => comesIn(word, ifname, space);
  if (name === '--logical-in') return ({ bridge }) => comesIn(word, bridge, space);
  if (name === '--mark') return ({ mark }) => markIs(word, mark, space);
  // A rule of the nft kind may have made it this host's.
  if (name === '--pkttype-type') return ({ pkttype }) => when(word === pkttype, space);
  const selection = readFixed(name, word, packets);
  return () => selection;
}

function readFixed(name: string, word: string, packets: Packets): Selection {
  const { space } = packets;
  if (name === '-p') return frameType(word, space);
  if (name === '-d') return toMac(word, packets);
  // Frames of clients, with the MAC of a router or their own, which no ruleset shows.
  if (name === '-s') return vague(space.all, 'form');
  const [, family, what] = /^--(ip6?)-(.+)$/.exec(name) ?? [];
  if (what !== undefined)
    return family === (space.family === 4 ? 'ip' : 'ip6') ? ofPacket(what, word, packets) : when(false, space);
  if (/^--(?:arp|stp|vlan)-/.test(name) || name === '--802_3-sap') return when(false, space);
  return vague(space.all, name.startsWith('--limit') ? 'rate' : 'other');
}

const types: Readonly<Record<string, 4 | 6>> = { ipv4: 4, '0x0800': 4, '0x800': 4, ipv6: 6, '0x86dd': 6 };

/** Frames for the VIP are of its family; tagged ones come by an interface of their own. */
function frameType(word: string, space: TrafficSpace): Selection {
  return when(types[word.toLowerCase()] === space.family, space);
}

/** The cluster MAC is a multicast one; which one, `packets` knows where a rule names it. */
function toMac(word: string, { space, mac }: Packets): Selection {
  const group = word.toLowerCase();
  if (group === 'multicast') return when(true, space);
  if (group === 'unicast' || group === 'broadcast' || group === 'bga') return when(false, space);
  const [text = '', mask = 'ff:ff:ff:ff:ff:ff'] = word.split('/');
  const [value, bits] = [numberOf(text), numberOf(mask)];
  if (value === null || bits === null) return vague(space.all);
  const own = mac === null ? null : numberOf(mac);
  if (own !== null) return when((own & bits) === (value & bits), space);
  if (bits === ALL && (value & GROUP) === 0n) return when(false, space);
  return bits === GROUP ? when((value & GROUP) === GROUP, space) : vague(space.all);
}

const ALL = (1n << 48n) - 1n;
const GROUP = 1n << 40n;

function numberOf(mac: string): bigint | null {
  const digits = mac.split(':').map((part) => part.padStart(2, '0'));
  return digits.length === 6 && digits.every((part) => /^[0-9a-f]{2}$/i.test(part))
    ? BigInt(`0x${digits.join('')}`)
    : null;
}

/** `--ip-src`, `--ip-dst`, `--ip-proto`, `--ip-sport`, `--ip-dport`, and the same of IPv6. */
function ofPacket(what: string, word: string, { vip, space }: Packets): Selection {
  if (what === 'src' || what === 'source' || what === 'dst' || what === 'destination') {
    const [block, ip] = [parseBlock(word), parseIp(vip)];
    if (block === null || ip === null) return vague(space.all);
    if (what === 'src' || what === 'source')
      return exactly(space.only({ source: { low: block.low, high: block.high } }));
    return when(block.low <= ip.value && ip.value <= block.high, space);
  }
  if (what === 'proto' || what === 'protocol') {
    const number = /^\d+$/.test(word) ? BigInt(word) : protocolNumbers.get(word.toLowerCase());
    return number === undefined ? vague(space.all) : exactly(space.only({ protocol: number }));
  }
  const [, side] = /^(sport|source-port|dport|destination-port)$/.exec(what) ?? [];
  const [, low, high = low] = /^(\d+)(?::(\d+))?$/.exec(word) ?? [];
  if (side !== undefined && low !== undefined && high !== undefined)
    return exactly(
      space.only({ [side.startsWith('s') ? 'sport' : 'dport']: { low: BigInt(low), high: BigInt(high) } }),
    );
  if (what === 'icmp-type' || what === 'icmpv6-type') return icmpType(word, arriving, { space, direction: 'requests' });
  return vague(space.all, what === 'tos' || what === 'tclass' ? 'form' : 'other');
}

function markIs(word: string, mark: Parameters<typeof withMark>[0], space: TrafficSpace): Selection {
  const [value = Number.NaN, bits = 0xffffffff] = word.split('/').map(Number);
  if (Number.isNaN(value) || Number.isNaN(bits)) return vague(space.all);
  return withMark(mark, (one) => (one & bits) >>> 0 === value >>> 0, space);
}
