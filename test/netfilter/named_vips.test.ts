import { describe, expect, test } from 'vitest';
import { readNamedVips } from '../../src/netfilter/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText } from '../snapshot_text.ts';

type Sections = Readonly<Record<string, readonly string[]>>;

function namedBy(sections: Sections) {
  const snapshot = parseSnapshot(snapshotText({ held: null, sections }));
  if (!snapshot.ok) throw new Error(snapshot.reason);
  return readNamedVips(snapshot.value);
}

const lines = (rules: readonly string[]) => [...rules.map((rule) => `> ${rule}`), '= exit 0'];
const table = (name: string, ...rules: readonly string[]) => lines([`*${name}`, ...rules, 'COMMIT']);
const share = '-m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000005';

const jhash = { jhash: { mod: 2, seed: 5, expr: { payload: { protocol: 'ip', field: 'saddr' } } } };
const cluster = { match: { op: '==', left: jhash, right: 0 } };
const jhash6 = { jhash: { mod: 2, seed: 5, expr: { payload: { protocol: 'ip6', field: 'saddr' } } } };
const cluster6 = { match: { op: '==', left: jhash6, right: 0 } };
const destined = (right: unknown, op = '==') => ({
  match: { op, left: { payload: { protocol: 'ip', field: 'daddr' } }, right },
});
const from = (right: unknown) => ({
  match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right },
});
const nft = (
  chains: Readonly<Record<string, readonly (readonly unknown[])[]>>,
  sets: readonly unknown[] = [],
  family = 'ip',
) =>
  lines(
    [
      { table: { family, name: 't', handle: 1 } },
      ...Object.keys(chains).map((name) => ({ chain: { family, table: 't', name, handle: 1 } })),
      ...sets,
      ...Object.entries(chains).flatMap(([chain, rules]) =>
        rules.map((expr) => ({ rule: { family, table: 't', chain, handle: 2, expr } })),
      ),
    ].map((object) => JSON.stringify(object)),
  );
const set = (kind: 'set' | 'map', name: string, elem: readonly unknown[]) => ({
  [kind]: { family: 'ip', table: 't', name, type: 'ipv4_addr', handle: 3, elem },
});
const byDestination = (...set: readonly unknown[]) => ({
  vmap: { key: destined('')['match']['left'], data: { set } },
});
const goesOn = { continue: null };
const ends = { return: null };

