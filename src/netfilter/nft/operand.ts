import { isMulticastMac, parseIp, parseMac } from '../../address/index.ts';
import { comesIn, connectionStates, connectionStatus, ping, tcpPackets } from '../iptables/options.ts';
import { isTracked, type Packets, type Reading, readMark, type State, vague, when } from '../model/packet.ts';
import {
  allBits,
  allPorts,
  allTraffic,
  coalesce,
  type Dimension,
  type Interval,
  intersect,
  ofResidues,
  point,
  protocolNumbers,
  type Region,
  subtract,
} from '../model/traffic.ts';
import { type NftHash, protocolOf, readNftHash } from './hash.ts';
import { type Fields, fieldsOf, listOf, type NftTable, textOf } from './ruleset.ts';
import { addresses, elementsOf, flagNames, numbers, plainElement, ports, protocols } from './value.ts';

/** The left side of a comparison: what a rule looks at. */
export type Operand = {
  /** What the kernel checks before it looks: the family, the protocol. Nothing else meets the condition, negated or not. */
  readonly needs: Region;
  /** The packets that have one of some values; a set, a range, a prefix or a single one. */
  readonly equals: (value: unknown, state: State) => Reading;
  /** True when it says the same of every packet, whatever it carries. */
  readonly plain: boolean;
  /** The largest value, where values can be compared. */
  readonly most: number;
  readonly hash: NftHash | null;
  /** Set for TCP flags, which operators of their own look at: any of them (`in`), exactly these (`==`), none (`!`). */
  readonly flags?: true;
};

/** What a rule is read in: its table's sets, the packets, and its own place. */
export type Scope = { readonly packets: Packets; readonly table: NftTable; readonly spot: string };

/** Reads the left side of a comparison; a sentence where it is a hash that cannot be used. */
export function readOperand(expr: unknown, scope: Scope): Operand | string {
  const hash = readNftHash(expr, scope.packets.family, scope.spot);
  if (typeof hash === 'string') return hash;
  if (hash !== null) return hashOperand(hash, scope);
  const [[kind, body] = ['', null]] = Object.entries(fieldsOf(expr) ?? {});
  const fields = fieldsOf(body) ?? {};
  if (kind === 'concat') return concatOperand(listOf(body), scope);
  if (kind === '&') return maskedOperand(listOf(body), scope);
  if (kind === 'payload') return payloadOperand(fields, scope.packets);
  if (kind === 'meta') return metaOperand(textOf(fields['key']), scope.packets);
  if (kind === 'ct') return conntrackOperand(fields, scope.packets);
  // No client of a cluster sends a routing header, or through IPsec what its rules match by port.
  if (kind === 'exthdr' || kind === 'rt') return fixed(scope.packets, false);
  if (kind === 'fib') return fibOperand(fields, scope.packets);
  return unknownOperand(scope.packets);
}

const operators = new Set(['==', '!=', '<', '>', '<=', '>=', 'in', '!']);

/** Reads `left op right`: the packets that a comparison lets through. */
export function compare(operand: Operand, op: string, right: unknown, state: State, scope: Scope): Reading {
  const { family } = scope.packets;
  if (operand.flags === true) return compareFlags(op, elementsOf(right, scope.table), scope.packets);
  const reading = /^[<>]/.test(op) ? bound(operand, op, right, state, family) : oneOf(operand, right, state, scope);
  const traffic = intersect(operand.needs, reading.traffic);
  if (!operators.has(op)) return vague(family, operand.needs);
  // `ct status ! dnat`: none of these bits is set.
  if (op !== '!=' && op !== '!') return { traffic, exact: reading.exact };
  return reading.exact ? { traffic: subtract(operand.needs, traffic), exact: true } : vague(family, operand.needs);
}

/** The packets that have one of the values of a set, an anonymous one or a named one. */
export function oneOf(operand: Operand, right: unknown, state: State, scope: Scope): Reading {
  const values = elementsOf(right, scope.table);
  if (values === null) return vague(scope.packets.family);
  if (values.length === 1) return operand.equals(values[0], state);
  const readings = values.map((value) => operand.equals(value, state));
  if (operand.hash !== null) return unitedResidues(operand.hash, readings, scope.packets.family);
  return {
    traffic: coalesce(readings.flatMap(({ traffic }) => traffic)),
    exact: readings.every(({ exact }) => exact),
  };
}

