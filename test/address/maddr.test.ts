import { expect, test } from 'vitest';
import { isMulticastMac, isOrdinaryGroup, parseMac, parseSubscriptions } from '../../src/address/index.ts';
import { captured, json } from './capture.ts';

/** The link-layer groups of an interface as `ip -j maddr` gave them. */
function groups(name: string, ifname: string) {
  const maddr = json(name).find((one) => one['ifname'] === ifname)?.['maddr'];
  return (Array.isArray(maddr) ? maddr : []).filter(({ link }) => link !== undefined);
}

test.each([
  ['clusterip61', 'e0'],
  ['modern-nft-n1', 'eth0'],
])('the groups of dev_mcast are those of ip maddr, and so is who added them (%s)', (name, ifname) => {
  const read = parseSubscriptions(captured(`cluster/${name}-dev_mcast.txt`)).filter((one) => one.ifname === ifname);
  const said = groups(`cluster/${name}-maddr.json`, ifname);
  expect(said.length).toBeGreaterThan(2);
  expect(new Set(read.map(({ mac }) => mac))).toEqual(new Set(said.map(({ link }) => link)));
  expect(read.filter(({ byHand }) => byHand).map(({ mac }) => mac)).toEqual(
    said.filter(({ features }) => features === 'static').map(({ link }) => link),
  );
});

test('a cluster MAC is told from the groups of the host itself', () => {
  const macs = parseSubscriptions(captured('cluster/modern-ipt-n1-dev_mcast.txt')).map(({ mac }) => mac);
  expect(macs.filter((mac) => !isOrdinaryGroup(mac))).toEqual(['01:23:45:67:89:ab']);
});

test.each([
  ['01:23:45:67:89:AB', '01:23:45:67:89:ab', true],
  ['01-00-5e-14-00-64', '01:00:5e:14:00:64', true],
  ['00005E000133', '00:00:5e:00:01:33', false],
])('%s', (given, mac, multicast) => {
  expect(parseMac(given)).toBe(mac);
  expect(isMulticastMac(mac)).toBe(multicast);
});