test.each<[what: string, sections: Sections, vips: readonly string[] | null]>([
  ['no rule at all', {}, null],
  ['a firewall without a cluster rule', { iptables: table('filter', '-A INPUT -d 192.0.2.1/32 -j DROP') }, null],
  [
    'the files of CLUSTERIP, also one that only root may read',
    {
      'clusterip 192.0.2.1: cat /proc/net/ipt_CLUSTERIP/192.0.2.1': ['> 1', '= exit 0'],
      'clusterip 192.0.2.2: cat /proc/net/ipt_CLUSTERIP/192.0.2.2': ['! Permission denied', '= exit 1', '= needs cat'],
    },
    ['192.0.2.1', '192.0.2.2'],
  ],
  [
    'a rule of xt_cluster',
    { iptables: table('mangle', `-A PREROUTING -d 192.0.2.1/32 ${share} -j ACCEPT`) },
    ['192.0.2.1'],
  ],
  [
    'a rule over IPv6, in another spelling',
    { 'ip6tables-legacy': table('mangle', `-A PREROUTING -d 2001:DB8:0::1/128 ${share} -j ACCEPT`) },
    ['2001:db8::1'],
  ],
  [
    'a chain of its own, two jumps away',
    {
      iptables: table(
        'filter',
        ':INPUT ACCEPT',
        ':ONE -',
        ':TWO -',
        '-A INPUT -d 192.0.2.1/32 -j ONE',
        '-A INPUT -d 192.0.2.9/32 -j DROP',
        '-A ONE -j TWO',
        `-A TWO ${share} -j ACCEPT`,
      ),
    },
    ['192.0.2.1'],
  ],
  [
    'an address that is excluded',
    { iptables: table('mangle', `-A PREROUTING ! -d 192.0.2.1/32 ${share} -j ACCEPT`) },
    [],
  ],
  ['a network', { iptables: table('mangle', `-A PREROUTING -d 192.0.2.0/28 ${share} -j ACCEPT`) }, []],
  ['no address', { iptables: table('mangle', `-A PREROUTING -i eth1 ${share} -j ACCEPT`) }, []],
  [
    'an nft rule, not its clients',
    { nft: nft({ c: [[from('10.0.0.1'), destined('192.0.2.1'), cluster, { accept: null }]] }) },
    ['192.0.2.1'],
  ],
  [
    'an nft rule for another address',
    { nft: nft({ c: [[destined('192.0.2.1', '!='), cluster, { accept: null }]] }) },
    [],
  ],
  [
    'a set in braces',
    { nft: nft({ c: [[destined({ set: ['192.0.2.1', '192.0.2.2'] }), cluster, { accept: null }]] }) },
    ['192.0.2.1', '192.0.2.2'],
  ],
  [
    'a network and an address in a set by name',
    {
      nft: nft({ c: [[destined('@vips'), cluster, { accept: null }]] }, [
        set('set', 'vips', [
          '192.0.2.1',
          { prefix: { addr: '198.51.100.0', len: 24 } },
          { elem: { val: '192.0.2.2', comment: 'b' } },
        ]),
      ]),
    },
    ['192.0.2.1', '192.0.2.2'],
  ],
  [
    'a map of verdicts that leads to the chain that shares',
    {
      nft: nft(
        {
          c: [[{ vmap: { key: { payload: { protocol: 'ip', field: 'daddr' } }, data: '@ways' } }]],
          share: [[cluster, { accept: null }]],
          other: [[{ drop: null }]],
        },
        [set('map', 'ways', [['192.0.2.1', { jump: { target: 'share' } }]])],
      ),
    },
    ['192.0.2.1'],
  ],
])('%s', (_, sections, vips) => {
  const found = namedBy(sections);
  expect({ clustered: found.clustered, vips: found.vips }).toEqual({ clustered: vips !== null, vips: vips ?? [] });
});

const original = (right: unknown, op = '==') => ({
  match: { op, left: { ct: { key: 'ip daddr', dir: 'original' } }, right },
});
const merged = { prefix: { addr: '192.0.2.20', len: 31 } };
const run = { range: ['192.0.2.22', '192.0.2.24'] };
const five = ['192.0.2.20', '192.0.2.21', '192.0.2.22', '192.0.2.23', '192.0.2.24'];
const share5 = `-A PREROUTING ${share} -j ACCEPT`;

