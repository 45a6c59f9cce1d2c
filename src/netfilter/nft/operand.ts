import { type Family, isMulticastMac, parseIp, parseMac } from '../../address/index.ts';
import { failure, type Result, success } from '../../plugin/index.ts';
import {
  allOf,
  comesIn,
  connectionStates,
  connectionStatus,
  type Doubt,
  destinedTo,
  exactly,
  icmpType,
  ofForm,
  type Selection,
  tcpPackets,
  usual,
  vague,
  when,
  withMark,
} from '../model/condition.ts';
import { type Carried, isOutward, isTracked, type Packets, portOf, vipTypeOf } from '../model/packet.ts';
import { allPorts, type FieldName, type Interval, protocolNumbers, type Traffic, tcp } from '../model/traffic.ts';
import { choosesNode, type NftHash, protocolOf, readNftHash } from './hash.ts';
import { type Fields, fieldsOf, listOf, type NftTable, textOf } from './ruleset.ts';
import { addresses, flagNames, numbers, plainElement, ports, protocols } from './value.ts';

/** The left side of a comparison: what a rule looks at. */
export type Operand = {
  /** What the kernel checks before it looks: the family, the protocol. Nothing else meets the condition, negated or not. */
  readonly needs: Traffic;
  /** The packets that have one of some values; a set, a range, a prefix or a single one. */
  readonly equals: (value: unknown, carried: Carried) => Selection;
  /** True when it says the same of every packet, whatever it carries. */
  readonly plain: boolean;
  /** The largest value, where values can be compared. */
  readonly most: number;
  readonly hash: NftHash | null;
  /** Why its values are not understood, where they are not. */
  readonly doubt: Doubt;
  /** True where a set of its values is a list of sources. */
  readonly lists: boolean;
  /** Set for TCP flags, which have operators of their own: any of them (`in`), exactly these (`==`), none (`!`). */
  readonly flags?: true;
};

/** What a rule is read in: its table's sets, the packets, and its own place. */
export type Scope = { readonly packets: Packets; readonly table: NftTable; readonly spot: string };

/** Reads the left side of a comparison; a failure where it is a hash that cannot be used. */
export function readOperand(expr: unknown, scope: Scope): Result<Operand> {
  // A hash of an answer's fields is not a cluster's.
  if (isOutward(scope.packets) && choosesNode(expr)) return success(unknownOperand(scope.packets));
  const hash = readNftHash(expr, scope.packets.space, scope.spot);
  if (!hash.ok) return hash;
  if (hash.value !== null) return success(hashOperand(hash.value, scope));
  const [[kind, body] = ['', null]] = Object.entries(fieldsOf(expr) ?? {});
  const fields = fieldsOf(body) ?? {};
  if (kind === 'concat') return concatOperand(listOf(body), scope);
  if (kind === '&') return maskedOperand(listOf(body), scope);
  return success(plainOperand(kind, fields, scope.packets));
}

function plainOperand(kind: string, fields: Fields, packets: Packets): Operand {
  switch (kind) {
    case 'payload':
      return payloadOperand(fields, packets);
    case 'meta':
      return metaOperand(textOf(fields['key']), packets);
    case 'ct':
      return conntrackOperand(fields, packets);
    case 'fib':
      return fibOperand(fields, packets);
    // No client of a cluster sends a routing header, or through IPsec what its rules match by port.
    case 'exthdr':
    case 'rt':
      return fixed(packets, false);
    case 'tcp option':
      return unknownOperand(packets, { doubt: 'form' });
    default:
      return unknownOperand(packets);
  }
}

/**
 * Fields and keys about the form of a packet, by which firewalls recognise attacks, and which no client of a cluster
 * has.
 */
const formFields = new Set(['length', 'ttl', 'hoplimit', 'dscp', 'ecn', 'id']);

function operand({ space }: Packets, equals: Operand['equals'], more: Partial<Omit<Operand, 'equals'>> = {}): Operand {
  return { needs: space.all, equals, plain: true, most: -1, hash: null, doubt: 'other', lists: false, ...more };
}

function unknownOperand(packets: Packets, more: Partial<Omit<Operand, 'equals'>> = {}): Operand {
  return operand(packets, () => vague(packets.space.all, more.doubt), more);
}

/** The length of packets, or the hops that are left to them. */
function formOperand(packets: Packets, typical: { low: number; high: number }, most: number): Operand {
  const equals = (value: unknown) => {
    const span = numbers(value);
    return span === null ? vague(packets.space.all) : ofForm(span.low, span.high, typical, packets.space.all);
  };
  return operand(packets, equals, { most, doubt: 'form' });
}

