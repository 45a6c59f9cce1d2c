import { expect, test } from 'vitest';
import { judgeOne } from '../../src/cluster/index.ts';
import { stateOf } from '../../src/plugin/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText, vip } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';

// Rules that name another address than the VIP are not read whole, unless something sends packets on to it.

const run = { timeLeft: () => 60_000, verbosity: 0 } as const;
const other = '192.168.56.99';

/** What is said of a node that holds the one bucket there is, by nft rules, with more rules. */
function said(sections: Readonly<Record<string, readonly string[]>>): {
  readonly state: string;
  readonly text: string;
} {
  const snapshot = parseSnapshot(snapshotText({ held: null, sections }));
  if (!snapshot.ok) throw new Error(snapshot.reason);
  const nodes = [{ name: 'n1', reached: true, snapshot: snapshot.value } as const];
  const report = judgeOne(nodes, { ...nothingWanted, skip: ['arp', 'mac'], expectBuckets: [1] }, run);
  return { state: stateOf(report), text: report.findings.map(({ state, text }) => `${state} ${text}`).join('\n') };
}

const destined = (address: string) => ({
  match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right: address },
});
const hash = { jhash: { mod: 1, seed: 5, expr: { payload: { protocol: 'ip', field: 'saddr' } } } };
const share = [
  [
    destined(vip),
    { match: { op: '==', left: hash, right: 0 } },
    { mangle: { key: { meta: { key: 'pkttype' } }, value: 'host' } },
    { accept: null },
  ],
  [destined(vip), { drop: null }],
];
const mark = { meta: { key: 'mark' } };
const setMark = { mangle: { key: mark, value: 1 } };
const marked = { match: { op: '==', left: mark, right: 1 } };

/** nft's ruleset with chains at prerouting, one after the other. */
function nft(...chains: readonly (readonly (readonly unknown[])[])[]): readonly string[] {
  const objects = chains.flatMap((rules, i) => [
    {
      chain: {
        family: 'ip',
        table: 't',
        name: `c${i}`,
        handle: i,
        type: 'filter',
        hook: 'prerouting',
        prio: i - 150,
        policy: 'accept',
      },
    },
    ...rules.map((expr, j) => ({ rule: { family: 'ip', table: 't', chain: `c${i}`, handle: 10 * i + j + 10, expr } })),
  ]);
  const all = [{ table: { family: 'ip', name: 't', handle: 1 } }, ...objects];
  return [...all.map((object) => `> ${JSON.stringify(object)}`), '= exit 0'];
}

test('a rule for another address does nothing to the VIP', () => {
  const plain = said({ nft: nft(share) });
  expect(plain.state, plain.text).toBe('OK');
  expect(said({ nft: nft([[destined(other), { drop: null }]], share, [[destined(other), { drop: null }]]) })).toEqual(
    plain,
  );
});

test('what a rule does before it looks at the address, it does to the VIP, too', () => {
  const drop = [[marked, { drop: null }]];
  expect(said({ nft: nft(share, [[destined(other), setMark, { accept: null }]], drop) }).state).toBe('OK');
  const { state, text } = said({ nft: nft(share, [[setMark, destined(other), { accept: null }]], drop) });
  expect(state, text).toBe('CRITICAL');
});

test('where a rule sends packets on to whichever address of the host, rules for others may be met', () => {
  const table = (name: string, ...lines: readonly string[]) =>
    [`*${name}`, ...lines, 'COMMIT'].map((line) => `> ${line}`);
  const filter = table('filter', ':INPUT ACCEPT [0:0]', `-A INPUT -d ${other}/32 -j DROP`);
  const nat = table('nat', ':PREROUTING ACCEPT [0:0]', `-A PREROUTING -d ${vip}/32 -j REDIRECT`);
  const addr = [
    '> 1: lo    inet 127.0.0.1/8 scope host lo',
    `> 3: eth1    inet ${vip}/24 brd 192.168.56.255 scope global secondary eth1`,
    `> 3: eth1    inet ${other}/24 brd 192.168.56.255 scope global eth1`,
    '= exit 0',
  ];
  const doubt = /filter INPUT: -A INPUT -d 192\.168\.56\.99\/32 -j DROP/;
  expect(said({ addr, nft: nft(share), 'iptables-legacy': [...filter, '= exit 0'] }).text).not.toMatch(doubt);
  expect(said({ addr, nft: nft(share), 'iptables-legacy': [...nat, ...filter, '= exit 0'] }).text).toMatch(doubt);
});
