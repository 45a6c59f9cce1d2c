import { describe, expect, test } from 'vitest';
import { factsOf, judgeCluster, reportCluster, trafficTo } from '../../src/cluster/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { readSituation } from '../lab/wholeway/recordings.ts';
import { situations } from '../lab/wholeway/situations.ts';
import { snapshotText, vip } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';

// Firewalls have lists of thousands of networks, a rule each: what they do is said once. Two nodes with a bucket each, with
// rules of their own before the cluster's (mangle) and behind it (filter).

type Rules = { readonly mangle?: readonly string[]; readonly input?: readonly string[] };

/** What is said of what rules take, with its state. */
function said(rulesOf: (bucket: number) => Rules): readonly string[] {
  const space = trafficTo(vip);
  const facts = [1, 2].map((bucket) => {
    const { mangle = [], input = [] } = rulesOf(bucket);
    const lines = [
      ...['*mangle', ':PREROUTING ACCEPT [0:0]', ...mangle.map((rule) => `-A PREROUTING ${rule}`)],
      `-A PREROUTING -d ${vip}/32 -i eth1 -m cluster --cluster-local-nodemask 0x0000000${bucket} --cluster-total-nodes 2 --cluster-hash-seed 0x00000005 -j ACCEPT`,
      ...[`-A PREROUTING -d ${vip}/32 -i eth1 -j DROP`, 'COMMIT'],
      ...['*filter', ':INPUT ACCEPT [0:0]', ...input.map((rule) => `-A INPUT ${rule}`), 'COMMIT'],
    ];
    const sections = { iptables: [...lines.map((line) => `> ${line}`), '= exit 0'] };
    const maddr = ['2    eth1            1     1     0123456789ab'];
    const snapshot = parseSnapshot(snapshotText({ name: `n${bucket}`, held: null, maddr, sections }));
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return factsOf(`n${bucket}`, snapshot.value, vip, { skipRules: false, backend: 'auto' }, space);
  });
  const wanted = { ...nothingWanted, skip: ['arp'] } as const;
  const { findings } = reportCluster(judgeCluster(facts, wanted), facts, wanted);
  return findings.filter(({ text }) => /PREROUTING:|INPUT:/.test(text)).map(({ state, text }) => `${state} ${text}`);
}

const networks = (from: number, count: number) => Array.from({ length: count }, (_, i) => `10.${from + 2 * i}.0.0/16`);
const dropped = (blocks: readonly string[]) => blocks.map((block) => `-s ${block} -j DROP`);
const words = 'clients of 10.0.0.0/16, 10.2.0.0/16, 10.4.0.0/16, 10.6.0.0/16, 10.8.0.0/16 and 35 more';