/** Something that has one value for every client's packets. */
function fixed(packets: Packets, ...names: readonly (string | number | boolean)[]): Operand {
  return operand(packets, (value) => {
    const list = Array.isArray(value) ? value : [value];
    return when(
      list.some((one) => names.some((name) => name === one)),
      packets.space,
    );
  });
}

/** `fib daddr . iif type`: the type that the VIP has by the interface alone that a packet has come by. */
function onCard(packets: Packets): Operand {
  const types = { local: fixed(packets, 'local', 2), unicast: fixed(packets, 'unicast', 1) };
  const equals = (value: unknown, carried: Carried): Selection => {
    const type = vipTypeOf(packets, carried);
    return type === null ? vague(packets.space.all) : types[type].equals(value, carried);
  };
  return { ...types.local, equals };
}

function hashOperand(hash: NftHash, { packets }: Scope): Operand {
  const { space } = packets;
  const { id, total, offset, hash: what } = hash.use;
  const equals = (value: unknown, carried: Carried): Selection => {
    const span = numbers(value);
    if (span === null) return vague(space.all);
    if (what.tracked && !isTracked(carried)) return when(false, space);
    const within = (residue: number) => span.low <= residue + offset && residue + offset <= span.high;
    return exactly(space.residues(id, total, within));
  };
  return { ...unknownOperand(packets), needs: hash.needs, equals, plain: false, most: offset + total - 1, hash };
}

function concatOperand(parts: readonly unknown[], scope: Scope): Result<Operand> {
  const { packets } = scope;
  const { space } = packets;
  const read = parts.map((part) => readOperand(part, scope));
  const unread = read.find((one) => !one.ok);
  if (unread !== undefined) return unread;
  const operands = read.flatMap((one) => (one.ok ? [one.value] : []));
  if (operands.some(({ hash }) => hash !== null)) return failure('a hash beside other fields');
  const equals = (value: unknown, carried: Carried): Selection => {
    const values = listOf(fieldsOf(value)?.['concat']);
    if (values.length !== operands.length) return vague(space.all);
    return allOf(
      operands.map((one, i) => one.equals(plainElement(values[i]), carried)),
      space,
    );
  };
  return success({
    ...unknownOperand(packets),
    needs: operands.reduce((sum, one) => sum.and(one.needs), space.all),
    equals,
    plain: operands.every(({ plain }) => plain),
    lists: operands.some(({ lists }) => lists),
  });
}

function maskedOperand([left, mask]: readonly unknown[], scope: Scope): Result<Operand> {
  const { packets } = scope;
  const meta = textOf(fieldsOf(fieldsOf(left)?.['meta'])?.['key']);
  const ct = textOf(fieldsOf(fieldsOf(left)?.['ct'])?.['key']);
  if ((meta === 'mark' || ct === 'mark') && typeof mask === 'number')
    return success(markOperand(packets, ct === 'mark' ? 'connmark' : 'mark', mask));
  if (textOf(fieldsOf(fieldsOf(left)?.['payload'])?.['field']) === 'flags') return success(flagsOperand(packets, mask));
  // The later parts of a fragmented packet are put together before any rule that tracks connections sees them.
  if (textOf(fieldsOf(fieldsOf(left)?.['payload'])?.['field']) === 'frag-off')
    return success({
      ...fixed(packets, 0),
      needs: packets.space.family === 4 ? packets.space.all : packets.space.none,
    });
  const payload = fieldsOf(fieldsOf(left)?.['payload']);
  if (payload?.['protocol'] === 'ether' && payload['field'] === 'daddr' && mask === '01:00:00:00:00:00')
    return success(fixed(packets, mask));
  const inner = readOperand(left, scope);
  if (!inner.ok) return inner;
  const { needs, doubt } = inner.value;
  return success(unknownOperand(packets, { needs, doubt }));
}

function markOperand(packets: Packets, which: 'mark' | 'connmark', mask: number): Operand {
  const equals = (value: unknown, carried: Carried): Selection => {
    const span = numbers(value);
    if (span === null) return vague(packets.space.all);
    const test = (one: number) => span.low <= (one & mask) >>> 0 && (one & mask) >>> 0 <= span.high;
    return withMark(carried[which], test, packets.space);
  };
  return { ...unknownOperand(packets), equals, plain: false, most: 0xffffffff };
}

function flagsOperand(packets: Packets, mask: unknown): Operand {
  const needs = packets.space.only({ protocol: tcp });
  const masked = flagNames(mask);
  const equals = (value: unknown): Selection => {
    const wanted = flagNames(value);
    if (masked === null || wanted === null) return vague(needs);
    return tcpPackets((flags) => masked.every((name) => flags.includes(name) === wanted.includes(name)), packets);
  };
  return operand(packets, equals, { needs });
}

