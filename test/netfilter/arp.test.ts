import { describe, expect, test } from 'vitest';
import { type ArpPacket, followArp, readArp } from '../../src/netfilter/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText } from '../snapshot_text.ts';

const vip = '192.168.56.20';
const [card, ab] = ['02:00:00:00:00:01', '01:23:45:67:89:ab'];
const reply: ArpPacket = { hook: 'output', operation: 'reply', sender: vip, target: null, ifname: 'eth1' };
const request: ArpPacket = { ...reply, operation: 'request' };
const asked: ArpPacket = { hook: 'input', operation: 'request', sender: null, target: vip, ifname: 'eth1' };
const mangle = `-j mangle --mangle-mac-s ${ab}`;

/** What becomes of a packet: the MACs that it may carry, or `dropped`; with the reason where more than one is possible. */
function ends(packet: ArpPacket, sections: Readonly<Record<string, readonly string[]>>): string {
  const snapshot = parseSnapshot(snapshotText({ sections }));
  if (!snapshot.ok) throw new Error(snapshot.reason);
  const found = followArp(readArp(snapshot.value).program, packet, { by: 'card', mac: card });
  const open = found.map((one) => one.open?.open).find((why) => why !== undefined);
  const words = found.map(({ told }) => (told === null ? 'dropped' : told.mac === card ? 'card' : (told.mac ?? '?')));
  return [words.sort().join(' or '), ...(open === undefined ? [] : [`(${open})`])].join(' ');
}

const saved = (...lines: readonly string[]) => ({
  arptables: [...['*filter', ':INPUT ACCEPT', ':OUTPUT ACCEPT', ...lines].map((line) => `> ${line}`), '= exit 0'],
});

describe('ARP packets through arptables', () => {
  test.each([
    ['no rule', [], reply, 'card'],
    [
      'the rule, in the order that arptables-nft-save has',
      [`-A OUTPUT -j mangle -s ${vip} --mangle-mac-s ${ab}`],
      reply,
      ab,
    ],
    ['what mangles accepts: nothing behind it counts', [`-A OUTPUT ${mangle}`, '-A OUTPUT -j DROP'], reply, ab],
    [
      'unless it says otherwise',
      [`-A OUTPUT ${mangle} --mangle-target CONTINUE`, '-A OUTPUT -j DROP'],
      reply,
      'dropped',
    ],
    ['ACCEPT before the rule', [`-A OUTPUT -s ${vip} -j ACCEPT`, `-A OUTPUT ${mangle}`], reply, 'card'],
    ['policy DROP', [':OUTPUT DROP', `-A OUTPUT -s 192.168.56.21 -j ACCEPT`], reply, 'dropped'],
    ['policy DROP behind the rule', [':OUTPUT DROP', `-A OUTPUT -s ${vip} ${mangle}`], reply, ab],
    ['replies alone: a reply', [`-A OUTPUT --opcode 2 ${mangle}`], reply, ab],
    ['replies alone: a request', [`-A OUTPUT --opcode Reply ${mangle}`], request, 'card'],
    ['a chain of its own', [':told -', `-A OUTPUT -s ${vip} -j told`, `-A told ${mangle}`], reply, ab],
    ['RETURN from it', [':told -', '-A OUTPUT -j told', '-A told -j RETURN', `-A told ${mangle}`], reply, 'card'],
    ['another interface', [`-A OUTPUT -o eth2 ${mangle}`], reply, 'card'],
    ['interfaces by a wildcard', [`-A OUTPUT -o eth+ ${mangle}`], reply, ab],
    ['both spellings of not', [`-A OUTPUT -s ! ${vip} -j ACCEPT`, `-A OUTPUT ! -s ${vip} -j DROP`], reply, 'card'],
    ['one host of the peers', ['-A INPUT -s 192.168.56.9 -j DROP'], asked, 'card or dropped (host)'],
    ['a network of the peers', ['-A INPUT -s 10.0.0.0/8 -j DROP'], asked, 'card or dropped (network)'],
    ['the VIP at input', [`-A INPUT -d ${vip} -j DROP`], asked, 'dropped'],
    ['a target that is not known', ['-A OUTPUT -j NEWS'], reply, 'card or dropped (other)'],
    ['an option that is not known', [`-A OUTPUT --new 1 ${mangle}`], reply, `${ab} or card (other)`],
    ['what is open, but comes to the same', [`-A OUTPUT --new 1 ${mangle}`, `-A OUTPUT ${mangle}`], reply, ab],
  ])('%s', (_, lines, packet, is) => {
    expect(ends(packet, saved(...lines))).toBe(is);
  });
});

