import { describe, expect, test } from 'vitest';
import { readRules } from '../../src/netfilter/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText, vip } from '../snapshot_text.ts';

// A test that takes more than five seconds fails: real rulesets are judged, and those that multiply are left in time.

function read(count: number, rule: (i: number) => string) {
  const rules = [
    '*mangle',
    ':PREROUTING ACCEPT [0:0]',
    `-A PREROUTING -d ${vip}/32 -i eth1 -m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000005 -j ACCEPT`,
    `-A PREROUTING -d ${vip}/32 -i eth1 -j DROP`,
    'COMMIT',
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ...Array.from({ length: count }, (_, i) => `-A INPUT ${rule(i)}`),
    '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT',
    '-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT',
    '-A INPUT -j DROP',
    'COMMIT',
  ];
  const sections = { iptables: [...rules.map((line) => `> ${line}`), '= exit 0'] };
  const snapshot = parseSnapshot(snapshotText({ held: null, sections }));
  if (!snapshot.ok) throw new Error(snapshot.reason);
  return readRules(snapshot.value, vip);
}

const host = (i: number) => `10.${i % 250}.${(i * 7) % 250}.${(i * 13) % 250}`;
const port = (i: number) => 1024 + ((i * 7919) % 60_000);

describe('rules by the hundred', () => {
  test.each<readonly [string, number, (i: number) => string]>([
    ['banned hosts', 1000, (i) => `-s ${host(i)}/32 -j DROP`],
    ['closed ports', 500, (i) => `-p tcp -m tcp --dport ${port(i)} -j DROP`],
    ['a host and a port each', 150, (i) => `-s ${host(i)}/32 -p tcp -m tcp --dport ${port(i)} -j ACCEPT`],
  ])('%s (%i) are judged', (_, count, rule) => {
    const { rules, unread } = read(count, rule);
    expect(unread).toEqual([]);
    expect(rules.map(({ buckets }) => buckets)).toEqual([[1]]);
  });

  test.each<readonly [string, number, (i: number) => string]>([
    ['a host and a port each', 3000, (i) => `-s ${host(i)}/32 -p tcp -m tcp --dport ${port(i)} -j ACCEPT`],
    [
      'two ranges of ports, by rates',
      300,
      (i) =>
        `-p tcp -m tcp --sport ${port(i)}:65535 --dport ${1024 + ((i * 919) % 60_000)}:65535 -m limit --limit 1/sec -j DROP`,
    ],
  ])('%s (%i) are left unread, with a sentence', (_, count, rule) => {
    const { rules, unread, answered } = read(count, rule);
    expect(unread.map(({ reason }) => reason)).toEqual([
      'they differ in so many addresses and ports at once that a check has not the time to follow them',
    ]);
    expect({ rules, answered }).toEqual({ rules: [], answered: null });
  });
});