function payloadOperand(payload: Fields, packets: Packets): Operand {
  const [protocol, field] = [protocolOf(payload), textOf(payload['field'])];
  const { space, direction } = packets;
  const doubt = formFields.has(field) ? 'form' : 'other';
  if (protocol === '' || field === '') return unknownOperand(packets);
  if (protocol === 'ip' || protocol === 'ip6') {
    const needs = familyOf(protocol) === space.family ? space.all : space.none;
    if (field === (direction === 'requests' ? 'saddr' : 'daddr'))
      return operand(packets, (value) => spans('source', addresses(value), packets), { needs, lists: true });
    if (field === 'saddr' || field === 'daddr')
      return operand(packets, (value, carried) => holdsVip(value, packets, carried), { needs });
    if (field === 'protocol' || field === 'nexthdr')
      return operand(packets, (value) => spans('protocol', protocols(value), packets), { needs });
    if (field === 'version') return { ...fixed(packets, space.family), needs };
    if (field === 'length') return { ...formOperand(packets, usual.length, 65535), needs };
    if (field === 'ttl') return { ...formOperand(packets, usual.hops, 255), needs };
    if (field === 'hoplimit') return { ...hopLimit(packets), needs };
    return unknownOperand(packets, { needs, doubt });
  }
  if (protocol === 'ether') return etherOperand(field, packets);
  // Frames of other kinds are not traffic to a VIP.
  if (protocol === 'arp') return fixed(packets);
  const number = protocolNumbers.get(protocol);
  if (number === undefined && protocol !== 'th') return unknownOperand(packets);
  const needs = number === undefined ? space.all : space.only({ protocol: number });
  if (field === 'sport' || field === 'dport')
    return operand(packets, (value) => spans(portOf(field, packets), ports(value), packets), {
      needs,
      most: Number(allPorts.high),
    });
  if (protocol === 'tcp' && field === 'flags') return { ...unknownOperand(packets), needs, flags: true };
  if ((protocol === 'icmp' || protocol === 'icmpv6') && field === 'type')
    return operand(packets, (value, carried) => icmpType(textOf(value), carried, packets), { needs });
  return unknownOperand(packets, { needs, doubt: protocol === 'udp' ? doubt : 'other' });
}

/** Neighbour discovery has the hop limit that no router lets through (RFC 4861). */
function hopLimit(packets: Packets): Operand {
  const clients = formOperand(packets, usual.hops, 255);
  return {
    ...clients,
    equals: (value, carried) => {
      const span = carried.discovery === null ? null : numbers(value);
      return span === null ? clients.equals(value, carried) : when(span.low <= 255 && 255 <= span.high, packets.space);
    },
  };
}

/** Frames for the VIP come under the cluster MAC, which is a multicast one. */
function etherOperand(field: string, packets: Packets): Operand {
  if (field === 'type') return frameType(packets);
  if (isOutward(packets)) return unknownOperand(packets);
  if (field !== 'daddr') return unknownOperand(packets, { doubt: field === 'saddr' ? 'form' : 'other' });
  return operand(packets, (value) => {
    const mac = parseMac(textOf(value));
    if (mac === null) return vague(packets.space.all);
    return when(packets.mac === null ? isMulticastMac(mac) : mac === packets.mac, packets.space);
  });
}

/** The kind of frame, as nft names the family or by its number. */
function frameType(packets: Packets): Operand {
  return packets.space.family === 4 ? fixed(packets, 'ip', 8) : fixed(packets, 'ip6', 56710);
}

const inward = new Set(['iif', 'iifname', 'iiftype', 'ibrname', 'iifgroup']);

function metaOperand(key: string, packets: Packets): Operand {
  const { space } = packets;
  // What the host sends comes in by no interface: nothing is compared then, negated or not.
  if (isOutward(packets) && inward.has(key)) return unknownOperand(packets, { needs: space.none });
  if (isOutward(packets) && (key === 'oif' || key === 'oifname'))
    return {
      ...unknownOperand(packets),
      equals: (value, { ifname }) => comesIn(textOf(value), ifname, space, '*'),
    };
  switch (key) {
    case 'mark':
      return markOperand(packets, 'mark', 0xffffffff);
    case 'iif':
    case 'iifname':
      return {
        ...unknownOperand(packets),
        equals: (value, { ifname }) => comesIn(textOf(value), ifname, space, '*'),
      };
    case 'ibrname':
      return { ...unknownOperand(packets), equals: (value, { bridge }) => when(textOf(value) === bridge, space) };
    case 'l4proto':
      return operand(packets, (value) => spans('protocol', protocols(value), packets));
    case 'nfproto':
      return space.family === 4 ? fixed(packets, 'ipv4', 2) : fixed(packets, 'ipv6', 10);
    case 'protocol':
      return frameType(packets);
    case 'pkttype':
      return {
        ...unknownOperand(packets),
        equals: (value, { pkttype }) => pktType(value, pkttype, packets),
        plain: false,
      };
    case 'length':
      return formOperand(packets, usual.length, 65535);
    case 'ipsec':
    case 'secpath':
      return fixed(packets, false);
    case 'iiftype':
      return fixed(packets, 'ether', 1);
    case 'skuid':
    case 'skgid':
    case 'cgroup':
      return unknownOperand(packets, { doubt: isOutward(packets) ? 'list' : 'other' });
    default:
      return unknownOperand(packets, { doubt: formFields.has(key) ? 'form' : 'other' });
  }
}

