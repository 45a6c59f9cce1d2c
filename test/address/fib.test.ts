import { describe, expect, test } from 'vitest';
import { type FibRoute, parseBlock, parseFib, parseFibGaps, wholeFamily } from '../../src/address/index.ts';
import { captured } from './capture.ts';

const hop = { via: null, dev: 'eth1', onlink: false, flags: [] };
const gateway = (via: string) => ({ ...hop, via });

describe('the routes of all tables', () => {
  test.each([
    ['iproute61-routes4', 4],
    ['iproute61-routes4-down', 4],
    ['iproute61-routes4-inet6', 4],
    ['iproute61-routes6', 6],
    ['busybox1.35-routes4', 4],
    ['busybox1.35-routes6', 6],
  ] as const)('%s is read to its last line', (name, family) => {
    const lines = captured(`way/${name}.txt`);
    const { read, unread } = parseFib(lines, family);
    expect(unread).toEqual([]);
    expect(read).toHaveLength(lines.length);
  });

  const { read: four } = parseFib(captured('way/iproute61-routes4.txt'), 4);
  const { read: six } = parseFib(captured('way/iproute61-routes6.txt'), 6);
  const { read: mixed } = parseFib(captured('way/iproute61-routes4-inet6.txt'), 4);

  test.each<readonly [readonly FibRoute[], string, Partial<FibRoute>]>([
    [four, 'default via 10.77.0.9 dev eth1', { prefix: 0, block: wholeFamily(4), hops: [gateway('10.77.0.9')] }],
    [four, 'default via 10.77.0.8 dev eth1 metric 200', { metric: 200 }],
    [four, 'default via 10.77.0.7 dev eth1 table 100', { table: '100' }],
    [four, 'throw 10.3.0.0/16 table 100', { type: 'throw', table: '100', hops: [], prefix: 16 }],
    [four, 'blackhole 10.200.0.0/16', { type: 'blackhole', block: parseBlock('10.200.0.0/16') ?? wholeFamily(4) }],
    [
      four,
      '10.9.0.0/16 nexthop via 10.77.0.9 dev eth1 weight 2 nexthop via 10.77.0.8 dev eth1 weight 1',
      { hops: [gateway('10.77.0.9'), gateway('10.77.0.8')] },
    ],
    [
      four,
      '10.10.0.0/16 via 10.99.0.1 dev eth1 src 10.77.0.1 onlink mtu lock 1400 advmss 1300',
      { hops: [{ ...gateway('10.99.0.1'), onlink: true }], source: '10.77.0.1' },
    ],
    [four, '10.12.0.0/16 tos 0x10 via 10.77.0.9 dev eth1', { others: ['tos 0x10'] }],
    [four, '10.13.0.0/16 nhid 5 via 10.77.0.9 dev eth1', { hops: [gateway('10.77.0.9')] }],
    [
      four,
      '10.16.0.0/16  encap ip id 5 src 0.0.0.0 dst 10.77.0.9 ttl 0 tos 0 dev eth1 scope link',
      { others: ['encap ip id 5 src 0.0.0.0 dst 10.77.0.9 ttl 0 tos 0'], hops: [hop] },
    ],
    [
      four,
      'local 10.77.0.100 dev eth1 table local proto kernel scope host src 10.77.0.1',
      { type: 'local', table: 'local', prefix: 32, proto: 'kernel' },
    ],
    [mixed, '10.11.0.0/16 via inet6 2001:db8::1 dev eth1', { hops: [gateway('2001:db8::1')] }],
    [
      mixed,
      '10.9.0.0/16 nexthop via 10.77.0.9 dev eth1 weight 2 nexthop via inet6 2001:db8::8 dev eth1 weight 1',
      { hops: [gateway('10.77.0.9'), gateway('2001:db8::8')] },
    ],
    [
      six,
      '2001:db8:3::/48 from 2001:db8::/64 via 2001:db8::9 dev eth1 metric 1024 pref medium',
      { from: parseBlock('2001:db8::/64'), prefix: 48, metric: 1024 },
    ],
    [
      six,
      '2001:db8:2::/48 metric 1024 pref medium nexthop via 2001:db8::9 dev eth1 weight 1 nexthop via 2001:db8::8 dev eth1 weight 1',
      { hops: [gateway('2001:db8::9'), gateway('2001:db8::8')] },
    ],
    [six, 'unreachable 2001:db8:4::/48 dev lo metric 1024 pref medium', { type: 'unreachable', table: 'main' }],
  ])('%#: %s', (routes, text, facts) => {
    expect(routes.find((route) => route.text === text)).toMatchObject(facts);
  });

  test('a next hop that is dead is known as that', () => {
    const [route] = parseFib(['10.0.0.0/8 via 10.77.0.9 dev eth1 dead linkdown '], 4).read;
    expect(route?.hops).toEqual([{ ...gateway('10.77.0.9'), flags: ['dead', 'linkdown'] }]);
  });

  test.each(['10.0.0.0/33 dev eth1', 'default via nowhere dev eth1', '10.0.0.0/8 dev eth1 newfangled', 'Error: no'])(
    '"%s" is given back unread',
    (line) => {
      expect(parseFib([line], 4)).toEqual({ read: [], unread: [line] });
    },
  );
});

describe('what the script left out of them', () => {
  test.each([
    ['main, 9700 unicast routes via 10.77.0.9 dev eth1', { count: 9700, type: 'unicast', hop: gateway('10.77.0.9') }],
    ['main, 40 unicast routes dev eth1 src 10.77.0.1', { count: 40, hop }],
    ['main, 40 unicast routes via inet6 fe80::1 dev eth1', { hop: gateway('fe80::1') }],
    ['main, 4900 blackhole routes', { count: 4900, type: 'blackhole', hop: null }],
    ['local, 300 local routes', { table: 'local', type: 'local' }],
  ])('%s', (text, facts) => {
    expect(parseFibGaps([text]).read[0]).toMatchObject({ ...facts, text });
  });

  test('what leads where the route around it leads is no gap', () => {
    expect(parseFibGaps(['main, 9000 routes that lead where the route around them leads'])).toEqual({
      read: [],
      unread: [],
    });
  });

  test('anything else is given back unread', () => {
    const text = 'words that the ip of BusyBox does not know (not, ipproto)';
    expect(parseFibGaps([text])).toEqual({ read: [], unread: [text] });
  });
});
