import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { memberFacts } from '../../src/member/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { type Expected, judgeVip, reportVip, type WantedVip } from '../../src/vip/index.ts';

/** The first line for the recorded snapshots of a folder. */
function judged(folder: string, vip: string, wantedOn: Expected, over: Partial<WantedVip> = {}): string {
  const wanted: WantedVip = {
    ...{ vip, prefix: null, expect: wantedOn, ifname: undefined, mac: undefined, skipMac: false, skipArp: false },
    ...{ allowLo: false, arpMangle: false, unreachable: 'CRITICAL', ...over },
  };
  const files = readdirSync(`test/fixtures/${folder}`).filter((file) => file.endsWith('.txt'));
  const facts = files.sort().map((file) => {
    const snapshot = parseSnapshot(readFileSync(`test/fixtures/${folder}/${file}`, 'utf8'));
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return memberFacts(file.replace('.txt', ''), snapshot.value, vip);
  });
  const { state, summary } = reportVip(judgeVip(facts, null, wanted), wanted);
  return `[${state}] ${summary.replace(`${vip}: `, '')}`;
}

describe('recorded CLUSTERIP clusters: the rule names the MAC', () => {
  test.each<[string, string]>([
    ['healthy', '[OK] all 2 nodes have it on eth1 with 01:23:45:67:89:ab'],
    ['three-nodes-healthy', '[OK] all 3 nodes have it on eth1 with 01:23:45:67:89:ab'],
    ['bucket-lost', '[OK] all 2 nodes have it on eth1 with 01:23:45:67:89:ab'],
    ['vip-missing', '[CRITICAL] n2 lacks it'],
    ['vip-nowhere', '[CRITICAL] no node has it'],
    ['interface-down', '[CRITICAL] n2: eth1 is down'],
    ['no-carrier', '[CRITICAL] n2: eth1 has no carrier'],
    ['ordinary-user', '[OK] all 2 nodes have it on eth1 with 01:23:45:67:89:ab'],
  ])('%s', (name, says) => {
    expect(judged(`clusterip/${name}`, '192.168.56.20', 'all')).toBe(says);
  });

  test('two cluster MACs for one address are CRITICAL', () => {
    expect(judged('clusterip/mac-differs', '192.168.56.20', 'all')).toMatch(
      /^\[CRITICAL\] cluster MAC differs \(n1 01:/,
    );
  });

  test('a MAC that no rule names is CRITICAL', () => {
    const mac = '01:23:45:67:89:cd';
    expect(judged('clusterip/healthy', '192.168.56.20', 'all', { mac })).toMatch(
      /^\[CRITICAL\] cluster MAC is 01:23:45:67:89:ab, not 01:23:45:67:89:cd/,
    );
  });

  test('CLUSTERIP answers ARP with its MAC without another rule', () => {
    const asked = judged('clusterip/healthy', '192.168.56.20', 'all', { arpMangle: true });
    expect(asked).toBe('[OK] all 2 nodes have it on eth1 with 01:23:45:67:89:ab');
  });

  test('a load-sharing pair is no failover pair', () => {
    expect(judged('clusterip/healthy', '192.168.56.20', 1)).toBe('[CRITICAL] split brain: n1 and n2 both have it');
  });
});

describe('recorded clusters of this project', () => {
  const vip = '192.0.2.100';
  test.each<[string, string, Expected, string]>([
    ['failover', vip, 1, '[OK] n1 has it on eth0, no other node'],
    ['split-brain', vip, 1, '[CRITICAL] split brain: n1 and n2 both have it'],
    ['split-brain-on-a-dead-interface', vip, 1, '[CRITICAL] n2 has it too, but cannot use it (+1 more)'],
    ['nobody', vip, 1, '[CRITICAL] no node has it'],
    ['nobody', vip, 0, '[OK] on none of 2 nodes, as expected'],
    ['load-sharing', vip, 'all', '[OK] all 2 nodes have it on eth0 with 01:23:45:67:89:ab'],
    ['load-sharing-one-lacks-it', vip, 'all', '[CRITICAL] n2 lacks it'],
    ['load-sharing-mac-on-one', vip, 'all', '[CRITICAL] n2: cluster MAC not on eth0'],
    ['duplicate', '2001:db8::100', 1, '[CRITICAL] n2 has it too, but cannot use it (+1 more)'],
  ])('%s, %s on %s', (name, address, wantedOn, says) => {
    expect(judged(`vip/${name}`, address, wantedOn)).toBe(says);
  });

  test('who answers ARP is judged unless it is skipped, and where the rule is asked for', () => {
    expect(judged('vip/load-sharing', vip, 'all', { arpMangle: true })).toMatch(/^\[OK\]/);
    expect(judged('vip/arp-rule-missing', vip, 'all')).toBe('[CRITICAL] n2: answers ARP with its own MAC');
    expect(judged('vip/arp-rule-missing', vip, 'all', { skipArp: true })).toMatch(/^\[OK\]/);
    expect(judged('vip/arp-rule-missing', vip, 'all', { arpMangle: true })).toBe('[CRITICAL] n2: no ARP rule');
  });
});
