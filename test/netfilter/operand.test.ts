import { describe, expect, test } from 'vitest';
import type { Doubt } from '../../src/netfilter/model/condition.ts';
import { type Carried, hashMark, typical } from '../../src/netfilter/model/packet.ts';
import { compare } from '../../src/netfilter/nft/compare.ts';
import { readOperand, type Scope } from '../../src/netfilter/nft/operand.ts';
import type { NftTable } from '../../src/netfilter/nft/ruleset.ts';
import { nftExpression } from '../../src/netfilter/nft/text.ts';
import { packetsTo, type Said, said, vip4, vip6 } from './selection.ts';

// Expressions as `nft -j list ruleset` prints them (nft 1.0.6).

const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
const meta = (key: string) => ({ meta: { key } });
const ct = (key: string) => ({ ct: { key } });
const original = (key: string) => ({ ct: { key, dir: 'original' } });
const prefix = (addr: string, len: number) => ({ prefix: { addr, len } });
const range = (low: unknown, high: unknown) => ({ range: [low, high] });
const set = (...values: readonly unknown[]) => ({ set: values });
const concat = (...parts: readonly unknown[]) => ({ concat: parts });
const masked = (left: unknown, mask: unknown) => ({ '&': [left, mask] });

const source = payload('ip', 'saddr');
const destination = payload('ip', 'daddr');
const port = payload('tcp', 'dport');

const sets: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ['office', [prefix('10.0.0.0', 8), { elem: { val: '198.51.100.7', comment: 'the printer' } }]],
  ['web', [80, 443, range(8000, 8010)]],
  ['nobody', []],
  ['pairs', [concat('10.0.0.1', 80), { elem: { val: concat('10.0.0.2', 80), expires: 60 } }]],
]);

/** What a comparison selects of the packets that carry this; the reason where it cannot be read. */
function selected(left: unknown, op: string, right: unknown, change: Partial<Carried> = {}, vip = vip4): Said | string {
  const table: NftTable = { family: 'inet', name: 'filter', chains: new Map(), dormant: false, sets: new Map(sets) };
  const scope: Scope = { packets: packetsTo(vip), table, spot: '1 inet filter input 3' };
  const side = readOperand(left, scope);
  return side.ok ? said(compare(side.value, op, right, { ...typical('eth1'), ...change }, scope)) : side.reason;
}

type Row = readonly [left: unknown, op: string, right: unknown, traffic: string, doubt?: Doubt];

