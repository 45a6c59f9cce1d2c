import { describe, expect, test } from 'vitest';
import { judgeReplies } from '../../src/member/index.ts';
import { trafficTo } from '../../src/netfilter/index.ts';
import { vip } from '../snapshot_text.ts';
import { member } from './member.ts';
import { byGateway, judged, local, onLink, said, states, usualRules } from './replies.ts';

const strict = [
  'net.ipv4.conf.all.rp_filter = 0',
  'net.ipv4.conf.default.rp_filter = 0',
  'net.ipv4.conf.eth1.rp_filter = 1',
];
const cards = (eth2 = 'BROADCAST,MULTICAST,UP,LOWER_UP') => [
  '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN',
  '3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP',
  `4: eth2: <${eth2}> mtu 1500 state UP`,
];

describe('the way back by the routes', () => {
  test('nodes with the same default route have nothing said of them', () => {
    expect(said(judged([{}, {}]))).toBe('');
  });

  test('a node without the default route that the other one has is CRITICAL, and that route is named', () => {
    const stretches = judged([{}, { routes: [onLink] }]);
    expect(states(stretches)).toEqual(['CRITICAL']);
    expect(said(stretches)).toMatch(
      /n2: answers to clients other than 192\.168\.56\.0\/24 \(100 % of addresses\) have no route\. Fix: .* n1: default via 192\.168\.56\.254 dev eth1/,
    );
    expect(stretches[1]?.lost.isEmpty).toBe(false);
  });

  test('a default route that no node has is no fault, and is said', () => {
    const stretches = judged([{ routes: [onLink] }, { routes: [onLink] }]);
    expect(states(stretches)).toEqual(['OK']);
    expect(said(stretches)).toMatch(
      /answers to clients other than 192\.168\.56\.0\/24 have no way back \(no route; all/,
    );
  });

  test('clients on the wire need no default route', () => {
    expect(said(judged([{}, { routes: [onLink] }], ['192.168.56.0/24']))).toBe('');
  });

  test('clients of a network that no node has a route to are lost', () => {
    expect(states(judged([{ routes: [onLink] }, { routes: [onLink] }], ['10.0.0.0/8']))).toEqual([
      'CRITICAL',
      'CRITICAL',
    ]);
  });

  const wide = '10.0.0.0/8 dev eth1 proto kernel scope link src 10.1.1.1';

  test('a netmask that is too wide on one node is told, with the gateway of the other', () => {
    const stretches = judged([{}, { routes: [byGateway, onLink, wide] }]);
    expect(states(stretches)).toEqual(['WARNING']);
    expect(said(stretches)).toContain(
      `n2: answers to clients of 10.0.0.0/8 go to the wire itself (${wide}), on n1 by the gateway 192.168.56.254: clients there that are not on that wire get no answer`,
    );
  });

  test('so is one that is too wide by one bit alone', () => {
    const twice = onLink.replace('192.168.56.0/24', '192.168.56.0/23');
    const stretches = judged([{}, { routes: [byGateway, twice] }]);
    expect(states(stretches)).toEqual(['WARNING']);
    expect(said(stretches)).toContain('n2: answers to clients of 192.168.56.0/23 go to the wire itself');
  });

  test('so is a default route without a gateway', () => {
    const stretches = judged([{}, { routes: ['default dev eth1 scope link', onLink] }]);
    expect(states(stretches)).toEqual(['WARNING']);
    expect(said(stretches)).toContain('n2: answers to all clients go to the wire itself');
  });

  test.each([
    [
      'as many nodes have them on the wire',
      [{}, { routes: [byGateway, onLink, wide] }, { routes: [byGateway, onLink, wide] }],
    ],
    ['the network is a small one', [{}, { routes: [byGateway, onLink, wide.replace('/8', '/24')] }]],
    ['all nodes are alike', [{ routes: [byGateway, onLink, wide] }, { routes: [byGateway, onLink, wide] }]],
    ['the other node stands by', [{ serves: false }, { routes: [byGateway, onLink, wide] }]],
  ])('nothing is said of it where %s', (_, nodes) => {
    expect(said(judged(nodes))).toBe('');
  });

  test('nor where no client is in that network, and one in a small one is asked for by --clients', () => {
    const nodes = [{}, { routes: [byGateway, onLink, wide.replace('/8', '/24')] }];
    expect(said(judged(nodes, ['172.0.0.0/8']))).toBe('');
    expect(states(judged(nodes, ['10.0.0.0/16']))).toEqual(['WARNING']);
  });

  test.each(['blackhole', 'unreachable', 'prohibit'])(
    'a %s route to a network of clients is CRITICAL with their share',
    (type) => {
      const stretches = judged(
        [{}, { routes: [byGateway, onLink, `${type} 10.0.0.0/8`] }],
        ['10.0.0.0/8', '172.0.0.0/8'],
      );
      expect(states(stretches)).toEqual(['CRITICAL']);
      expect(said(stretches)).toContain(
        `n2: answers to clients of 10.0.0.0/8 (50 % of the addresses of --clients) are dropped by a`,
      );
      expect(said(stretches)).toContain(`ip route del ${type} 10.0.0.0/8`);
    },
  );

  test('single hosts that a node bans by routes are no fault', () => {
    expect(states(judged([{}, { routes: [byGateway, onLink, 'blackhole 10.1.2.3'] }]))).toEqual(['OK']);
  });

  test('a whole family that every node refuses is CRITICAL, alike or not', () => {
    const rules = [...usualRules, `100:\tfrom ${vip} prohibit`];
    expect(states(judged([{ rules }, { rules }]))).toEqual(['CRITICAL', 'CRITICAL']);
  });

  test('a rule for one port takes that service alone', () => {
    const stretches = judged([{}, { rules: [...usualRules, '100:\tfrom all ipproto tcp sport 80 blackhole'] }]);
    expect(said(stretches)).toMatch(/CRITICAL.*answers to tcp port 80/);
    const lost = stretches[1]?.lost;
    expect(lost?.isEmpty).toBe(false);
    expect(lost?.within(lost.space.only({ protocol: 6n, dport: 80n }))).toBe(true);
  });

  test('a rule for something that no snapshot shows is WARNING with its text', () => {
    const stretches = judged([{}, { rules: [...usualRules, '100:\tfrom all tos 0x10 blackhole'] }]);
    expect(states(stretches)).toEqual(['WARNING']);
    expect(said(stretches)).toContain('tos 0x10');
    expect(stretches[1]?.lost.isEmpty).toBe(true);
    expect(stretches[1]?.doubt.isEmpty).toBe(false);
  });

  test('a rule for a mark counts where answers may carry one', () => {
    const rules = [...usualRules, '100:\tfrom all fwmark 0xffff prohibit'];
    expect(states(judged([{}, { rules }]))).toEqual([]);
    expect(states(judged([{}, { rules, marked: true }]))).toEqual(['WARNING']);
  });

  test('the local route of the VIP that is missing is CRITICAL', () => {
    const stretches = judged([{}, { own: local.filter((line) => !line.includes(vip)) }]);
    expect(said(stretches)).toMatch(/CRITICAL.*n2 has the VIP, but no local route/);
    expect(stretches[1]?.lost.equals(stretches[1].lost.space.all)).toBe(true);
  });

  test('a default route by a card without carrier is CRITICAL', () => {
    const routes = [onLink, 'default via 192.168.99.1 dev eth2 linkdown'];
    expect(said(judged([{}, { routes, link: cards('NO-CARRIER,BROADCAST,MULTICAST,UP') }]))).toMatch(
      /CRITICAL.*leave by eth2, which has no carrier/,
    );
  });

  test('a way by another card than on the other nodes is WARNING', () => {
    const routes = [onLink, 'default via 192.168.99.1 dev eth2'];
    expect(states(judged([{}, { routes, link: cards() }])).filter((state) => state !== 'OK')).toEqual(['WARNING']);
    const alike = said(judged(Array.from({ length: 2 }, () => ({ routes, link: cards() }))));
    expect(alike).toMatch(/leave by eth2, not by eth1/);
    expect(alike).not.toContain('WARNING');
  });

  test('strict rp_filter drops what comes from where the way back leaves by another card', () => {
    const routes = [byGateway, onLink, '10.0.0.0/8 via 192.168.62.254 dev eth2'];
    const stretches = judged([{}, { routes, link: cards(), settings: strict }]);
    expect(said(stretches)).toMatch(
      /CRITICAL\] n2: packets from clients of 10\.0\.0\.0\/8 .* rp_filter is strict on eth1, and the route back to them leaves by eth2/,
    );
  });

  test('strict rp_filter is right where the way back leaves by the same card', () => {
    expect(said(judged([{ settings: strict }, { settings: strict }]))).toBe('');
  });

  test('a line that is not understood is WARNING with its text', () => {
    const stretches = judged([{}, { rules: [...usualRules, 'whatever'] }]);
    expect(said(stretches)).toMatch(/WARNING.*not understood.*whatever/);
  });

  test('a node that holds nothing is not judged', () => {
    expect(said(judged([{}, { routes: [onLink], serves: false }]))).toBe('');
  });

  test('snapshots without routes are said to be without', () => {
    const space = trafficTo(vip);
    const repliers = ['n1', 'n2'].map((name) => ({
      node: member(name),
      space,
      ifname: 'eth1',
      serves: true,
      shared: space.all,
      leaving: null,
    }));
    const stretches = [...judgeReplies(repliers, { vip, networks: [] }).values()];
    expect(said(stretches)).toBe(
      '[OK] not looked at: the way back of answers on n1 and n2 (the rules of policy routing: not in the snapshot)',
    );
  });
});
