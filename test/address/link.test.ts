import { describe, expect, test } from 'vitest';
import { parseLinks } from '../../src/address/index.ts';
import { captured } from './capture.ts';

const none = { parent: null, master: null, kind: null, memberOf: null, mode: null, table: null, xdp: null };

describe('what an interface is', () => {
  const links = [...parseLinks(captured('way/iproute61-link.txt'))];
  const xdp = parseLinks(captured('way/iproute61-link-xdp.txt'));

  test.each([
    ['the loopback', 'lo', {}],
    ['a port of a bridge', 'peer1', { kind: 'veth', master: 'br0', memberOf: 'bridge', parent: 'eth1' }],
    ['a bridge', 'br0', { kind: 'bridge' }],
    ['a bond', 'bond0', { kind: 'bond' }],
    ['a slave of a bond', 'veth7', { kind: 'veth', master: 'bond0', memberOf: 'bond', parent: 'veth8' }],
    ['a VLAN in a VRF', 'vlan10', { kind: 'vlan', parent: 'eth1', master: 'vrf1', memberOf: 'vrf', table: '10' }],
    ['a macvlan', 'mv0', { kind: 'macvlan', parent: 'eth1', mode: 'bridge' }],
    ['a VRF', 'vrf1', { kind: 'vrf', table: '10' }],
    ['a dummy', 'dum0', { kind: 'dummy' }],
    ['a tunnel', 'vx0', { kind: 'vxlan' }],
  ])('%s', (_, ifname, facts) => {
    expect(links.find((link) => link.ifname === ifname)).toMatchObject({ ...none, ...facts });
  });

  test.each([
    ['in the driver', 'peer1', 'xdp'],
    ['in the kernel', 'eth1', 'xdpgeneric'],
    ['nowhere', 'br0', null],
  ])('a program is attached %s', (_, ifname, how) => {
    expect(xdp.find((link) => link.ifname === ifname)?.xdp).toBe(how);
  });

  test('NOARP is among the flags', () => {
    expect(xdp.find(({ ifname }) => ifname === 'eth1')?.flags).toContain('NOARP');
  });

  test.each(['addr/iproute-v3.10.0-o-link.txt', 'addr/iproute61-o-link.txt'])(
    '%s, without -d: nothing is said',
    (name) => {
      for (const link of parseLinks(captured(name)))
        expect(link).toMatchObject({ kind: null, memberOf: null, xdp: null });
    },
  );

  test('an interface may be called xdp', () => {
    const line =
      '7: xdp@eth0: <BROADCAST,UP> mtu 1500 qdisc noqueue master xdpgeneric state UP \\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 \\    vlan protocol 802.1Q id 10 <REORDER_HDR> ';
    expect(parseLinks([line])).toMatchObject([{ ifname: 'xdp', master: 'xdpgeneric', kind: 'vlan', xdp: null }]);
  });
});