function pktType(value: unknown, carried: Carried['pkttype'], { space }: Packets): Selection {
  if (carried === 'other') return vague(space.all);
  const names: readonly unknown[] = carried === 'host' ? ['host', 'unicast', 0] : ['multicast', 2];
  return when(names.includes(value), space);
}

function conntrackOperand(ct: Fields, packets: Packets): Operand {
  const key = textOf(ct['key']);
  const { space } = packets;
  if (key === 'mark') return markOperand(packets, 'connmark', 0xffffffff);
  if (key === 'state') {
    const equals = (value: unknown, carried: Carried) =>
      connectionStates((Array.isArray(value) ? value : [value]).map(textOf), carried, space);
    return { ...unknownOperand(packets), equals };
  }
  // Only for connections that another one has announced.
  if (key === 'helper') return fixed(packets);
  if (key === 'status')
    return operand(packets, (value, carried) =>
      connectionStatus((Array.isArray(value) ? value : [value]).map(textOf), carried, packets),
    );
  if (key === 'direction')
    return packets.direction === 'answers' ? fixed(packets, 'reply', 1) : fixed(packets, 'original', 0);
  if (textOf(ct['dir']) !== 'original') return unknownOperand(packets);
  const word = key.split(' ').at(-1) ?? '';
  // A connection begins at the VIP, wherever NAT has sent it since.
  const tracked = (read: (value: unknown, begun: Carried) => Selection): Operand => ({
    ...unknownOperand(packets),
    equals: (value, carried) => (isTracked(carried) ? read(value, { ...carried, sentTo: null }) : when(false, space)),
  });
  if (word === 'saddr') return tracked((value) => spans('source', addresses(value), packets));
  if (word === 'daddr') return tracked((value, begun) => holdsVip(value, packets, begun));
  if (word === 'protocol') return tracked((value) => spans('protocol', protocols(value), packets));
  if (word === 'proto-dst')
    return {
      ...unknownOperand(packets),
      equals: (value, carried) => {
        if (!isTracked(carried)) return when(false, space);
        // Behind NAT a port in a set of packets is the one that it has put there.
        return carried.sentTo === null ? spans('dport', ports(value), packets) : vague(space.all);
      },
    };
  if (word === 'proto-src') return tracked((value) => spans('sport', ports(value), packets));
  return unknownOperand(packets);
}

/** Routing's view: the VIP is a local address, and a client that is served has a way back. */
function fibOperand({ result, flags }: Fields, packets: Packets): Operand {
  // Newer nft prints a single flag without a list.
  const of = (typeof flags === 'string' ? [flags] : listOf(flags)).map(textOf);
  const [client, own] = packets.direction === 'requests' ? ['saddr', 'daddr'] : ['daddr', 'saddr'];
  if (result === 'type' && of.includes(own)) return of.includes('iif') ? onCard(packets) : fixed(packets, 'local', 2);
  if (result === 'type' && of.includes(client)) return fixed(packets, 'unicast', 1);
  const missing = new Set<unknown>([false, '0', 0]);
  return operand(packets, (value) =>
    typeof value === 'boolean' || missing.has(value) ? when(value === true, packets.space) : vague(packets.space.all),
  );
}

function spans(name: FieldName, span: Interval | null, { space }: Packets): Selection {
  return span === null ? vague(space.all) : exactly(space.only({ [name]: span }));
}

function holdsVip(value: unknown, { vip, space }: Packets, carried: Carried): Selection {
  const [span, ip] = [addresses(value), parseIp(vip)];
  return span === null || ip === null ? vague(space.all) : destinedTo(span, ip.value, carried, space);
}

function familyOf(protocol: 'ip' | 'ip6'): Family {
  return protocol === 'ip' ? 4 : 6;
}
