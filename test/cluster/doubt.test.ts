import { describe, expect, test } from 'vitest';
import { factsOf, judgeCluster, reportCluster, trafficTo } from '../../src/cluster/index.ts';
import type { Report } from '../../src/plugin/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText, vip } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';

// What all nodes deny alike is policy where it is a list or a rate. Words in a comment make it neither.

type Rules = { readonly iptables?: readonly string[]; readonly nft?: readonly string[] };

function judge(rulesOf: (bucket: number) => Rules): Report {
  const space = trafficTo(vip);
  const facts = [1, 2].map((bucket) => {
    const { iptables = [], nft = [] } = rulesOf(bucket);
    const sections = Object.fromEntries(
      Object.entries({ iptables, nft }).map(([name, lines]) => [
        name,
        [...lines.map((line) => `> ${line}`), '= exit 0'],
      ]),
    );
    const maddr = ['2    eth1            1     1     0123456789ab'];
    const snapshot = parseSnapshot(snapshotText({ name: `n${bucket}`, held: null, maddr, sections }));
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return factsOf(`n${bucket}`, snapshot.value, vip, { skipRules: false, backend: 'auto' }, space);
  });
  const wanted = { ...nothingWanted, skip: ['arp'] } as const;
  return reportCluster(judgeCluster(facts, wanted), facts, wanted);
}

const saved = (before: string) => (bucket: number) => ({
  iptables: [
    '*mangle',
    ':PREROUTING ACCEPT [0:0]',
    `-A PREROUTING ${before}`,
    `-A PREROUTING -d ${vip}/32 -i eth1 -m cluster --cluster-local-nodemask 0x0000000${bucket} --cluster-total-nodes 2 --cluster-hash-seed 0x00000005 -j ACCEPT`,
    `-A PREROUTING -d ${vip}/32 -i eth1 -j DROP`,
    'COMMIT',
  ],
});

const native = (before: readonly unknown[], comment: string) => (bucket: number) => {
  const daddr = { match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right: vip } };
  const jhash = { mod: 2, seed: 5, offset: 1, expr: { payload: { protocol: 'ip', field: 'saddr' } } };
  const host = { mangle: { key: { meta: { key: 'pkttype' } }, value: 'host' } };
  const rules = [
    before,
    [daddr, { match: { op: '==', left: { jhash }, right: bucket } }, host, { accept: null }],
    [daddr, { drop: null }],
  ];
  const at = { family: 'ip', table: 'cluster' };
  return {
    nft: [
      { table: { family: 'ip', name: 'cluster', handle: 1 } },
      { chain: { ...at, name: 'pre', handle: 1, type: 'filter', hook: 'prerouting', prio: -150, policy: 'accept' } },
      ...rules.map((expr, i) => ({
        rule: { ...at, chain: 'pre', handle: i + 2, ...(i === 0 && comment !== '' ? { comment } : {}), expr },
      })),
    ].map((line) => JSON.stringify(line)),
  };
};

describe('a denial that all nodes have alike, with a condition that is not understood', () => {
  test.each<readonly [string, string, (bucket: number) => Rules]>([
    ['a rate is policy', 'OK', saved('-p tcp -m limit --limit 5/sec -j DROP')],
    ['a list is policy', 'OK', saved('-p tcp -m set --match-set banned src -j DROP')],
    ['chance is not', 'UNKNOWN', saved('-p tcp -m statistic --mode random --probability 0.5 -j DROP')],
    [
      'chance is not, whatever its comment says',
      'UNKNOWN',
      saved('-p tcp -m comment --comment "rate limit for all" -m statistic --mode random --probability 0.5 -j DROP'),
    ],
    [
      'an unknown match is not, whatever its comment says',
      'UNKNOWN',
      saved('-p tcp -m comment --comment "see -m recent below" -m cgroup --cgroup 1 -j DROP'),
    ],
    [
      'chance beside a rate is not',
      'UNKNOWN',
      saved('-p tcp -m limit --limit 5/sec -m statistic --mode random --probability 0.5 -j DROP'),
    ],
    ['an nft rate is policy', 'OK', native([{ limit: { rate: 5, per: 'second' } }, { drop: null }], '')],
    [
      'an unknown nft field is not, whatever its comment says',
      'UNKNOWN',
      native(
        [{ match: { op: '==', left: { payload: { protocol: 'ip', field: 'wibble' } }, right: 1 } }, { drop: null }],
        'rate limit by wibble',
      ),
    ],
  ])('%s: %s', (_, state, rulesOf) => {
    const report = judge(rulesOf);
    expect(report.summary).toContain(vip);
    expect(report.state).toBe(state);
  });
});

test('a token that belongs to no option is not skipped', () => {
  const report = judge(saved(`-d ${vip}/32 mi eth0 -j DROP`));
  expect(report.state).toBe('UNKNOWN');
});

test('a nodemask above its total is not taken for one', () => {
  const report = judge((bucket) => ({
    iptables: (saved('-p icmp -j ACCEPT')(bucket).iptables ?? []).map((line) =>
      line.replace(/0x0000000\d/, '0x00000005'),
    ),
  }));
  expect(report.state).toBe('UNKNOWN');
  expect(report.summary).toContain('cannot read a cluster rule');
});

/** The rules in a chain of their own, which something leaves before them; what comes back from it is dropped. */
const returned = (match: string) => (bucket: number) => ({
  iptables: [
    '*mangle',
    ':PREROUTING ACCEPT [0:0]',
    ':VIP - [0:0]',
    `-A PREROUTING -d ${vip}/32 -j VIP`,
    `-A PREROUTING -d ${vip}/32 -i eth1 -j DROP`,
    `-A VIP ${match} -j RETURN`,
    `-A VIP -i eth1 -m cluster --cluster-local-nodemask 0x0000000${bucket} --cluster-total-nodes 2 --cluster-hash-seed 0x00000005 -j ACCEPT`,
    'COMMIT',
  ],
});

// What all nodes lose alike is still lost, whichever rule takes it in the end.
describe('what no node lets in, by a rule that is not a firewall that keeps some clients out', () => {
  test.each<readonly [string, (bucket: number) => Rules]>([
    ['all of TCP dropped before the rules', saved('-p tcp -j DROP')],
    ['the Web sent past the rules', saved('-p tcp -m tcp --dport 80 -j RETURN')],
    ['a network sent past the rules, to the DROP of the cluster', returned('-s 10.0.0.0/8')],
    ['the Web sent past the rules, to the DROP of the cluster', returned('-p tcp -m tcp --dport 80')],
  ])('%s is CRITICAL', (_, rulesOf) => {
    expect(judge(rulesOf).state).toBe('CRITICAL');
  });
});
