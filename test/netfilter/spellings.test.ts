import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Reading, readArp, readNamedMacs, readRules, trafficTo } from '../../src/netfilter/index.ts';
import { parseSnapshot, type Snapshot } from '../../src/snapshot/index.ts';
import { snapshotText } from '../snapshot_text.ts';

const vip = '192.168.56.20';

type Lines = { readonly rules?: readonly string[]; readonly nft?: readonly string[] };

/** A node with these lines of iptables-save and of nft's JSON. */
function read(lines: Lines, address = vip): Reading {
  return readRules(snapshotOf(lines), address, { space: trafficTo(address) });
}

function snapshotOf({ rules = [], nft = [] }: Lines): Snapshot {
  const output = (lines: readonly string[]) => [...lines.map((line) => `> ${line}`), '= exit 0'];
  const addr = [`3: eth1    inet ${vip}/24 scope global eth1`, '3: eth1    inet6 2001:db8::100/64 scope global '];
  const sections = { iptables: output(rules), nft: output(nft) };
  const snapshot = parseSnapshot(snapshotText({ held: null, addr, sections }));
  if (!snapshot.ok) throw new Error(snapshot.reason);
  return snapshot.value;
}

function mangle(...rules: readonly string[]): readonly string[] {
  return ['*mangle', ':PREROUTING ACCEPT [0:0]', ':INPUT ACCEPT [0:0]', ':OWN - [0:0]', ...rules, 'COMMIT'];
}

const cluster = (match: string, target: string) =>
  `-A PREROUTING -d ${vip}/32 -i eth1 -m cluster ${match} --cluster-total-nodes 4 --cluster-hash-seed 0x00000005 ${target}`;
const drop = `-A PREROUTING -d ${vip}/32 -i eth1 -j DROP`;

describe('xt_cluster as iptables-save prints it', () => {
  test.each<readonly [string, readonly string[], readonly number[]]>([
    ['a mask', [cluster('--cluster-local-nodemask 0x00000005', '-j ACCEPT'), drop], [1, 3]],
    ['a local node', [cluster('--cluster-local-node 2', '-j ACCEPT'), drop], [2]],
    ['an inverted mask', [cluster('! --cluster-local-nodemask 0x00000001', '-j ACCEPT'), drop], [2, 3, 4]],
    ['an inverted mask that is dropped', [cluster('! --cluster-local-nodemask 0x00000001', '-j DROP')], [1]],
    [
      'two rules',
      [
        cluster('--cluster-local-nodemask 0x00000001', '-j ACCEPT'),
        cluster('--cluster-local-nodemask 0x00000008', '-j ACCEPT'),
        drop,
      ],
      [1, 4],
    ],
    [
      'a mark, then DROP of what has not it',
      [
        cluster('--cluster-local-nodemask 0x00000002', '-j MARK --set-xmark 0xffff/0xffffffff'),
        `-A PREROUTING -d ${vip}/32 -i eth1 -m mark ! --mark 0xffff -j DROP`,
      ],
      [2],
    ],
    [
      'a chain of its own',
      [
        `-A PREROUTING -d ${vip}/32 -j OWN`,
        '-A OWN -m cluster --cluster-local-nodemask 0x00000002 --cluster-total-nodes 4 --cluster-hash-seed 0x00000005 -j RETURN',
        '-A OWN -j DROP',
      ],
      [2],
    ],
    ['all ones', [cluster('--cluster-local-nodemask 0x0000000f', '-j ACCEPT'), drop], [1, 2, 3, 4]],
  ])('%s', (_, rules, buckets) => {
    const { rules: found, unread } = read({ rules: mangle(...rules) });
    expect(unread).toEqual([]);
    expect(found[0]).toMatchObject({ backend: 'xt_cluster', total: 4, buckets, answersAll: false, obstacles: [] });
  });

  test('without a DROP the node answers everybody', () => {
    const { rules } = read({ rules: mangle(cluster('--cluster-local-nodemask 0x00000001', '-j ACCEPT')) });
    expect(rules[0]).toMatchObject({ answersAll: true, buckets: [1] });
  });

  test('numbers that cannot be read are said with the rule', () => {
    const { unread } = read({ rules: mangle(cluster('--cluster-local-nodemask [unsupported]', '-j ACCEPT'), drop) });
    expect(unread[0]?.reason).toMatch(/numbers cannot be read .*unsupported/);
  });
});

