import { describe, expect, test } from 'vitest';
import { judgePlacement, type WantedPlacement } from '../../src/member/index.ts';
import { type Situation, vip } from '../snapshot_text.ts';
import { eth1, member, vipOn } from './member.ts';

const wanted: WantedPlacement = { vip, ifname: null, loopback: 'refused', loss: null };
const failed = ['! Cannot open netlink socket', '= exit 1'];
const both = [...eth1(), '4: eth2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP'];
const eth2Down = [...eth1(), '4: eth2: <BROADCAST,MULTICAST> mtu 1500 state DOWN'];
const six = (flags: string): Situation => ({
  vip: '2001:db8::100',
  addr: [`3: eth1    inet6 2001:db8::100/64 scope global ${flags}`],
});

type Row = {
  readonly node: Situation;
  readonly wanted?: Partial<WantedPlacement>;
  readonly standing: string;
  readonly usable: boolean | null;
  /** State and brief of each fault. */
  readonly says?: readonly string[];
};

const rows: Readonly<Record<string, Row>> = {
  'on an interface that works': { node: {}, standing: 'placed', usable: true },
  nowhere: { node: { addr: vipOn() }, standing: 'absent', usable: false },
  'addresses that could not be read are not taken for none': {
    node: { sections: { addr: failed } },
    standing: 'unread',
    usable: null,
    says: ['UNKNOWN n1: addresses not read'],
  },
  'interfaces that could not be read leave it open whether it works': {
    node: { sections: { link: failed } },
    standing: 'placed',
    usable: null,
    says: ['UNKNOWN n1: interface eth1 not read'],
  },
  'an interface that ip does not list': {
    node: { link: eth1().slice(0, 1) },
    standing: 'placed',
    usable: null,
    says: ['UNKNOWN n1: interface eth1 not read'],
  },
  'an interface that is down still lists the VIP': {
    node: { link: eth1('BROADCAST,MULTICAST') },
    standing: 'placed',
    usable: false,
    says: ['CRITICAL n1: eth1 is down'],
  },
  'no carrier': {
    node: { link: eth1('NO-CARRIER,BROADCAST,MULTICAST,UP') },
    standing: 'placed',
    usable: false,
    says: ['CRITICAL n1: eth1 has no carrier'],
  },
  'refused as a duplicate': {
    node: six('tentative dadfailed'),
    standing: 'placed',
    usable: false,
    says: ['CRITICAL n1: the VIP is refused as a duplicate'],
  },
  tentative: {
    node: six('tentative'),
    standing: 'placed',
    usable: true,
    says: ['WARNING n1: the VIP is tentative'],
  },
  'optimistic addresses are used while they are tentative': {
    node: six('optimistic tentative'),
    standing: 'placed',
    usable: true,
  },
  'in two places': {
    node: { addr: vipOn('eth1', 'eth2'), link: both },
    standing: 'placed',
    usable: true,
    says: ['WARNING n1 has it 2 times'],
  },
  'in two places, one of them dead': {
    node: { addr: vipOn('eth1', 'eth2'), link: eth2Down },
    standing: 'placed',
    usable: true,
    says: ['CRITICAL n1: eth2 is down', 'WARNING n1 has it 2 times'],
  },
  'in two places, the rule on the one that works': {
    node: { addr: vipOn('eth1', 'eth2'), link: eth2Down },
    wanted: { ifname: 'eth1', loopback: 'counts' },
    standing: 'placed',
    usable: true,
    says: ['WARNING n1 has it 2 times'],
  },
  'on another interface': { node: {}, wanted: { ifname: 'eth0' }, standing: 'elsewhere', usable: true },
  'on loopback alone, where that is no place': { node: { addr: vipOn('lo') }, standing: 'loopback', usable: false },
  'on loopback alone, where that does not count': {
    node: { addr: vipOn('lo') },
    wanted: { loopback: 'ignored' },
    standing: 'loopback',
    usable: false,
  },
  'on loopback alone, where a rule takes its frames by a card': {
    node: { addr: vipOn('lo') },
    wanted: { loopback: 'counts', ifname: 'eth1' },
    standing: 'placed',
    usable: true,
  },
  'on loopback beside a card is twice, where loopback is no place': {
    node: { addr: vipOn('eth1', 'lo') },
    standing: 'placed',
    usable: true,
    says: ['WARNING n1 has it 2 times'],
  },
  'on loopback beside a card': {
    node: { addr: vipOn('eth1', 'lo') },
    wanted: { loopback: 'counts' },
    standing: 'placed',
    usable: true,
  },
};

describe('where a node has the VIP', () => {
  test.each(Object.entries(rows))('%s', (_, { node, wanted: change, standing, usable, says = [] }) => {
    const judged = judgePlacement(member('n1', node), { ...wanted, ...change });
    const faults = judged.faults.map(({ state, brief }) => `${state} ${brief}`);
    expect({ standing: judged.standing, usable: judged.usable, faults }).toEqual({ standing, usable, faults: says });
    expect(judged.places.length > 0).toBe(standing === 'placed');
  });

  test('what its clients suffer stands behind the fault, before the repair', () => {
    const say = (node: Situation) =>
      judgePlacement(member('n1', node), { ...wanted, loss: 'clients of bucket 2 get no answer' }).faults[0]?.text;
    expect(say({ link: eth1('BROADCAST') })).toBe(
      'n1: eth1, which has the VIP, is down (ip link set eth1 up): clients of bucket 2 get no answer',
    );
    expect(say(six('dadfailed'))).toContain('on eth1: clients of bucket 2 get no answer. Find the other owner');
  });
});
