import { describe, expect, test } from 'vitest';
import { hostSetting, ipv4Setting, ipv6Setting, parseSettings } from '../../src/address/index.ts';

const settings = parseSettings([
  'net.ipv4.tcp_l3mdev_accept = 0',
  'net.ipv4.conf.all.rp_filter = 1',
  'net.ipv4.conf.default.rp_filter = 2',
  'net.ipv4.conf.eth1.rp_filter = 0',
  'net.ipv4.conf.eth0.10.rp_filter = 0',
  'net.ipv4.conf.all.arp_ignore = 0',
  'net.ipv4.conf.default.arp_ignore = 0',
  'net.ipv4.conf.eth1.arp_ignore = 2',
  'net.ipv6.conf.all.disable_ipv6 = 1',
  'net.ipv6.conf.default.disable_ipv6 = 1',
  'net.ipv6.conf.eth1.disable_ipv6 = 0',
]);

describe('settings of the network', () => {
  test.each([
    ['the larger one of its own and all', 'eth1', 'rp_filter', 1],
    ['a name with a dot in it', 'eth0.10', 'rp_filter', 1],
    ['an interface that is not listed has that of default', 'eth2', 'rp_filter', 2],
    ['its own', 'eth1', 'arp_ignore', 2],
    ['no other one', 'eth2', 'arp_ignore', 0],
    ['a setting that the kernel does not have', 'eth1', 'arp_filter', null],
  ] as const)('IPv4: %s', (_, ifname, name, value) => {
    expect(ipv4Setting(settings, ifname, name)).toBe(value);
  });

  test.each([
    ['its own, whatever all says', 'eth1', 0],
    ['that of default', 'eth2', 1],
  ])('IPv6: %s', (_, ifname, value) => {
    expect(ipv6Setting(settings, ifname, 'disable_ipv6')).toBe(value);
    expect(ipv6Setting(settings, ifname, 'drop_unicast_in_l2_multicast')).toBeNull();
  });

  test('of the host', () => {
    expect(hostSetting(settings, 'net.ipv4.tcp_l3mdev_accept')).toBe(0);
    expect(hostSetting(settings, 'net.ipv4.udp_l3mdev_accept')).toBeNull();
  });
});
