import type { State } from '../../../src/plugin/index.ts';

/** A host's routes, what is asked of it, and what must be said. */
export type SourceScenario = {
  readonly name: string;
  /** Commands upon the fresh host `n1`. */
  readonly setup: string;
  readonly source?: string;
  readonly targets: readonly string[];
  readonly args?: readonly string[];
  readonly state: State;
  /** Part of the output where the host itself is asked. */
  readonly says: string;
  /** The same where it is asked through its snapshot, if that says it in other words. */
  readonly node?: string;
};

/** What the agent IPsrcaddr does: the connected and the default route get the VIP as their source. */
const sourceSet = `
ip -n n1 route replace 192.0.2.0/24 dev eth0 scope link src 192.0.2.100
ip -n n1 route replace default via 192.0.2.1 src 192.0.2.100`;

export const sourceScenarios: readonly SourceScenario[] = [
  {
    name: 'a route with the VIP as its source is fine',
    setup: sourceSet,
    targets: ['203.0.113.7', '192.0.2.50'],
    state: 'OK',
    says: 'all 2 targets are reached from 192.0.2.100',
    node: '203.0.113.7 is reached from 192.0.2.100',
  },
  {
    name: 'a route without a source leaves with the own address',
    setup: '',
    targets: ['203.0.113.7'],
    state: 'CRITICAL',
    says: '203.0.113.7 is reached from 192.0.2.11, expected 192.0.2.100. The route that wins has no "src 192.0.2.100"',
  },
  {
    name: 'removing the VIP takes every route with it',
    setup: `${sourceSet}\nip -n n1 addr del 192.0.2.100/24 dev eth0`,
    targets: ['203.0.113.7'],
    state: 'CRITICAL',
    says: '203.0.113.7 cannot be reached: no route',
  },
  {
    name: 'without the VIP a route of the own address is named as such',
    setup: 'ip -n n1 addr del 192.0.2.100/24 dev eth0',
    targets: ['203.0.113.7'],
    state: 'CRITICAL',
    says: '203.0.113.7 is reached from 192.0.2.11, expected 192.0.2.100. 192.0.2.100 is not on this host',
    node: '203.0.113.7 is reached from 192.0.2.11, expected 192.0.2.100. 192.0.2.100 is not on n1',
  },
  {
    name: 'a default route of a lower metric without a source wins',
    setup: `
ip -n n1 route replace default via 192.0.2.1 src 192.0.2.100 metric 100
ip -n n1 route del default via 192.0.2.1 metric 0
ip -n n1 route add default via 192.0.2.2 metric 50`,
    targets: ['203.0.113.7'],
    state: 'CRITICAL',
    says: '203.0.113.7 is reached from 192.0.2.11, expected 192.0.2.100',
  },
  {
    name: 'a multipath route without a source wins over the default with one',
    setup: `
ip -n n1 route replace default via 192.0.2.1 src 192.0.2.100 metric 100
ip -n n1 route del default via 192.0.2.1 metric 0
ip -n n1 route add default metric 50 nexthop via 192.0.2.1 dev eth0 nexthop via 198.51.100.1 dev eth1`,
    targets: ['203.0.113.7', '203.0.113.8', '203.0.113.9'],
    state: 'CRITICAL',
    says: 'expected 192.0.2.100',
    node: '203.0.113.',
  },
  {
    name: 'a multipath route with the source is fine',
    setup: `
ip -n n1 route del default
ip -n n1 route add default src 192.0.2.100 nexthop via 192.0.2.1 dev eth0 nexthop via 198.51.100.1 dev eth1`,
    targets: ['203.0.113.7', '203.0.113.8', '203.0.113.9'],
    state: 'OK',
    says: 'all 3 targets are reached from 192.0.2.100',
    node: '203.0.113.7 is reached from 192.0.2.100',
  },
  {
    name: 'a policy rule sends one target by another table',
    setup: `${sourceSet}
ip -n n1 rule add to 203.0.113.0/24 lookup 100
ip -n n1 route add default via 198.51.100.1 dev eth1 table 100`,
    targets: ['203.0.113.7', '8.8.8.8'],
    state: 'CRITICAL',
    says: '203.0.113.7 is reached from 198.51.100.11, expected 192.0.2.100',
  },
  ...(['unreachable', 'prohibit', 'blackhole'] as const).map((type) => ({
    name: `a route of type ${type} is named`,
    setup: `${sourceSet}\nip -n n1 route add ${type} 203.0.113.0/24`,
    targets: ['203.0.113.7'],
    state: 'CRITICAL' as const,
    says: {
      unreachable: '203.0.113.7 cannot be reached: an unreachable route',
      prohibit: '203.0.113.7 cannot be reached: the kernel forbids it (a prohibit route',
      blackhole: '203.0.113.7 cannot be reached: a blackhole route',
    }[type],
  })),
  {
    name: 'an address of the host itself is no target',
    setup: sourceSet,
    targets: ['192.0.2.11'],
    state: 'UNKNOWN',
    says: '192.0.2.11 is an address of this host itself: packets to it never leave the host',
    node: '192.0.2.11 is an address of n1 itself: packets to it never leave the host',
  },
  {
    name: 'neither is loopback',
    setup: sourceSet,
    targets: ['127.0.0.2'],
    state: 'UNKNOWN',
    says: '127.0.0.2 is an address of this host itself',
    node: '127.0.0.2 is an address of n1 itself',
  },
  {
    name: 'the passive node of a pair is fine',
    setup: 'ip -n n1 addr del 192.0.2.100/24 dev eth0',
    targets: ['203.0.113.7'],
    args: ['--if-active', '192.0.2.100'],
    state: 'OK',
    says: 'this host does not have 192.0.2.100: it is passive, and not judged',
    node: 'n1 does not have 192.0.2.100: it is passive, and not judged',
  },
  {
    name: 'the active one is judged',
    setup: '',
    targets: ['203.0.113.7'],
    args: ['--if-active', '192.0.2.100'],
    state: 'CRITICAL',
    says: '203.0.113.7 is reached from 192.0.2.11',
  },
  {
    name: 'IPv6: the address that was added last becomes the source',
    setup: 'ip -n n1 addr add 2001:db8::100/64 dev eth0 nodad',
    source: '2001:db8::11',
    targets: ['2001:db8::50'],
    state: 'CRITICAL',
    says: '2001:db8::50 is reached from 2001:db8::100, expected 2001:db8::11',
  },
  {
    name: 'IPv6: a deprecated VIP is no source',
    setup: 'ip -n n1 addr add 2001:db8::100/64 dev eth0 nodad preferred_lft 0',
    source: '2001:db8::11',
    targets: ['2001:db8::50'],
    state: 'OK',
    says: '2001:db8::50 is reached from 2001:db8::11',
  },
  {
    name: 'IPv6: without a route there is none',
    setup: '',
    source: '2001:db8::11',
    targets: ['2001:db8:ffff::1'],
    state: 'CRITICAL',
    says: '2001:db8:ffff::1 cannot be reached: no route, although 2001:db8::11 is there',
  },
];