describe('a list of networks', () => {
  test('that all nodes deny is one line a node', () => {
    const rule = (name: string) =>
      `OK ${name} drops ${words} (under 0.1 % of addresses) after the cluster rule: no client of this node gets an answer there (filter INPUT: -A INPUT -s 10.0.0.0/16 -j DROP and 39 more rules) (all nodes alike)`;
    expect(said(() => ({ input: dropped(networks(0, 40)) }))).toEqual([rule('n1'), rule('n2')]);
  });

  test('is one fault where one node alone denies it', () => {
    const [only, ...others] = said((bucket) => (bucket === 1 ? { input: dropped(networks(0, 40)) } : {}));
    expect(only).toMatch(/^CRITICAL n1 drops clients of .* and 35 more .* and 39 more rules\)\. Fix: let the VIP/);
    expect(others).toEqual([]);
  });

  test('is parted where one node denies one network more than the other', () => {
    const all = said((bucket) => ({ input: dropped(networks(0, 40 + bucket)) }));
    expect(all.map((line) => line.replace(/ \(.*/, ''))).toEqual([
      `OK n1 drops ${words.replace('35', '36')}`,
      'CRITICAL n2 drops clients of 10.82.0.0/16',
      `OK n2 drops ${words.replace('35', '36')}`,
    ]);
  });

  test('that is let past the cluster rule is one fault a node', () => {
    const past = said(() => ({ mangle: networks(0, 40).map((block) => `-s ${block} -j ACCEPT`) }));
    expect(past.map((line) => line.replace(/ \(.*/, ''))).toEqual([
      `CRITICAL n1 accepts ${words}`,
      `CRITICAL n2 accepts ${words}`,
    ]);
  });

  test('of four is still a line each', () => {
    expect(said(() => ({ input: dropped(networks(0, 4)) }))).toHaveLength(8);
  });
});

describe('what a firewall drops at its end', () => {
  const last = (...accepted: readonly string[]) =>
    said(() => ({ input: [...accepted.map((rule) => `${rule} -j ACCEPT`), '-j DROP'] })).map((line) =>
      line.replace(/ after the cluster rule.*/, ''),
    );

  test('is everything but the ports that it has let through', () => {
    expect(last('-p tcp -m tcp --dport 80')).toEqual([
      'OK n1 drops tcp port other than 80 and udp',
      'OK n2 drops tcp port other than 80 and udp',
    ]);
  });

  test('is everything else where words would not tell what came through', () => {
    expect(last('-s 10.1.2.3/32 -p tcp -m tcp --dport 443', '-s 10.9.0.0/16 -p udp -m udp --dport 53')).toEqual([
      'OK n1 drops everything else',
      'OK n2 drops everything else',
    ]);
  });
});

describe('on the way back', () => {
  const name = '5-the-gateway-permanent-and-right-in-the-neighbour-table-of-n2-iptables-nft';

  /** What is said of answers where recorded snapshots have lines more in a section, on all nodes or one. */
  function saidBack(section: RegExp, lines: readonly string[], on: readonly string[]): readonly string[] {
    const situation = situations.find((one) => one.name === name);
    const recording = situation === undefined ? null : readSituation(situation);
    if (recording === null) throw new Error(`${name} is not recorded`);
    const space = trafficTo(vip);
    const facts = Object.entries(recording.snapshots).map(([node, text]) => {
      const all = text.split('\n');
      const at = all.findIndex((line) => section.test(line)) + 1;
      if (on.includes(node)) all.splice(at, 0, ...lines.map((line) => `> ${line}`));
      const whole = all.map((line, i) => (/^== end \d+$/.test(line) ? `== end ${i}` : line));
      const snapshot = parseSnapshot(whole.join('\n'));
      if (!snapshot.ok) throw new Error(snapshot.reason);
      return factsOf(node, snapshot.value, vip, { skipRules: false, backend: 'auto' }, space);
    });
    const { findings } = reportCluster(judgeCluster(facts, nothingWanted), facts, nothingWanted);
    return findings.filter(({ text }) => text.includes('answers to')).map(({ state, text }) => `${state} ${text}`);
  }

  const denials = [
    '*filter',
    ':OUTPUT ACCEPT [0:0]',
    ...networks(0, 40).map((one) => `-A OUTPUT -d ${one} -j DROP`),
    'COMMIT',
  ];
  const iptables = /^== iptables:/;

  test('answers to a list of networks that a node drops are one fault', () => {
    expect(saidBack(iptables, denials, ['n1'])).toEqual([
      `CRITICAL n1 drops answers to ${words} (under 0.1 % of addresses and ports) on their way out (filter OUTPUT: -A OUTPUT -d 10.0.0.0/16 -j DROP and 39 more rules). Fix: delete these rules, or accept what the VIP sends before them`,
    ]);
    expect(saidBack(iptables, denials, ['n1', 'n2']).map((line) => line.replace(/ \(.*/, ''))).toEqual([
      `OK n1 drops answers to ${words}`,
      `OK n2 drops answers to ${words}`,
    ]);
  });

  test('routes to a list of networks that lead nowhere are one fault', () => {
    const routes = networks(0, 40).map((block) => `blackhole ${block}`);
    expect(saidBack(/^== routes4: /, routes, ['n1'])).toEqual([
      `CRITICAL n1: answers to ${words} (under 0.1 % of addresses) are dropped by a blackhole route (blackhole 10.0.0.0/16 and 39 more). Fix: ip route del blackhole 10.0.0.0/16, and so for the others`,
    ]);
  });
});
