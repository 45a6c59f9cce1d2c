import { describe, expect, test } from 'vitest';
import { type Leaving, readRules, type TrafficSpace, trafficTo } from '../../src/netfilter/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText, vip } from '../snapshot_text.ts';

const host = ['> name n1', '> kernel 6.1', '> uid 0', '> user root', '> script 0.1.0', '> parts 2'];
const output = (lines: readonly string[]) => [...lines.map((line) => `> ${line}`), '= exit 0'];

/** What becomes of answers on a node with these lines of iptables-save, or these objects of nft. */
function leaving(
  rules: readonly string[],
  nft: readonly object[] = [],
): { readonly said: readonly string[]; readonly left: Leaving; readonly space: TrafficSpace } {
  const space = trafficTo(vip);
  const sections = {
    host,
    iptables: output(rules),
    nft: output(nft.map((one) => JSON.stringify(one))),
  };
  // The second part of the format is empty.
  const text = snapshotText({ held: null, sections });
  const lines = text.trimEnd().split('\n').length;
  const snapshot = parseSnapshot(`${text}== end ${lines}\n`);
  if (!snapshot.ok) throw new Error(snapshot.reason);
  const left = readRules(snapshot.value, vip, { space }).leaving;
  if (typeof left === 'string') throw new Error(left);
  return {
    said: left.denials.map(({ certain, place, text }) => `${certain ? '' : 'perhaps '}${place}: ${text}`),
    left,
    space,
  };
}

const filter = (policy: string, ...rules: readonly string[]) => [
  '*filter',
  ':INPUT ACCEPT [0:0]',
  `:OUTPUT ${policy} [0:0]`,
  ...rules,
  'COMMIT',
];

describe('answers on their way out', () => {
  test.each([
    ['nothing stands there', filter('ACCEPT'), []],
    ['the policy denies them', filter('DROP'), ['filter OUTPUT: -P OUTPUT DROP']],
    ['answers are ESTABLISHED', filter('DROP', '-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT'), []],
    ['they are the other direction', filter('DROP', '-A OUTPUT -m conntrack --ctdir REPLY -j ACCEPT'), []],
    ['they come from the VIP', filter('DROP', `-A OUTPUT -s ${vip}/32 -j ACCEPT`), []],
    ['they leave by the interface', filter('DROP', '-A OUTPUT -o eth1 -j ACCEPT'), []],
    ['they come in by none', filter('ACCEPT', '-A OUTPUT -i eth1 -j DROP'), []],
    ['they are not NEW', filter('ACCEPT', '-A OUTPUT -m state --state NEW -j DROP'), []],
    ['a SYN+ACK is no SYN', filter('ACCEPT', '-A OUTPUT -p tcp --syn -j DROP'), []],
    ['a ping is answered by a reply', filter('ACCEPT', '-A OUTPUT -p icmp --icmp-type 8 -j DROP'), []],
    [
      'the reply is denied',
      filter('ACCEPT', '-A OUTPUT -p icmp -m icmp --icmp-type 0 -j DROP'),
      ['filter OUTPUT: -A OUTPUT -p icmp -m icmp --icmp-type 0 -j DROP'],
    ],
    ['nat sees no answers', ['*nat', ':OUTPUT ACCEPT [0:0]', '-A OUTPUT -j DROP', 'COMMIT'], []],
    [
      'a chain that is jumped to denies them',
      filter('ACCEPT', ':out - [0:0]', '-A OUTPUT -j out', `-A out -s ${vip}/32 -j REJECT`),
      [`filter out: -A out -s ${vip}/32 -j REJECT`],
    ],
    [
      'postrouting denies them',
      ['*mangle', ':POSTROUTING ACCEPT [0:0]', `-A POSTROUTING -s ${vip}/32 -j DROP`, 'COMMIT'],
      [`mangle POSTROUTING: -A POSTROUTING -s ${vip}/32 -j DROP`],
    ],
    [
      'it hangs on the program that sends',
      filter('ACCEPT', '-A OUTPUT -m owner --uid-owner 33 -j DROP'),
      ['perhaps filter OUTPUT: -A OUTPUT -m owner --uid-owner 33 -j DROP'],
    ],
  ])('%s', (_, rules, denials) => {
    expect(leaving(rules).said).toEqual(denials);
  });

  test('ports and addresses of an answer are those of the request the other way round', () => {
    const { left, space } = leaving(
      filter('ACCEPT', '-A OUTPUT -d 10.0.0.0/8 -p tcp -m tcp --sport 80 --dport 1024:65535 -j DROP'),
    );
    const low = 10n << 24n;
    const meant = space.only({
      protocol: 6n,
      dport: 80n,
      sport: { low: 1024n, high: 65535n },
      source: { low, high: low + 0xffffffn },
    });
    expect(left.denials[0]?.traffic.equals(meant)).toBe(true);
  });

  test('a mark that is given at output is what the route is chosen by', () => {
    const { left, space } = leaving([
      '*mangle',
      ':OUTPUT ACCEPT [0:0]',
      '-A OUTPUT -p tcp -j MARK --set-xmark 0x7/0xffffffff',
      'COMMIT',
    ]);
    expect(left.marks.map(({ mark }) => mark).sort()).toEqual([0, 7]);
    expect(left.marks.find(({ mark }) => mark === 7)?.traffic.equals(space.only({ protocol: 6n }))).toBe(true);
  });

  test('nft: output, its interface, ports and states are those of answers', () => {
    const base = { family: 'inet', table: 'f', chain: 'o' };
    const match = (left: object, right: unknown) => ({ match: { op: '==', left, right } });
    const objects = (...expr: readonly object[]) => [
      { table: { family: 'inet', name: 'f', handle: 1 } },
      {
        chain: {
          family: 'inet',
          table: 'f',
          name: 'o',
          handle: 1,
          type: 'filter',
          hook: 'output',
          prio: 0,
          policy: 'accept',
        },
      },
      { rule: { ...base, handle: 2, expr } },
    ];
    const drop = { drop: null };
    expect(leaving([], objects(match({ payload: { protocol: 'ip', field: 'saddr' } }, vip), drop)).said).toEqual([
      `inet f o, hook output: ip saddr ${vip} drop`,
    ]);
    expect(
      leaving(
        [],
        objects(match({ payload: { protocol: 'ip', field: 'daddr' } }, vip), drop),
      ).left.denials[0]?.traffic.spans('source'),
    ).toHaveLength(1);
    expect(leaving([], objects(match({ meta: { key: 'oifname' } }, 'eth9'), drop)).said).toEqual([]);
    expect(leaving([], objects(match({ meta: { key: 'oifname' } }, 'eth1'), drop)).said).toHaveLength(1);
    expect(leaving([], objects(match({ meta: { key: 'iifname' } }, 'eth1'), drop)).said).toEqual([]);
    expect(leaving([], objects(match({ ct: { key: 'state' } }, 'new'), drop)).said).toEqual([]);
    expect(leaving([], objects(match({ ct: { key: 'direction' } }, 'reply'), drop)).said).toHaveLength(1);
    const [denial] = leaving([], objects(match({ payload: { protocol: 'tcp', field: 'sport' } }, 443), drop)).left
      .denials;
    expect(denial?.traffic.spans('dport')).toEqual([{ low: 443n, high: 443n }]);
  });

  test('an older script has not looked at them', () => {
    const snapshot = parseSnapshot(snapshotText());
    if (!snapshot.ok) throw new Error(snapshot.reason);
    expect(readRules(snapshot.value, vip, { space: trafficTo(vip) }).leaving).toMatch(/not in the snapshot/);
  });
});
