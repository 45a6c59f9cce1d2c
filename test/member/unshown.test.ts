import { describe, expect, test } from 'vitest';
import { unshownRoutes } from '../../src/member/index.ts';
import { member } from './member.ts';
import { byGateway, type Given, judged, onLink, said, states } from './replies.ts';

const card = (name: string, flags = 'BROADCAST,MULTICAST,UP,LOWER_UP') => `4: ${name}: <${flags}> mtu 1500 state UP`;
const up = [card('eth1'), card('eth2')];
const down = [card('eth1'), card('eth2', 'NO-CARRIER,BROADCAST,MULTICAST,UP')];
const n2 = (leftOut: string, link: readonly string[] = up): Given => ({ leftOut: [leftOut], link });

describe('routes that a snapshot leaves out', () => {
  test('by the card of the VIP are not spoken of', () => {
    expect(said(judged([{}, n2('main, 600 unicast routes via 192.168.56.2 dev eth1')]))).toBe('');
  });

  test('by a card without carrier are WARNING', () => {
    const stretches = judged([{}, n2('main, 600 unicast routes via 192.168.99.1 dev eth2', down)]);
    expect(states(stretches)).toEqual(['WARNING']);
    expect(said(stretches)).toMatch(/n2: 600 routes that its snapshot leaves out lead by eth2, which has no carrier/);
  });

  test('by another card are WARNING on one node, and nothing where all nodes are alike', () => {
    const aside = n2('main, 600 unicast routes via 192.168.99.1 dev eth2');
    expect(said(judged([{ link: up }, aside]))).toMatch(/WARNING\] n2: 600 routes .* lead by eth2, not by eth1/);
    expect(said(judged([aside, aside]))).toBe('');
  });

  test('that refuse networks are WARNING, and those that ban single hosts are not', () => {
    expect(said(judged([{}, n2('main, 30 blackhole routes')]))).toMatch(
      /WARNING\] n2: 30 routes .* are of type blackhole/,
    );
    expect(said(judged([{}, n2('main, 900 blackhole routes to hosts')]))).toBe('');
  });

  test('that lead where the route around them leads change nothing', () => {
    const needless = 'main, 9700 routes that lead where the route around them leads';
    expect(said(judged([{}, n2(needless)]))).toBe('');
  });

  test('are told of under -v', () => {
    const routes = {
      'rule4: ip': ['> 0:\tfrom all lookup local', '= exit 0'],
      'routes4: ip': [
        `> ${byGateway}`,
        `> ${onLink}`,
        '= left out: main, 9700 routes that lead where the route around them leads',
        '= left out: main, 600 unicast routes via 192.168.56.2 dev eth1',
        '= left out: main, 900 blackhole routes to hosts',
        '= exit 0',
      ],
    };
    expect(unshownRoutes([member('n1', { sections: routes })])).toEqual([
      'not judged one by one: routes that the snapshot of n1 leaves out (main, 600 unicast routes via 192.168.56.2 dev eth1 and main, 900 blackhole routes to hosts); they are for networks smaller than a /16 (IPv6: /32) or for single hosts',
    ]);
    expect(unshownRoutes([member('n1')])).toEqual([]);
  });

  test('what BusyBox does not print is said once for all nodes that have it', () => {
    const busybox = n2('words that the ip of BusyBox does not know (not, ipproto, sport, dport, nexthop ...)');
    expect(said(judged([busybox, busybox]))).toBe(
      '[OK] not looked at: what ip does not print about the rules and routes of n1 and n2: words that the ip of BusyBox does not know (not, ipproto, sport, dport, nexthop ...). With iproute2 installed there, it is judged',
    );
  });
});
