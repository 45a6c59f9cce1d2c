import { describe, expect, test } from 'vitest';
import {
  type Frame,
  fate,
  fits,
  parseFilters,
  parseIp,
  parseQueues,
  queueing,
  type TrafficFilter,
} from '../../src/address/index.ts';
import { captured, text } from './capture.ts';

const filters = (name: string) => parseFilters(text(`way/iproute61-${name}.txt`).split('\n'));
const ingress = filters('tc-ingress').read;
const by = (all: readonly TrafficFilter[], preference: number): TrafficFilter => {
  const found = all.find((one) => one.preference === preference);
  if (found === undefined) throw new Error(`no filter of preference ${preference}`);
  return found;
};
const frame = (vip: string, more: Partial<Frame> = {}): Frame => {
  const ip = parseIp(vip);
  if (ip === null) throw new Error(vip);
  return { protocol: ip.family === 4 ? 'ip' : 'ipv6', vip: ip, side: 'destination', mac: '01:23:45:67:89:ab', ...more };
};
const vip = frame('10.77.0.100');
const six = frame('2001:db8::100');

describe('filters of traffic control', () => {
  test.each(['tc-ingress', 'tc-egress', 'tc-root', 'tc-bridge'])('%s is read to its last line', (name) => {
    expect(filters(name).unread).toEqual([]);
  });

  test('they are in order of preference, without the heads of their lists', () => {
    expect(ingress.map(({ preference }) => preference)).toEqual([5, 6, 7, 8, 10, 20, 21, 22, 30, 31, 32, 49152]);
  });

  test.each([
    ['by the cluster MAC', 5, vip, 'all', 'redirect'],
    ['by another MAC', 5, { ...vip, mac: '01:23:45:67:89:ac' }, 'none', 'redirect'],
    ['by an IPv6 address', 6, six, 'all', 'drop'],
    ['an IPv6 filter, over IPv4', 6, vip, 'none', 'drop'],
    ['ARP for the VIP', 7, { ...vip, protocol: 'arp' }, 'all', 'drop'],
    ['ARP for another address', 7, { ...frame('10.77.0.101'), protocol: 'arp' }, 'none', 'drop'],
    ['a VLAN tag', 8, vip, 'none', 'pass'],
    ['a network and a port', 10, vip, 'some', 'drop'],
    ['u32, by the address', 20, vip, 'all', 'drop'],
    ['u32, by another address', 20, frame('10.77.0.101'), 'none', 'drop'],
    ['u32, by source, protocol and port', 21, vip, 'some', 'drop'],
    ['u32, by an IPv6 address', 22, six, 'all', 'drop'],
    ['u32, by another IPv6 address', 22, frame('2001:db8::101'), 'none', 'drop'],
    ['a copy of everything', 30, vip, 'all', 'pass'],
    ['police', 31, vip, 'all', 'unread'],
    ['a network of clients', 32, vip, 'some', 'pass'],
    ['flower, by the address', 49152, vip, 'all', 'drop'],
    ['flower, by another address', 49152, frame('10.77.0.99'), 'none', 'drop'],
  ] as const)('on the way in: %s', (_, preference, packet, which, what) => {
    expect([fits(by(ingress, preference), packet), fate(by(ingress, preference))]).toEqual([which, what]);
  });

  test.each([
    ['answers to a network', 1, 'some', 'drop'],
    ['a match of basic', 2, 'some', 'drop'],
    ['a mark', 3, 'some', 'drop'],
    ['one packet in five', 4, 'all', 'unread'],
  ] as const)('on the way out: %s', (_, preference, which, what) => {
    const { read } = filters('tc-egress');
    const answer = frame('10.77.0.100', { side: 'source', mac: null });
    expect([fits(by(read, preference), answer), fate(by(read, preference))]).toEqual([which, what]);
  });

  test('what edits a packet passes it on to the next action', () => {
    const [filter] = filters('tc-bridge').read;
    expect(filter?.actions).toEqual([{ kind: 'edit', text: 'skbedit mark 5 pipe' }, { kind: 'drop' }]);
    expect(filter && fate(filter)).toBe('drop');
  });

  test('a program that decides by itself cannot be read', () => {
    const lines = [
      'filter protocol all pref 49152 bpf chain 0 ',
      'filter protocol all pref 49152 bpf chain 0 handle 0x1 c:[*fsobj] direct-action not_in_hw id 107 name  tag 614b434cd8324ecc jited ',
    ];
    const [filter] = parseFilters(lines).read;
    expect(filter && [fits(filter, vip), fate(filter)]).toEqual(['some', 'unread']);
  });

  test('lines that belong to no filter are given back', () => {
    expect(parseFilters(['  match 0a4d0064/ffffffff at 16', 'filter of a new kind'])).toEqual({
      read: [],
      unread: ['  match 0a4d0064/ffffffff at 16', 'filter of a new kind'],
    });
  });
});

describe('queueing disciplines', () => {
  test('every line is read', () => {
    const { read, unread } = parseQueues(captured('way/iproute61-qdisc.txt'));
    expect(unread).toEqual([]);
    expect(read.map((queue) => [queue.ifname, queue.kind, queueing(queue)])).toContainEqual([
      'eth1',
      'clsact',
      'filters',
    ]);
    expect(read.map((queue) => [queue.ifname, queue.kind, queueing(queue)])).toContainEqual([
      'br0',
      'ingress',
      'filters',
    ]);
    expect(read.map((queue) => [queue.ifname, queue.kind, queueing(queue)])).toContainEqual(['lo', 'noqueue', 'plain']);
  });

  test.each([
    ['qdisc netem 8001: dev eth1 root refcnt 2 limit 1000 loss 100%', 'other', 'limit 1000 loss 100%'],
    ['qdisc fq_codel 0: dev eth0 parent :1 limit 10240p flows 1024', 'plain', 'limit 10240p flows 1024'],
    ['qdisc ingress ffff: dev br0 parent ffff:fff1 ---------------- ', 'filters', ''],
    ['qdisc pfifo_fast 0: dev eth0 root refcnt 2 bands 3 priomap  1 2', 'plain', 'bands 3 priomap  1 2'],
    ['qdisc mq 0: [offloaded] dev eth0 root', 'plain', ''],
  ])('%s', (line, how, options) => {
    const [queue] = parseQueues([line]).read;
    expect(queue && [queueing(queue), queue.options]).toEqual([how, options]);
  });
});