describe('VIPs that are not named one by one, and packets that nothing names the destination of', () => {
  test.each<
    [
      what: string,
      sections: Sections,
      vips: readonly string[],
      networks: readonly string[],
      open: boolean,
      guarded?: readonly string[],
    ]
  >([
    [
      'neighbours in a set, of which nft makes networks and ranges',
      { nft: nft({ c: [[destined('@vips'), cluster]] }, [set('set', 'vips', [merged, run])]) },
      five,
      [],
      false,
    ],
    ['neighbours in braces', { nft: nft({ c: [[destined({ set: [merged, run] }), cluster]] }) }, five, [], false],
    [
      'more neighbours than any cluster has VIPs',
      { nft: nft({ c: [[destined({ set: ['192.0.2.1', { prefix: { addr: '10.0.0.0', len: 27 } }] }), cluster]] }) },
      ['192.0.2.1'],
      ['10.0.0.0/27'],
      false,
    ],
    ['a range', { nft: nft({ c: [[destined(run), cluster]] }) }, [], ['192.0.2.22-192.0.2.24'], false],
    ['a network', { iptables: table('mangle', `-A PREROUTING -d 192.0.2.0/28 ${share}`) }, [], ['192.0.2.0/28'], false],
    [
      'a range of iptables',
      { iptables: table('mangle', `-A PREROUTING -m iprange --dst-range 192.0.2.1-192.0.2.9 ${share}`) },
      [],
      ['192.0.2.1-192.0.2.9'],
      false,
    ],
    ['no address', { nft: nft({ c: [[cluster]] }) }, [], [], true],
    ['a set whose elements are not known', { nft: nft({ c: [[destined('@gone'), cluster]] }) }, [], [], true],
    ['an address that is left out', { nft: nft({ c: [[destined('192.0.2.1', '!='), cluster]] }) }, [], [], true],
    [
      'no address, of what leaves',
      { iptables: table('mangle', ':POSTROUTING ACCEPT', `-A POSTROUTING ${share} -j ACCEPT`) },
      [],
      [],
      false,
    ],
    [
      'a guard before it',
      { nft: nft({ c: [[destined('192.0.2.1', '!='), { return: null }], [cluster]] }) },
      [],
      [],
      false,
      ['192.0.2.1'],
    ],
    [
      'a guard for one interface alone',
      { nft: nft({ c: [[from('10.0.0.1'), destined('192.0.2.1', '!='), { return: null }], [cluster]] }) },
      [],
      [],
      true,
      ['192.0.2.1'],
    ],
    [
      'a guard of IPv4 in a table of both families, of whom one rule shares IPv6',
      {
        nft: nft({ c: [[destined('192.0.2.1', '!='), { return: null }], [cluster], [cluster6]] }, [], 'inet'),
      },
      [],
      [],
      true,
      ['192.0.2.1'],
    ],
    [
      'the same, of IPv4 alone',
      { nft: nft({ c: [[destined('192.0.2.1', '!='), { return: null }], [cluster]] }, [], 'inet') },
      [],
      [],
      false,
      ['192.0.2.1'],
    ],
    [
      'a guard by a map of verdicts, of whose keys one goes on',
      {
        nft: nft({
          c: [[byDestination(['192.0.2.1', goesOn], ['192.0.2.2', { accept: null }], ['*', ends])], [cluster]],
        }),
      },
      [],
      [],
      false,
      ['192.0.2.1'],
    ],
    [
      'a map of verdicts that lets all others come to it, too',
      { nft: nft({ c: [[byDestination(['192.0.2.1', goesOn], ['192.0.2.2', ends])], [cluster]] }) },
      [],
      [],
      true,
    ],
    [
      'a map of verdicts in its rule, of whose keys one goes on to the hash',
      { nft: nft({ c: [[byDestination(['192.0.2.1', goesOn], ['192.0.2.2', ends]), cluster]] }) },
      ['192.0.2.1'],
      [],
      false,
    ],
    [
      'the same before a jump',
      {
        nft: nft({
          c: [[byDestination(['192.0.2.1', goesOn], ['192.0.2.2', ends]), { jump: { target: 'share' } }]],
          share: [[cluster]],
        }),
      },
      ['192.0.2.1'],
      [],
      false,
    ],
    [
      'a guard behind it',
      { nft: nft({ c: [[cluster], [destined('192.0.2.1', '!='), { return: null }]] }) },
      [],
      [],
      true,
    ],
    [
      'a guard of iptables',
      { iptables: table('mangle', ':PREROUTING ACCEPT', '-A PREROUTING ! -d 192.0.2.1/32 -j RETURN', share5) },
      [],
      [],
      false,
      ['192.0.2.1'],
    ],
    ['the destination before NAT', { nft: nft({ c: [[original('192.0.2.1'), cluster]] }) }, ['192.0.2.1'], [], false],
    [
      'the same of iptables',
      { iptables: table('filter', `-A INPUT -m conntrack --ctorigdst 192.0.2.1/32 ${share} -j ACCEPT`) },
      ['192.0.2.1'],
      [],
      false,
    ],
    [
      'a key of several fields, not its clients',
      {
        nft: nft({
          c: [
            [
              {
                match: {
                  op: '==',
                  left: { concat: [from('')['match']['left'], destined('')['match']['left']] },
                  right: { set: [{ concat: ['10.0.0.1', '192.0.2.1'] }] },
                },
              },
              cluster,
            ],
          ],
        }),
      },
      ['192.0.2.1'],
      [],
      false,
    ],
    [
      'a map of verdicts of which one key leads to a cluster rule',
      {
        nft: nft({
          c: [
            [
              {
                vmap: {
                  key: destined('')['match']['left'],
                  data: {
                    set: [
                      ['192.0.2.1', { jump: { target: 'share' } }],
                      [{ prefix: { addr: '10.0.0.0', len: 8 } }, { accept: null }],
                    ],
                  },
                },
              },
            ],
          ],
          share: [[cluster]],
        }),
      },
      ['192.0.2.1'],
      [],
      false,
    ],
    [
      'a map of verdicts that leads everything else there, too',
      {
        nft: nft({
          c: [
            [{ vmap: { key: destined('')['match']['left'], data: { set: [['*', { goto: { target: 'share' } }]] } } }],
          ],
          share: [[cluster]],
        }),
      },
      [],
      [],
      true,
    ],
  ])('%s', (_, sections, vips, networks, open, guarded = []) => {
    const found = namedBy(sections);
    expect({ ...found, networks: found.networks.map(({ text }) => text) }).toMatchObject({
      clustered: true,
      vips,
      guarded,
      networks,
      open,
    });
  });

  test('an address may meet a cluster rule that names it, its network or nothing, and where packets are sent on', () => {
    const may = (sections: Sections, address = '192.0.2.1') => namedBy(sections).mayShare(address);
    const rule = (destination: string) => table('mangle', `-A PREROUTING ${destination} ${share} -j ACCEPT`);
    expect(may({ iptables: rule('-d 192.0.2.1/32') })).toBe(true);
    expect(may({ iptables: rule('-d 192.0.2.0/28') })).toBe(true);
    expect(may({ iptables: rule('-i eth1') })).toBe(true);
    expect(may({ iptables: rule('-d 192.0.2.2/32') })).toBe(false);
    expect(may({ iptables: rule('-d 192.0.2.0/28') }, '192.0.2.99')).toBe(false);
    const nat = table('nat', '-A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.2');
    expect(may({ 'iptables-legacy': nat, iptables: rule('-d 192.0.2.2/32') })).toBe(true);
    const port = '-A INPUT -d 192.0.2.8/32 -p tcp -m tcp --dport 2375 -j DROP';
    const drop = table('filter', '-A INPUT -d 192.0.2.1/32 -j DROP', '-A INPUT -d 192.0.2.9/32 -j ACCEPT', port);
    const out = table('filter', ':OUTPUT ACCEPT', '-A OUTPUT -d 192.0.2.2/32 -j DROP');
    expect(namedBy({ 'iptables-legacy': out, iptables: rule('-d 192.0.2.2/32') }).mayDrop('192.0.2.2')).toBe(false);
    const { mayDrop } = namedBy({ 'iptables-legacy': drop, iptables: rule('-d 192.0.2.2/32') });
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.8', '192.0.2.9'].filter(mayDrop)).toEqual(['192.0.2.1']);
    const part = [
      destined('192.0.2.8'),
      { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 2375 } },
      { drop: null },
    ];
    const some = namedBy({ nft: nft({ c: [part, [destined('192.0.2.1'), { drop: null }], [cluster]] }) });
    expect(['192.0.2.1', '192.0.2.8'].filter(some.mayDrop)).toEqual(['192.0.2.1']);
    const data = {
      set: [
        ['192.0.2.1', { drop: null }],
        ['192.0.2.2', { accept: null }],
      ],
    };
    const native = namedBy({ nft: nft({ c: [[{ vmap: { key: destined('')['match']['left'], data } }], [cluster]] }) });
    expect(['192.0.2.1', '192.0.2.2'].filter(native.mayDrop)).toEqual(['192.0.2.1']);
    const late = namedBy({
      nft: nft({ c: [[byDestination(['192.0.2.1', goesOn], ['192.0.2.2', ends]), { drop: null }], [cluster]] }),
    });
    expect(['192.0.2.1', '192.0.2.2'].filter(late.mayDrop)).toEqual(['192.0.2.1']);
  });
});