/** Many values of one hash, which a large map has, as one set of bits. */
function unitedResidues({ use }: NftHash, readings: readonly Reading[], family: 4 | 6): Reading {
  if (readings.some(({ exact }) => !exact)) return vague(family);
  const bits = readings.flatMap(({ traffic }) => traffic.flatMap(({ residues }) => residues.map(({ held }) => held)));
  const held = bits.reduce((sum, one) => sum | one, 0n);
  return { traffic: ofResidues(family, use.id, held, use.total), exact: true };
}

function bound({ equals, most }: Operand, op: string, right: unknown, state: State, family: 4 | 6): Reading {
  if (typeof right !== 'number' || most < 0) return vague(family);
  const low = op === '>' ? right + 1 : op === '>=' ? right : 0;
  const high = op === '<' ? right - 1 : op === '<=' ? right : most;
  return low > high ? when(false, family) : equals({ range: [low, high] }, state);
}

function operand(packets: Packets, equals: (value: unknown) => Reading, more: Partial<Operand> = {}): Operand {
  return { needs: [allTraffic(packets.family)], equals, plain: true, most: -1, hash: null, ...more };
}

function unknownOperand(packets: Packets, more: Partial<Operand> = {}): Operand {
  return operand(packets, () => vague(packets.family), more);
}

/** Something that has one value for every client's packets. */
function fixed(packets: Packets, ...names: readonly (string | number | boolean)[]): Operand {
  return operand(packets, (value) => {
    const list = Array.isArray(value) ? value : [value];
    return when(
      list.some((one) => names.some((name) => name === one)),
      packets.family,
    );
  });
}

function hashOperand(hash: NftHash, { packets }: Scope): Operand {
  const { id, total, offset, hash: what } = hash.use;
  const equals = (value: unknown, state: State): Reading => {
    const span = numbers(value);
    if (span === null) return vague(packets.family);
    if (what.tracked && !isTracked(state)) return when(false, packets.family);
    const low = Math.max(0, span.low - offset);
    const high = Math.min(total - 1, span.high - offset);
    const held = low > high ? 0n : allBits(high + 1) & ~allBits(low);
    return { traffic: ofResidues(packets.family, id, held, total), exact: true };
  };
  return { needs: hash.needs, equals, plain: false, most: offset + total - 1, hash };
}

function concatOperand(parts: readonly unknown[], scope: Scope): Operand | string {
  const { family } = scope.packets;
  const read = parts.map((part) => readOperand(part, scope));
  const unread = read.find((one) => typeof one === 'string');
  if (unread !== undefined) return unread;
  const operands = read.filter((one) => typeof one !== 'string');
  if (operands.some(({ hash }) => hash !== null)) return 'a hash beside other fields';
  const equals = (value: unknown, state: State): Reading => {
    const values = listOf(fieldsOf(value)?.['concat']);
    if (values.length !== operands.length) return vague(family);
    const readings = operands.map((one, i) => one.equals(plainElement(values[i]), state));
    const traffic = readings.reduce<Region>((sum, one) => intersect(sum, one.traffic), [allTraffic(family)]);
    return { traffic, exact: readings.every(({ exact }) => exact) };
  };
  const needs = operands.reduce<Region>((sum, one) => intersect(sum, one.needs), [allTraffic(family)]);
  return { needs, equals, plain: operands.every(({ plain }) => plain), most: -1, hash: null };
}

function maskedOperand([left, mask]: readonly unknown[], scope: Scope): Operand | string {
  const { packets } = scope;
  const meta = textOf(fieldsOf(fieldsOf(left)?.['meta'])?.['key']);
  const ct = textOf(fieldsOf(fieldsOf(left)?.['ct'])?.['key']);
  if ((meta === 'mark' || ct === 'mark') && typeof mask === 'number')
    return markOperand(packets, ct === 'mark' ? 'connmark' : 'mark', mask);
  if (textOf(fieldsOf(fieldsOf(left)?.['payload'])?.['field']) === 'flags') return flagsOperand(packets, mask);
  // The later parts of a fragmented packet are put together before any rule that tracks connections sees them.
  if (textOf(fieldsOf(fieldsOf(left)?.['payload'])?.['field']) === 'frag-off')
    return { ...fixed(packets, 0), needs: packets.family === 4 ? [allTraffic(4)] : [] };
  const inner = readOperand(left, scope);
  return typeof inner === 'string' ? inner : { ...unknownOperand(packets), needs: inner.needs };
}