const jhash = (more = {}) => ({
  jhash: { mod: 4, seed: 5, expr: { payload: { protocol: 'ip', field: 'saddr' } }, ...more },
});
const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
const toVip = match({ payload: { protocol: 'ip', field: 'daddr' } }, vip);
const host = { mangle: { key: { meta: { key: 'pkttype' } }, value: 'host' } };
const accept = { accept: null };
const mark = { meta: { key: 'mark' } };
const goesOn = { continue: null };
const byBucket = (...elements: readonly unknown[]) => ({ vmap: { key: jhash(), data: { set: elements } } });

/** A prerouting chain of these rules, as nft -j prints it. */
function table(rules: readonly (readonly unknown[])[], more: readonly unknown[] = []): readonly string[] {
  const at = { family: 'ip', table: 'own', chain: 'pre' };
  const chain = { family: 'ip', table: 'own', name: 'pre', type: 'filter', hook: 'prerouting', prio: -150 };
  const objects = [
    { table: { family: 'ip', name: 'own' } },
    ...more,
    { chain: { ...chain, policy: 'accept' } },
    ...rules.map((expr, handle) => ({ rule: { ...at, handle, expr } })),
  ];
  return objects.map((object) => JSON.stringify(object));
}

const behind = [toVip, { drop: null }];

describe('nftables as nft -j prints it', () => {
  test.each<readonly [string, readonly (readonly unknown[])[], readonly number[]]>([
    ['==', [[toVip, match(jhash(), 1), host, accept], behind], [2]],
    ['an offset', [[toVip, match(jhash({ offset: 1 }), 1), host, accept], behind], [1]],
    ['a set', [[toVip, match(jhash(), { set: [0, { range: [2, 3] }] }), host, accept], behind], [1, 3, 4]],
    ['a range', [[toVip, match(jhash(), { range: [1, 2] }), host, accept], behind], [2, 3]],
    ['greater than', [[toVip, match(jhash(), 1, '>'), host, accept], behind], [3, 4]],
    [
      '!= that is dropped',
      [
        [toVip, host],
        [toVip, match(jhash(), 0, '!='), { drop: null }],
      ],
      [1],
    ],
    [
      'a verdict map with a catch-all',
      [
        [toVip, host],
        [
          toVip,
          {
            vmap: {
              key: jhash(),
              data: {
                set: [
                  [1, accept],
                  ['*', { drop: null }],
                ],
              },
            },
          },
        ],
      ],
      [2],
    ],
    [
      'a named verdict map',
      [
        [toVip, host],
        [toVip, { vmap: { key: jhash(), data: '@buckets' } }],
      ],
      [1, 4],
    ],
    [
      'a mark',
      [
        [toVip, { mangle: { key: mark, value: jhash({ offset: 100 }) } }],
        [toVip, match(mark, 102), host, accept],
        behind,
      ],
      [3],
    ],
    [
      'a map to marks',
      [
        [
          toVip,
          {
            mangle: {
              key: mark,
              value: {
                map: {
                  key: jhash(),
                  data: {
                    set: [
                      [0, 7],
                      [1, 9],
                      [2, 9],
                      [3, 7],
                    ],
                  },
                },
              },
            },
          },
        ],
        [toVip, match({ '&': [mark, 15] }, 7), host, accept],
        behind,
      ],
      [1, 4],
    ],
    [
      'a verdict map in which one bucket goes on in the rule',
      [[toVip, byBucket([1, goesOn], ['*', { drop: null }]), host, accept]],
      [2],
    ],
    ['the same without a catch-all', [[toVip, byBucket([1, goesOn]), host, accept], behind], [2]],
    [
      'buckets that go on to a drop',
      [
        [toVip, host],
        [toVip, byBucket([1, goesOn], [2, goesOn]), { drop: null }],
      ],
      [1, 4],
    ],
    [
      'a map of destinations before the hash',
      [[{ vmap: { key: toVip.match.left, data: { set: [[vip, goesOn]] } } }, match(jhash(), 1), host, accept], behind],
      [2],
    ],
    ['conditions behind the hash', [[match(jhash(), 3), toVip, host, accept], behind], [4]],
  ])('%s', (_, rules, buckets) => {
    const map = {
      map: {
        family: 'ip',
        name: 'buckets',
        table: 'own',
        map: 'verdict',
        elem: [
          [0, accept],
          [{ range: [1, 2] }, { drop: null }],
          [3, accept],
        ],
      },
    };
    const { rules: found, unread } = read({ nft: table(rules, [map]) });
    expect(unread).toEqual([]);
    expect(found[0]).toMatchObject({ backend: 'nftables', total: 4, buckets, answersAll: false, obstacles: [] });
  });

  test.each<readonly [string, readonly unknown[], RegExp]>([
    ['a named set that is not there', [toVip, match(jhash(), '@gone'), host, accept], /not known .*jhash/],
    ['a named map that is not there', [toVip, { vmap: { key: jhash(), data: '@gone' } }], /elements of its map/],
    ['too many buckets', [toVip, match(jhash({ mod: 100_000 }), 1), host, accept], /100000 buckets/],
    [
      'xt_cluster that iptables-nft hides',
      [toVip, { xt: { type: 'match', name: 'cluster' } }, accept],
      /iptables-save/,
    ],
  ])('%s is said with the rule', (_, rule, says) => {
    const { unread, answered } = read({ nft: table([rule, behind]) });
    expect(unread[0]?.reason).toMatch(says);
    expect(answered).toBeNull();
  });

  test('a line that is no JSON is said', () => {
    expect(read({ nft: ['{"rule": {"family"'] }).unread[0]?.reason).toMatch(/not JSON from nft/);
  });
});

