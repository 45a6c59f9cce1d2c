import { describe, expect, test } from 'vitest';
import type { View } from '../../src/address/index.ts';
import { type Member, memberFacts } from '../../src/member/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { judgeVip, reportVip, type WantedVip } from '../../src/vip/index.ts';
import { type Situation, snapshotText, vip } from '../snapshot_text.ts';

const wanted: WantedVip = {
  ...{ vip, prefix: null, expect: 'all', ifname: undefined, mac: undefined, skipMac: false, skipArp: false },
  ...{ allowLo: false, arpMangle: false, unreachable: 'CRITICAL' },
};

function node(name: string, situation: Situation = {}): Member {
  const snapshot = parseSnapshot(snapshotText({ name, ...situation }));
  if (!snapshot.ok) throw new Error(snapshot.reason);
  return memberFacts(name, snapshot.value, vip);
}

function report(nodes: readonly Member[], over: Partial<WantedVip> = {}, view: View | null = null) {
  const all = { ...wanted, ...over };
  const { state, summary, findings } = reportVip(judgeVip(nodes, view, all), all);
  return { line: `[${state}] ${summary}`, texts: findings.map((one) => `[${one.state}] ${one.text}`).join('\n') };
}

const failed = ['! Cannot open netlink socket', '= exit 1'];

describe('what could not be read is never OK', () => {
  test('addresses: it is not said that the node lacks the VIP', () => {
    for (const expect_ of ['all', 1, 0] as const) {
      const { line, texts } = report([node('n1', { sections: { addr: failed } })], { expect: expect_ });
      expect(line).toBe(`[UNKNOWN] ${vip}: n1: addresses not read`);
      expect(texts).not.toContain('does not have');
    }
  });

  test('addresses of one node, while the other has the VIP', () => {
    const nodes = [node('n1'), node('n2', { sections: { addr: failed } })];
    expect(report(nodes).line).toBe(`[UNKNOWN] ${vip}: n2: addresses not read`);
    expect(report(nodes, { expect: 1 }).line).toBe(`[UNKNOWN] ${vip}: n2: addresses not read`);
  });

  test('interfaces, or the very interface of the VIP', () => {
    expect(report([node('n1', { sections: { link: failed } })]).line).toMatch(/^\[UNKNOWN\] .*interface eth1 not read/);
    const link = ['1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN'];
    expect(report([node('n1', { link })]).line).toMatch(/^\[UNKNOWN\] .*interface eth1 not read/);
  });

  test('link-layer groups', () => {
    const { line } = report([node('n1', { sections: { maddr: failed } })]);
    expect(line).toBe(`[UNKNOWN] ${vip}: n1: link-layer groups not read`);
  });

  test('lines of ip that mean nothing', () => {
    expect(report([node('n1', { addr: ['Usage: ip addr ...'] })]).line).toBe(
      `[UNKNOWN] ${vip}: n1: addresses not read`,
    );
  });
});

describe('filters of traffic control', () => {
  const read = (...lines: readonly string[]) => [...lines.map((line) => `> ${line}`), '= exit 0'];
  const dropping = (address: string) => ({
    sections: {
      'qdisc: tc qdisc show': read('qdisc clsact ffff: dev eth1 parent ffff:fff1'),
      'tc-ingress eth1: tc filter show dev eth1 ingress': read(
        'filter protocol ip pref 49152 flower chain 0 handle 0x1 ',
        '  eth_type ipv4',
        `  dst_ip ${address}`,
        '  not_in_hw',
        '\taction order 1: gact action drop',
      ),
    },
  });
  const without = { sections: { 'qdisc: tc qdisc show': read() } };

  test('that drop the VIP are CRITICAL, for load sharing and for failover', () => {
    const { line, texts } = report([node('n1', without), node('n2', dropping(vip))]);
    expect(line).toMatch(/^\[CRITICAL\] .*n2: tc ingress on eth1 drops everything/);
    expect(texts).toContain('Fix: tc filter del dev eth1 ingress');
    expect(report([node('n1', dropping(vip))], { expect: 1 }).line).toMatch(/^\[CRITICAL\] .*tc ingress/);
  });

  test('that drop another address are nothing', () => {
    expect(report([node('n1', without), node('n2', dropping('192.168.56.77'))]).texts).not.toMatch(/tc ingress/);
  });

  test('that were not asked for are said where nodes are asked for all of the way', () => {
    expect(report([node('n1'), node('n2')]).texts).toMatch(/not looked at: traffic control filters on n1 and n2/);
    expect(report([node('n1'), node('n2')], { skipMac: true }).texts).not.toContain('traffic control');
    expect(report([node('n1')], { expect: 1 }).texts).not.toContain('traffic control');
  });
});

describe('the MAC where no rule names it', () => {
  const unruled = (name: string, ...digits: readonly string[]) =>
    node(name, { held: null, maddr: digits.map((one) => `3    eth1            1     0     ${one}`) });

  test('groups of LLDP, spanning tree, CDP and PTP are no cluster MACs', () => {
    const own = ['01005e000001', '333300000001', '0180c200000e', '0180c2000000', '01000ccccccc', '011b19000000'];
    expect(report([unruled('n1', ...own), unruled('n2', ...own)]).line).toBe(
      `[WARNING] ${vip}: the cluster MAC is not known: give --mac (+1 more)`,
    );
  });

  test('several in common leave it open which one is meant', () => {
    const macs = ['0123456789ab', '0123456789cd'];
    expect(report([unruled('n1', ...macs), unruled('n2', ...macs)]).line).toMatch(/^\[WARNING\] .*is not known/);
  });
});

describe('nodes that say nothing', () => {
  const silent: Member = { name: 'n2', reached: false, reason: 'no answer within 8.5 s' };

  test('all of them', () => {
    expect(report([silent]).line).toBe(`[CRITICAL] ${vip}: n2 is unreachable: no answer within 8.5 s`);
    expect(report([silent], { expect: 0 }).line).toBe(`[WARNING] ${vip}: n2 is unreachable: no answer within 8.5 s`);
    expect(report([silent], { unreachable: 'UNKNOWN' }).line).toBe(
      `[UNKNOWN] ${vip}: n2 is unreachable: no answer within 8.5 s`,
    );
  });

  test('do not hide a split brain of the others', () => {
    const { line } = report([node('n1'), silent, node('n3')], { expect: 1 });
    expect(line).toBe(`[CRITICAL] ${vip}: split brain: n1 and n3 both have it`);
  });

  test('nothing at all was asked', () => {
    expect(report([]).line).toMatch(/^\[UNKNOWN\]/);
  });
});

test('a reply that was lost does not make a node vanish from the count', () => {
  const view = (replies: number): View => ({
    ...{ kind: 'arp', ifname: 'eth0', rounds: 3 },
    replies: Array.from({ length: replies }, () => '01:23:45:67:89:ab'),
  });
  expect(report([], { expect: 2 }, view(6)).line).toMatch(/^\[OK\]/);
  expect(report([], { expect: 2 }, view(5)).line).toMatch(/^\[OK\]/);
  expect(report([], { expect: 2 }, view(3)).line).toMatch(/^\[WARNING\] .*1 node answers from here, expected 2/);
});