function markOperand(packets: Packets, which: 'mark' | 'connmark', mask: number): Operand {
  const equals = (value: unknown, state: State): Reading => {
    const span = numbers(value);
    if (span === null) return vague(packets.family);
    const test = (one: number) => span.low <= (one & mask) >>> 0 && (one & mask) >>> 0 <= span.high;
    return readMark(state[which], test, packets.family);
  };
  return { ...operand(packets, () => vague(packets.family)), equals, plain: false, most: 0xffffffff };
}

function flagsOperand(packets: Packets, mask: unknown): Operand {
  const needs = [{ ...allTraffic(packets.family), protocol: point(6n) }];
  const masked = flagNames(mask);
  const equals = (value: unknown): Reading => {
    const wanted = flagNames(value);
    if (masked === null || wanted === null) return vague(packets.family, needs);
    return tcpPackets((flags) => masked.every((name) => flags.includes(name) === wanted.includes(name)), packets);
  };
  return operand(packets, equals, { needs });
}

function payloadOperand(payload: Fields, packets: Packets): Operand {
  const [protocol, field] = [protocolOf(payload), textOf(payload['field'])];
  const everything = allTraffic(packets.family);
  if (protocol === '' || field === '') return unknownOperand(packets);
  if (protocol === 'ip' || protocol === 'ip6') {
    const needs = (protocol === 'ip' ? 4 : 6) === packets.family ? [everything] : [];
    if (field === 'saddr') return operand(packets, (value) => spans('source', addresses(value), packets), { needs });
    if (field === 'daddr') return operand(packets, (value) => holdsVip(value, packets), { needs });
    if (field === 'protocol' || field === 'nexthdr')
      return operand(packets, (value) => spans('protocol', protocols(value), packets), { needs });
    if (field === 'version') return { ...fixed(packets, packets.family), needs };
    return unknownOperand(packets, { needs });
  }
  if (protocol === 'ether') return etherOperand(field, packets);
  // Frames of other kinds are no traffic to a VIP.
  if (protocol === 'arp') return fixed(packets);
  const number = protocolNumbers[protocol];
  if (number === undefined && protocol !== 'th') return unknownOperand(packets);
  const needs = [number === undefined ? everything : { ...everything, protocol: point(number) }];
  if (field === 'sport' || field === 'dport')
    return operand(packets, (value) => spans(field, ports(value), packets), { needs, most: Number(allPorts.high) });
  if (protocol === 'tcp' && field === 'flags') return { ...unknownOperand(packets), needs, flags: true };
  if ((protocol === 'icmp' || protocol === 'icmpv6') && field === 'type')
    return operand(packets, (value) => ping(textOf(value), packets.family), { needs });
  return unknownOperand(packets, { needs });
}

/** `tcp flags syn` (any of them is set), `tcp flags == syn` (these alone), `tcp flags ! syn` (none), and sets of such. */
function compareFlags(op: string, values: readonly unknown[] | null, packets: Packets): Reading {
  const wanted = values?.map(flagNames) ?? [null];
  const known = wanted.filter((names) => names !== null);
  const tcp: Region = [{ ...allTraffic(packets.family), protocol: point(6n) }];
  if (known.length < wanted.length) return vague(packets.family, tcp);
  return tcpPackets((flags) => {
    const any = known.some((names) => names.some((name) => flags.includes(name)));
    const same = known.some((names) => names.length === flags.length && names.every((name) => flags.includes(name)));
    if (op === 'in') return any;
    return op === '==' ? same : op === '!' ? !any : !same;
  }, packets);
}

/** Frames for the VIP come under the cluster MAC, which is a multicast one. */
function etherOperand(field: string, packets: Packets): Operand {
  if (field === 'type') return fixed(packets, packets.family === 4 ? 'ip' : 'ip6', packets.family === 4 ? 8 : 56710);
  if (field !== 'daddr') return unknownOperand(packets);
  return operand(packets, (value) => {
    const mac = parseMac(textOf(value));
    return mac === null ? vague(packets.family) : when(isMulticastMac(mac), packets.family);
  });
}