const rows: Readonly<Record<string, readonly Row[]>> = {
  addresses: [
    [source, '==', '198.51.100.7', 'clients of 198.51.100.7'],
    [source, '==', prefix('10.0.0.0', 8), 'clients of 10.0.0.0/8'],
    [source, '!=', prefix('10.0.0.0', 8), 'clients other than 10.0.0.0/8'],
    [source, '==', range('10.0.0.1', '10.0.0.9'), 'clients of 10.0.0.1-10.0.0.9'],
    [source, '==', set('10.0.0.1', prefix('192.0.2.0', 24)), 'clients of 10.0.0.1, 192.0.2.0/24'],
    [source, '!=', set('10.0.0.1', '10.0.0.2'), 'clients other than 10.0.0.1-10.0.0.2'],
    [source, '==', '@office', 'clients of 10.0.0.0/8, 198.51.100.7'],
    [source, '!=', '@office', 'clients other than 10.0.0.0/8, 198.51.100.7'],
    [source, '==', '@nobody', 'nothing'],
    [source, '!=', '@nobody', 'everything'],
    [source, '==', '@not-there', 'everything', 'list'],
    [source, '!=', '@not-there', 'everything', 'list'],
    [source, '==', 'wibble', 'everything', 'other'],
    // Of the opposite, kernels make everything or nothing.
    [source, '==', set('10.0.0.1', '*'), 'everything'],
    [source, '!=', set('10.0.0.1', '*'), 'everything', 'other'],
    [meta('nfproto'), '==', set('ipv6', '*'), 'everything'],
    [port, '==', set(22, '*'), 'tcp'],
    [ct('state'), 'in', set('invalid', '*'), 'everything'],
    [destination, '==', vip4, 'everything'],
    [destination, '!=', vip4, 'nothing'],
    [destination, '==', '192.168.56.21', 'nothing'],
    [destination, '==', set('192.168.56.21', vip4), 'everything'],
    [destination, '==', prefix('192.168.56.0', 24), 'everything'],
    [destination, '==', '@not-there', 'everything', 'other'],
    // Of the other family nothing meets a condition, negated or not.
    [payload('ip6', 'saddr'), '==', '2001:db8::1', 'nothing'],
    [payload('ip6', 'saddr'), '!=', '2001:db8::1', 'nothing'],
    [payload('ip', 'version'), '==', 4, 'everything'],
  ],
  'protocols and ports': [
    [payload('ip', 'protocol'), '==', 'tcp', 'tcp'],
    [payload('ip', 'protocol'), '!=', 'tcp', 'all but tcp'],
    [payload('ip', 'protocol'), '==', set('tcp', 'udp'), 'tcp, udp'],
    [meta('l4proto'), '==', 'vrrp', 'vrrp'],
    [meta('l4proto'), '==', 47, 'gre'],
    [meta('l4proto'), '==', 'wibble', 'everything', 'other'],
    [meta('nfproto'), '==', 'ipv4', 'everything'],
    [meta('nfproto'), '==', 'ipv6', 'nothing'],
    [meta('protocol'), '==', 'ip', 'everything'],
    [meta('protocol'), '==', set('ip6', 'arp'), 'nothing'],
    [port, '==', 80, 'tcp port 80'],
    [port, '!=', 80, 'tcp port other than 80'],
    [port, '==', set(80, 443, range(8000, 8010)), 'tcp ports 80, 443, 8000-8010'],
    [port, '==', '@web', 'tcp ports 80, 443, 8000-8010'],
    [port, '<', 1024, 'tcp ports 0-1023'],
    [port, '<=', 1024, 'tcp ports 0-1024'],
    [port, '>', 1024, 'tcp ports 1025-65535'],
    [port, '>=', 1024, 'tcp ports 1024-65535'],
    [port, '<', 0, 'nothing'],
    [port, '>', 65535, 'nothing'],
    [port, '==', '@not-there', 'tcp', 'other'],
    [port, '~', 80, 'tcp', 'other'],
    [payload('udp', 'sport'), '==', 53, 'udp from port 53'],
    [payload('th', 'dport'), '==', 80, 'port 80'],
    [payload('wibble', 'dport'), '==', 80, 'everything', 'other'],
    [payload('icmp', 'type'), '==', 'echo-request', 'icmp'],
    [payload('icmp', 'type'), '==', set('destination-unreachable', 'time-exceeded'), 'nothing'],
  ],
  'TCP flags': [
    [masked(payload('tcp', 'flags'), { '|': ['fin', 'syn', 'rst', 'ack'] }), '==', 'syn', 'tcp NEW'],
    [masked(payload('tcp', 'flags'), { '|': ['fin', 'syn', 'rst', 'ack'] }), '!=', 'syn', 'tcp ESTABLISHED'],
    [masked(payload('tcp', 'flags'), ['fin', 'syn', 'rst', 'ack']), '==', 'syn', 'tcp NEW'],
    [masked(payload('tcp', 'flags'), 'wibble'), '==', { wibble: 1 }, 'tcp', 'other'],
    [payload('tcp', 'flags'), 'in', 'syn', 'tcp NEW'],
    [payload('tcp', 'flags'), '==', 'syn', 'tcp NEW'],
    [payload('tcp', 'flags'), '!=', 'syn', 'tcp ESTABLISHED'],
    [payload('tcp', 'flags'), '!', 'syn', 'tcp ESTABLISHED'],
    [payload('tcp', 'flags'), 'in', 'ack', 'tcp ESTABLISHED'],
    [payload('tcp', 'flags'), '==', 'ack', 'tcp ESTABLISHED', 'other'],
    [payload('tcp', 'flags'), '==', { wibble: 1 }, 'tcp', 'other'],
  ],
  'connections and marks': [
    [ct('state'), 'in', 'new', 'NEW'],
    [ct('state'), 'in', ['established', 'related'], 'ESTABLISHED'],
    [ct('state'), '==', set('new', 'established'), 'everything'],
    [ct('state'), '!=', 'new', 'ESTABLISHED'],
    [ct('state'), 'in', 'invalid', 'nothing'],
    [ct('status'), 'in', 'dnat', 'nothing'],
    [ct('status'), '!', 'dnat', 'everything'],
    [ct('status'), 'in', 'assured', 'everything', 'other'],
    [ct('direction'), '==', 'original', 'everything'],
    [ct('direction'), '==', 'reply', 'nothing'],
    [ct('helper'), '==', 'ftp', 'nothing'],
    [original('ip saddr'), '==', prefix('10.0.0.0', 8), 'clients of 10.0.0.0/8'],
    [original('ip daddr'), '==', vip4, 'everything'],
    [original('protocol'), '==', 'tcp', 'tcp'],
    [original('proto-dst'), '==', 80, 'port 80'],
    [original('proto-src'), '==', 53, 'from port 53'],
    [{ ct: { key: 'ip saddr', dir: 'reply' } }, '==', '10.0.0.1', 'everything', 'other'],
    [ct('bytes'), '>', 1000, 'everything', 'other'],
    [meta('mark'), '==', 0, 'everything'],
    [meta('mark'), '!=', 0, 'nothing'],
    [meta('mark'), '==', '@not-there', 'everything', 'other'],
  ],
  'interfaces, frames and routing': [
    [meta('iifname'), '==', 'eth1', 'everything'],
    [meta('iifname'), '==', 'eth*', 'everything'],
    [meta('iifname'), '==', 'eth0', 'nothing'],
    [meta('iif'), '!=', 'lo', 'everything'],
    [meta('iifname'), '==', set('eth0', 'eth1'), 'everything'],
    [meta('iiftype'), '==', 'ether', 'everything'],
    [meta('pkttype'), '==', 'multicast', 'everything'],
    [meta('pkttype'), '==', 'host', 'nothing'],
    [payload('ether', 'daddr'), '==', '01:00:5e:00:01:01', 'everything'],
    [payload('ether', 'daddr'), '==', '02:00:00:00:00:01', 'nothing'],
    [payload('ether', 'daddr'), '==', 'wibble', 'everything', 'other'],
    [payload('ether', 'type'), '==', 'ip', 'everything'],
    [payload('ether', 'type'), '==', 'ip6', 'nothing'],
    [payload('arp', 'operation'), '==', 'request', 'nothing'],
    [{ fib: { result: 'type', flags: 'daddr' } }, '==', 'local', 'everything'],
    [{ fib: { result: 'type', flags: ['daddr', 'iif'] } }, '!=', 'local', 'nothing'],
    [{ fib: { result: 'type', flags: 'saddr' } }, '==', 'unicast', 'everything'],
    [{ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, '==', false, 'nothing'],
    [{ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, '==', true, 'everything'],
    [{ fib: { result: 'oifname', flags: ['saddr'] } }, '==', 'eth1', 'everything', 'other'],
    [masked(payload('ip', 'frag-off'), 8191), '!=', 0, 'nothing'],
    [masked(payload('ip', 'frag-off'), 8191), '==', 0, 'everything'],
    [{ exthdr: { name: 'rt' } }, '==', true, 'nothing'],
    [meta('ipsec'), '==', false, 'everything'],
    [meta('secpath'), '==', true, 'nothing'],
  ],
  concatenations: [
    [concat(source, port), '==', set(concat('10.0.0.1', 80)), 'tcp port 80 clients of 10.0.0.1'],
    [concat(source, port), '==', '@pairs', 'tcp port 80 clients of 10.0.0.1-10.0.0.2'],
    [concat(source, port), '!=', '@pairs', 'tcp'],
    [concat(source, port), '==', '@not-there', 'tcp', 'list'],
    [
      concat(meta('l4proto'), payload('th', 'dport')),
      '==',
      set(concat('udp', 53), concat('tcp', 53)),
      'tcp, udp port 53',
    ],
    [concat(source, port), '==', set(concat('10.0.0.1')), 'tcp', 'other'],
    [concat(source, meta('skuid')), '==', set(concat('10.0.0.1', 0)), 'clients of 10.0.0.1', 'other'],
    [concat(destination, port), '==', set(concat('192.168.56.21', 80), concat(vip4, range(80, 90))), 'tcp ports 80-90'],
  ],
  'what is not understood says why': [
    [payload('ip', 'length'), '>', 1500, 'everything', 'form'],
    [payload('ip', 'length'), '>', 1000, 'everything', 'other'],
    [payload('ip', 'ttl'), '==', 1, 'everything', 'form'],
    [payload('ip', 'dscp'), '==', 'ef', 'everything', 'form'],
    [payload('ip', 'id'), '==', 0, 'everything', 'form'],
    [payload('ip', 'checksum'), '==', 0, 'everything', 'other'],
    [payload('udp', 'length'), '<', 100, 'udp', 'form'],
    [payload('tcp', 'sequence'), '==', 0, 'tcp', 'other'],
    [payload('ether', 'saddr'), '==', '02:00:00:00:00:01', 'everything', 'form'],
    [{ 'tcp option': { name: 'maxseg', field: 'size' } }, '<', 500, 'everything', 'form'],
    [meta('length'), '>', 1000, 'everything', 'other'],
    [payload('ip', 'ttl'), '<', 5, 'everything', 'form'],
    [meta('skuid'), '==', 0, 'everything', 'other'],
    [meta('cpu'), '==', 0, 'everything', 'other'],
    [masked(payload('ip', 'dscp'), 1), '==', 1, 'everything', 'form'],
    [masked(source, 255), '==', 1, 'everything', 'other'],
    [{ payload: { base: 'th', offset: 0, len: 16 } }, '==', 80, 'everything', 'other'],
    [{ wibble: {} }, '==', 1, 'everything', 'other'],
    ['wibble', '==', 1, 'everything', 'other'],
    [null, '==', null, 'everything', 'other'],
  ],
};

/** A row with its sentence. */
function titled(row: Row): readonly [string, Row] {
  const [left, op, right, traffic, doubt] = row;
  return [
    `${nftExpression(left)} ${op} ${nftExpression(right)}: ${traffic}${doubt === undefined ? '' : `, by ${doubt}`}`,
    row,
  ];
}

describe.each(Object.entries(rows))('%s', (_title, some) => {
  test.each(some.map(titled))('%s', (_sentence, [left, op, right, traffic, doubt = null]) => {
    expect(selected(left, op, right)).toEqual({ traffic, doubt });
  });
});

describe('of a VIP of IPv6', () => {
  const some: readonly Row[] = [
    [payload('ip6', 'saddr'), '==', prefix('2001:db8:1::', 48), 'clients of 2001:db8:1::/48'],
    [payload('ip6', 'daddr'), '==', vip6, 'everything'],
    [payload('ip6', 'nexthdr'), '==', 'ipv6-icmp', 'ipv6-icmp'],
    [payload('icmpv6', 'type'), '==', 'echo-request', 'ipv6-icmp'],
    [payload('icmpv6', 'type'), '==', 'nd-neighbor-solicit', 'nothing'],
    [payload('ip6', 'hoplimit'), '==', 255, 'everything', 'other'],
    [source, '!=', '10.0.0.1', 'nothing'],
    [masked(payload('ip', 'frag-off'), 8191), '==', 0, 'nothing'],
    [meta('nfproto'), '==', 'ipv6', 'everything'],
    [meta('protocol'), '==', 'ip6', 'everything'],
  ];
  test.each(some.map(titled))('%s', (_sentence, [left, op, right, traffic, doubt = null]) => {
    expect(selected(left, op, right, {}, vip6)).toEqual({ traffic, doubt });
  });
});

describe('what packets carry', () => {
  type CarriedRow = readonly [what: string, carried: Partial<Carried>, ...row: Row];
  const some: readonly CarriedRow[] = [
    ['a mark', { mark: 1 }, meta('mark'), '==', 1, 'everything'],
    ['a mark in a range', { mark: 5 }, meta('mark'), '==', range(1, 9), 'everything'],
    ['a mark under a mask', { mark: 0x21 }, masked(meta('mark'), 0xf), '==', 1, 'everything'],
    ['a mark above a bound', { mark: 5 }, meta('mark'), '>', 5, 'nothing'],
    ['a mark that nobody knows', { mark: null }, meta('mark'), '==', 1, 'everything', 'other'],
    ['a mark of the connection', { mark: 2, connmark: 1 }, ct('mark'), '==', 1, 'everything'],
    ['a mark of the connection under a mask', { connmark: 3 }, masked(ct('mark'), 1), '!=', 0, 'everything'],
    ['a claimed frame', { pkttype: 'host' }, meta('pkttype'), '==', 'host', 'everything'],
    ['a claimed frame by its other name', { pkttype: 'host' }, meta('pkttype'), '==', 'unicast', 'everything'],
    ['a claimed frame, asked for by number', { pkttype: 'host' }, meta('pkttype'), '!=', 2, 'everything'],
    ['a frame of another kind', { pkttype: 'other' }, meta('pkttype'), '==', 'host', 'everything', 'other'],
    ['no interface is known: any but lo', { ifname: null }, meta('iifname'), '==', 'eth0', 'everything'],
    ['no interface is known, lo', { ifname: null }, meta('iif'), '==', 'lo', 'nothing'],
    ['not tracked', { tracking: 'untracked' }, ct('state'), 'in', 'untracked', 'everything'],
    ['not tracked has no original', { tracking: 'untracked' }, original('ip saddr'), '==', '10.0.0.1', 'nothing'],
    ['before connection tracking', { tracking: 'pending' }, original('proto-dst'), '==', 80, 'nothing'],
    ['a connection of another node', { tracking: 'stray' }, ct('state'), 'in', 'new', 'ESTABLISHED'],
  ];
  test.each(some.map((row) => [row[0], row] as const))(
    '%s',
    (_sentence, [, carried, left, op, right, traffic, doubt = null]) => {
      expect(selected(left, op, right, carried)).toEqual({ traffic, doubt });
    },
  );
});

describe('hashes', () => {
  const jhash = (mod: number, more: object = {}) => ({ jhash: { mod, seed: 5, expr: source, ...more } });

  /** The residues that a comparison lets through. */
  function residues(
    left: unknown,
    op: string,
    right: unknown,
    change: Partial<Carried> = {},
  ): readonly number[] | string {
    const packets = packetsTo(vip4);
    const table: NftTable = { family: 'inet', name: 'filter', chains: new Map(), dormant: false, sets: new Map(sets) };
    const scope: Scope = { packets, table, spot: '1 inet filter input 3' };
    const side = readOperand(left, scope);
    if (!side.ok) return side.reason;
    const { traffic, doubt } = compare(side.value, op, right, { ...typical('eth1'), ...change }, scope);
    if (doubt !== null || side.value.hash === null) return `no residues: ${doubt}`;
    const { id, total } = side.value.hash.use;
    return packets.space.residuesIn(traffic, id, total);
  }

  test.each<readonly [what: string, left: unknown, op: string, right: unknown, residues: readonly number[] | string]>([
    ['one value', jhash(4), '==', 1, [1]],
    ['all but one', jhash(4), '!=', 1, [0, 2, 3]],
    ['a set', jhash(4), '==', set(0, 3), [0, 3]],
    ['a range', jhash(4), '==', range(1, 2), [1, 2]],
    ['a bound', jhash(4), '<', 2, [0, 1]],
    ['a value that no client has', jhash(4), '==', 4, []],
    ['an offset', jhash(4, { offset: 1 }), '==', 1, [0]],
    ['an offset and a set', jhash(4, { offset: 1 }), '==', set(1, 2, 9), [0, 1]],
    ['what several fields hash', { jhash: { mod: 2, seed: 5, expr: concat(source, port) } }, '==', 0, [0]],
    ['a number generator', { numgen: { mode: 'inc', mod: 2, offset: 0 } }, '==', 1, [1]],
    ['symhash', { symhash: { mod: 3 } }, '==', 2, [2]],
    ['a set that is not there', jhash(4), '==', '@not-there', 'no residues: other'],
    ['a set with a word', jhash(4), '==', set(1, 'wibble'), 'no residues: other'],
    ['no number of buckets', { jhash: { expr: source } }, '==', 1, 'no number of buckets in jhash ip saddr mod '],
    ['a hash beside other fields', concat(jhash(4), port), '==', set(concat(1, 80)), 'a hash beside other fields'],
    [
      'a field that is not known',
      { jhash: { mod: 2, seed: 5, expr: { wibble: {} } } },
      '==',
      1,
      'what it hashes is not understood: wibble',
    ],
  ])('%s', (_sentence, left, op, right, expected) => {
    expect(residues(left, op, right)).toEqual(expected);
  });

  test('what connection tracking remembers has no residue before it', () => {
    const tracked = { jhash: { mod: 2, seed: 5, expr: original('ip saddr') } };
    expect(residues(tracked, '==', 1)).toEqual([1]);
    expect(residues(tracked, '==', 1, { tracking: 'untracked' })).toEqual([]);
    expect(residues(tracked, '==', set(0, 1), { tracking: 'untracked' })).toEqual([]);
  });

  test('a mark for each residue meets those that have it', () => {
    const packets = packetsTo(vip4);
    const scope: Scope = {
      packets,
      table: { family: 'ip', name: 't', chains: new Map(), dormant: false, sets: new Map() },
      spot: '1',
    };
    const side = readOperand(meta('mark'), scope);
    if (!side.ok) throw new Error(side.reason);
    const carried = { ...typical('eth1'), mark: hashMark('h', [7, 8, 7]) };
    const { traffic } = compare(side.value, '==', 7, carried, scope);
    expect(packets.space.residuesIn(traffic, 'h', 3)).toEqual([0, 2]);
  });
});