describe('what IPaddr2 writes', () => {
  const captured = (name: string) => readFileSync(`test/fixtures/netfilter/ipaddr2/${name}`, 'utf8').trim().split('\n');
  test.each([
    ['nft-n1.txt', [1], 2, true],
    ['nft-n2.txt', [2], 2, true],
    ['nft-n2-seed-mismatch.txt', [2], 2, true],
    ['nft-n2-total-mismatch.txt', [2], 3, true],
    ['nft-n2-lost-bucket.txt', [], 0, true],
  ] as const)('%s', (name, buckets, total, managed) => {
    const { rules, unread } = read({ nft: captured(name) }, '192.0.2.100');
    expect(unread).toEqual([]);
    expect(rules[0]).toMatchObject({ backend: 'nftables', buckets, total, managed });
    expect(rules[0]?.obstacles).toEqual([]);
    // Its ARP rule names the cluster MAC.
    const snapshot = snapshotOf({ nft: captured(name) });
    const { names } = readNamedMacs(snapshot, '192.0.2.100', readArp(snapshot), null);
    expect(names).toMatchObject([{ mac: '01:23:45:67:89:ab', by: 'ARP rule' }]);
  });

  test('the DROP missing', () => {
    const { rules } = read({ nft: captured('nft-n2-no-drop.txt') }, '192.0.2.100');
    expect(rules[0]?.obstacles[0]?.brief).toMatch(/no DROP after/);
  });

  test('over IPv6, with neighbour advertisements let through', () => {
    const { rules } = read({ nft: captured('nft6-n1.txt') }, '2001:db8::100');
    expect(rules[0]).toMatchObject({ buckets: [1], total: 2, obstacles: [] });
  });

  test.each([
    ['iptables-n1.txt', [1]],
    ['iptables-n2.txt', [2]],
  ] as const)('%s', (name, buckets) => {
    const { rules } = read({ rules: captured(name) }, '192.0.2.100');
    expect(rules[0]).toMatchObject({ backend: 'xt_cluster', buckets, total: 2, ifname: 'eth0', obstacles: [] });
  });
});