describe('ARP packets through nft', () => {
  const arp = (field: string) => ({ payload: { protocol: 'arp', field } });
  const tell = { mangle: { key: arp('saddr ether'), value: ab } };
  const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });
  const chain = (name: string, more: object) => ({ chain: { family: 'arp', table: 'a', name, handle: 1, ...more } });
  const base = (policy = 'accept') => chain('out', { type: 'filter', hook: 'output', prio: 0, policy });
  const rule = (expr: readonly object[], name = 'out') => ({
    rule: { family: 'arp', table: 'a', chain: name, handle: 2, expr },
  });
  const byVip = (...elements: readonly unknown[]) => ({
    vmap: { key: arp('saddr ip'), data: { set: elements } },
  });
  const goesOn = { continue: null };
  const set = (elem: readonly unknown[]) => ({
    set: { family: 'arp', table: 'a', name: 'vips', type: 'ipv4_addr', handle: 3, elem },
  });

  test.each<readonly [string, readonly object[], ArpPacket, string]>([
    ['the rule', [base(), rule([match(arp('saddr ip'), vip), tell])], reply, ab],
    ['what is not the VIP', [base(), rule([match(arp('saddr ip'), vip, '!='), tell])], reply, 'card'],
    ['a named set with it', [set(['10.0.0.1', vip]), base(), rule([match(arp('saddr ip'), '@vips'), tell])], reply, ab],
    [
      'a named set without it',
      [set(['10.0.0.1']), base(), rule([match(arp('saddr ip'), '@vips'), tell])],
      reply,
      'card',
    ],
    [
      'a set that is not there',
      [base(), rule([match(arp('saddr ip'), '@vips'), tell])],
      reply,
      `${ab} or card (other)`,
    ],
    [
      'a range',
      [base(), rule([match(arp('saddr ip'), { range: ['192.168.56.1', '192.168.56.30'] }), tell])],
      reply,
      ab,
    ],
    ['requests alone', [base(), rule([match(arp('operation'), 'request'), tell])], reply, 'card'],
    [
      'a map of operations',
      [
        base('drop'),
        chain('told', {}),
        rule([tell, { accept: null }], 'told'),
        rule([
          {
            vmap: {
              key: arp('operation'),
              data: {
                set: [
                  ['request', { drop: null }],
                  ['reply', { jump: { target: 'told' } }],
                ],
              },
            },
          },
        ]),
      ],
      reply,
      ab,
    ],
    ['a map that lets the VIP go on in its rule', [base(), rule([byVip([vip, goesOn]), tell])], reply, ab],
    ['what a map does not have leaves the rule', [base(), rule([byVip(['10.0.0.1', goesOn]), tell])], reply, 'card'],
    [
      'what a map has for all others does not take the VIP',
      [base(), rule([byVip([vip, goesOn], ['*', { accept: null }])]), rule([tell])],
      reply,
      ab,
    ],
    [
      'a map to something else, without the VIP',
      [
        base(),
        rule([{ counter: { map: { key: arp('saddr ip'), data: { set: [['10.0.0.1', 'others']] } } } }, { drop: null }]),
      ],
      reply,
      'card',
    ],
    ['a set with all others', [base(), rule([match(arp('saddr ip'), { set: ['10.0.0.1', '*'] }), tell])], reply, ab],
    ['what goes on to a policy', [base('drop'), rule([tell])], reply, 'dropped'],
    ['a rate', [base(), rule([{ limit: { rate: 1, per: 'second' } }, tell])], reply, `${ab} or card (other)`],
    [
      'a MAC that the rule does not show',
      [base(), rule([{ mangle: { key: arp('saddr ether'), value: {} } }])],
      reply,
      '?',
    ],
  ])('%s', (_, objects, packet, is) => {
    const lines = objects.map((object) => `> ${JSON.stringify(object)}`);
    expect(ends(packet, { nft: [...lines, '= exit 0'] })).toBe(is);
  });

  // nft 1.0.6 leaves the device of a chain out of its JSON, and the flags of a table: `nft list chains` has both.
  const guard = (name: string) => ({ family: 'netdev', table: 'guard', name, handle: 1, type: 'filter', prio: 0 });
  const ingress = { chain: { ...guard('ingress'), hook: 'ingress', policy: 'drop' } };
  const headsOf = (device: string, flags = '') => [
    '> table netdev guard {',
    ...(flags === '' ? [] : [`> \t${flags}`]),
    '> \tchain ingress {',
    `> \t\ttype filter hook ingress device "${device}" priority filter; policy drop;`,
    '= exit 0',
  ];

  test.each([
    ['a guard on the interface', headsOf('eth1'), 'dropped'],
    ['a guard on another card', headsOf('eth3'), 'card'],
    ['a guard of which nothing is said', ['= exit 0'], 'card or dropped (other)'],
    ['a guard that sleeps', headsOf('eth1', 'flags dormant'), 'card'],
  ])('%s', (_, heads, is) => {
    const nft = [`> ${JSON.stringify(ingress)}`, '= exit 0'];
    expect(ends(asked, { nft, 'nft-chains': heads })).toBe(is);
  });

  test('of two chains of one priority the one that was registered last runs first', () => {
    const second = '01:00:5e:00:00:02';
    const told = { mangle: { key: arp('saddr ether'), value: second } };
    const other = chain('later', { type: 'filter', hook: 'output', prio: 0, policy: 'accept' });
    const lines = [base(), other, rule([tell]), rule([told], 'later')].map((object) => `> ${JSON.stringify(object)}`);
    expect(ends(reply, { nft: [...lines, '= exit 0'] })).toBe(ab);
  });

  test.each([
    ['an older table of nft, which runs after the rules of arptables-nft', true, ab],
    ['a younger one, which runs before them', false, '01:00:5e:00:00:02'],
  ])('%s', (_, older, is) => {
    const head = { family: 'arp', table: 'filter', name: 'OUTPUT', handle: 1, type: 'filter', hook: 'output', prio: 0 };
    const saved = { chain: { ...head, policy: 'accept' } };
    const own = [base(), rule([tell])];
    const lines = (older ? [...own, saved] : [saved, ...own]).map((object) => `> ${JSON.stringify(object)}`);
    const arptables = [
      '> *filter',
      '> :OUTPUT ACCEPT',
      '> -A OUTPUT -j mangle --mangle-mac-s 01:00:5e:00:00:02',
      '= exit 0',
    ];
    expect(ends(reply, { arptables, nft: [...lines, '= exit 0'] })).toBe(is);
  });
});
