import { describe, expect, test } from 'vitest';
import { readRules, trafficTo } from '../../src/netfilter/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText, vip } from '../snapshot_text.ts';
import { timed } from '../timed.ts';

// What a bound refuses is the same on every machine: it counts nodes of the diagram, and no time.

function read(count: number, rule: (i: number) => string, end: 'DROP' | 'ACCEPT' = 'DROP', tooLate = () => false) {
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
    ...(end === 'DROP' ? ['-A INPUT -j DROP'] : []),
    'COMMIT',
  ];
  const sections = { iptables: [...rules.map((line) => `> ${line}`), '= exit 0'] };
  const snapshot = parseSnapshot(snapshotText({ held: null, sections }));
  if (!snapshot.ok) throw new Error(snapshot.reason);
  return readRules(snapshot.value, vip, { space: trafficTo(vip), tooLate });
}

const host = (i: number) => `10.${i % 250}.${(i * 7) % 250}.${(i * 13) % 250}`;
const port = (i: number) => 1024 + ((i * 7919) % 60_000);

const network = (i: number) => `10.${i % 250}.${(i * 7) % 250}.0/${20 + (i % 8)}`;
const hostAndPort = (i: number) => `-s ${host(i)}/32 -p tcp -m tcp --dport ${port(i)} -j ACCEPT`;

describe('rules by the thousand', () => {
  test.each<readonly [string, number, (i: number) => string]>([
    ['banned hosts', 1000, (i) => `-s ${host(i)}/32 -j DROP`],
    ['closed ports', 1000, (i) => `-p tcp -m tcp --dport ${port(i)} -j DROP`],
    ['a host and a port each', 2000, hostAndPort],
    ['a network and a range of ports each', 300, (i) => `-s ${network(i)} -p tcp --dport ${port(i)}:65535 -j ACCEPT`],
    [
      'two ranges of ports, by rates',
      300,
      (i) =>
        `-p tcp --sport ${port(i)}:65535 --dport ${1024 + ((i * 919) % 60_000)}:65535 -m limit --limit 1/sec -j DROP`,
    ],
  ])('%s (%i) are judged', (_, count, rule) => {
    const { rules, unread, answered } = read(count, rule);
    expect(unread).toEqual([]);
    expect(rules.map(({ buckets }) => buckets)).toEqual([[1]]);
    expect(answered?.traffic.isEmpty).toBe(false);
  });

  test('what only accepts, at the end of a chain that accepts anyway, costs nothing', () => {
    const { rules, unread, space } = read(5000, hostAndPort, 'ACCEPT');
    expect({ unread, held: rules.map(({ buckets }) => buckets) }).toEqual({ unread: [], held: [[1]] });
    expect(space.diagram.size).toBeLessThan(3000);
  });

  test('sets that become too large are left unread, with a sentence', () => {
    const { rules, unread, answered } = read(12_000, hostAndPort);
    expect(unread).toEqual([
      { what: 'the rules', reason: 'too many address and port combinations to evaluate', needs: null },
    ]);
    expect({ rules, answered }).toEqual({ rules: [], answered: null });
  });

  test('rules that are not through when the time is over are left unread, with a sentence', timed, () => {
    const end = performance.now() + 50;
    const { unread } = read(5000, hostAndPort, 'DROP', () => performance.now() > end);
    expect(performance.now() - end).toBeLessThan(2000);
    expect(unread.map(({ reason }) => reason)).toEqual([
      'too many address and port combinations to evaluate in time (see --timeout)',
    ]);
  });
});