function metaOperand(key: string, packets: Packets): Operand {
  const { family } = packets;
  switch (key) {
    case 'mark':
      return markOperand(packets, 'mark', 0xffffffff);
    case 'iif':
    case 'iifname':
      return operand(packets, (value) => when(comesIn(textOf(value), packets.ifname, '*'), family));
    case 'l4proto':
      return operand(packets, (value) => spans('protocol', protocols(value), packets));
    case 'nfproto':
      return fixed(packets, family === 4 ? 'ipv4' : 'ipv6', family === 4 ? 2 : 10);
    case 'protocol':
      return fixed(packets, family === 4 ? 'ip' : 'ip6', family === 4 ? 8 : 56710);
    case 'pkttype':
      return {
        ...unknownOperand(packets),
        equals: (value, { pkttype }) => pktType(value, pkttype, family),
        plain: false,
      };
    case 'ipsec':
    case 'secpath':
      return fixed(packets, false);
    case 'iiftype':
      return fixed(packets, 'ether', 1);
    default:
      return unknownOperand(packets);
  }
}

function pktType(value: unknown, carried: State['pkttype'], family: 4 | 6): Reading {
  if (carried === 'other') return vague(family);
  const names: readonly unknown[] = carried === 'host' ? ['host', 'unicast', 0] : ['multicast', 2];
  return when(names.includes(value), family);
}

function conntrackOperand(ct: Fields, packets: Packets): Operand {
  const key = textOf(ct['key']);
  const { family } = packets;
  if (key === 'mark') return markOperand(packets, 'connmark', 0xffffffff);
  if (key === 'state') {
    const equals = (value: unknown, { tracking }: State) =>
      connectionStates((Array.isArray(value) ? value : [value]).map(textOf), tracking, family);
    return { ...unknownOperand(packets), equals };
  }
  // Of connections that another one has announced alone.
  if (key === 'helper') return fixed(packets);
  if (key === 'status')
    return operand(packets, (value) => connectionStatus((Array.isArray(value) ? value : [value]).map(textOf), family));
  if (key === 'direction') return fixed(packets, 'original', 0);
  if (textOf(ct['dir']) !== 'original') return unknownOperand(packets);
  const word = key.split(' ').at(-1) ?? '';
  const tracked = (read: (value: unknown) => Reading): Operand => ({
    ...unknownOperand(packets),
    equals: (value, state) => (isTracked(state) ? read(value) : when(false, family)),
  });
  if (word === 'saddr') return tracked((value) => spans('source', addresses(value), packets));
  if (word === 'daddr') return tracked((value) => holdsVip(value, packets));
  if (word === 'protocol') return tracked((value) => spans('protocol', protocols(value), packets));
  if (word === 'proto-dst') return tracked((value) => spans('dport', ports(value), packets));
  if (word === 'proto-src') return tracked((value) => spans('sport', ports(value), packets));
  return unknownOperand(packets);
}

/** Routing's view: the VIP is a local address, and a client that is served has a way back. */
function fibOperand({ result, flags }: Fields, packets: Packets): Operand {
  const of = listOf(flags).map(textOf);
  if (result === 'type' && of.includes('daddr')) return fixed(packets, 'local', 2);
  if (result === 'type' && of.includes('saddr')) return fixed(packets, 'unicast', 1);
  const missing = new Set<unknown>([false, '0', 0]);
  return operand(packets, (value) =>
    typeof value === 'boolean' || missing.has(value) ? when(value === true, packets.family) : vague(packets.family),
  );
}

function spans(dimension: Dimension, span: Interval | null, { family }: Packets): Reading {
  if (span === null) return vague(family);
  return { traffic: [{ ...allTraffic(family), [dimension]: { low: span.low, high: span.high } }], exact: true };
}

function holdsVip(value: unknown, packets: Packets): Reading {
  const [span, vip] = [addresses(value), parseIp(packets.vip)];
  if (span === null || vip === null) return vague(packets.family);
  return when(span.low <= vip.value && vip.value <= span.high, packets.family);
}
