import { describe, expect, test } from 'vitest';
import {
  formatIp,
  type Lead,
  ownPackets,
  parseBlock,
  parseFib,
  parseFibGaps,
  parseIp,
  parsePolicyRules,
  type Routing,
  readRouting,
  reversePath,
  routeFor,
  type Sender,
} from '../../src/address/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText } from '../snapshot_text.ts';

const usual = ['0:\tfrom all lookup local', '32766:\tfrom all lookup main', '32767:\tfrom all lookup default'];

function routing(rules: readonly string[], routes: readonly string[], leftOut: readonly string[] = []): Routing {
  const family = routes.some((line) => line.includes('::')) ? 6 : 4;
  return {
    family,
    rules: parsePolicyRules([...usual, ...rules]).read,
    routes: parseFib(routes, family).read,
    gaps: parseFibGaps(leftOut).read,
    unread: [],
    unprinted: [],
  };
}

const from = (vip: string, more: Partial<Sender> = {}): Sender => ({ ...ownPackets(parseIp(vip)), ...more });
const vip = from('10.77.0.100');

function wordsOf(lead: Lead): string {
  if (lead.kind === 'sent') return lead.route.hops.map(({ via, dev }) => via ?? dev).join('+');
  return lead.kind === 'refused' ? lead.why : lead.kind;
}

/** `10.0.0.0-10.255.255.255 10.77.0.9`, one a stretch; a condition stands before its case. */
function told(facts: Routing, sender: Sender = vip, within?: readonly string[]): readonly string[] {
  const blocks = within?.map((text) => parseBlock(text)).filter((block) => block !== null);
  return routeFor(facts, sender, blocks).map(({ block, cases }) => {
    const [low, high] = [block.low, block.high].map((value) => formatIp({ family: block.family, value }));
    return `${low}-${high} ${cases.map(({ when, lead }) => (when.length > 0 ? `[${when.join()}] ` : '') + wordsOf(lead)).join(', ')}`;
  });
}

describe('the way of the answers to each address', () => {
  const gateway = 'default via 10.77.0.9 dev eth1';

  test.each<readonly [string, Routing, readonly string[]]>([
    ['no route at all', routing([], []), ['0.0.0.0-255.255.255.255 none']],
    ['a default route', routing([], [gateway]), ['0.0.0.0-255.255.255.255 10.77.0.9']],
    [
      'a network within it, and one within that',
      routing([], [gateway, 'blackhole 10.200.0.0/16', '10.200.7.0/24 via 10.77.0.8 dev eth1']),
      [
        '0.0.0.0-10.199.255.255 10.77.0.9',
        '10.200.0.0-10.200.6.255 blackhole',
        '10.200.7.0-10.200.7.255 10.77.0.8',
        '10.200.8.0-10.200.255.255 blackhole',
        '10.201.0.0-255.255.255.255 10.77.0.9',
      ],
    ],
    [
      'the lowest metric, whatever the order',
      routing([], ['default via 10.77.0.8 dev eth1 metric 200', 'default via 10.77.0.9 dev eth1 metric 100']),
      ['0.0.0.0-255.255.255.255 10.77.0.9'],
    ],
    [
      'a dead next hop is passed over',
      routing([], ['default via 10.77.0.9 dev eth1 dead linkdown', 'default via 10.77.0.8 dev eth2 metric 200']),
      ['0.0.0.0-255.255.255.255 10.77.0.8'],
    ],
    [
      'two next hops',
      routing([], ['default \\	nexthop via 10.77.0.9 dev eth1 weight 1 \\	nexthop via 10.77.0.8 dev eth1 weight 1']),
      ['0.0.0.0-255.255.255.255 10.77.0.9+10.77.0.8'],
    ],
    [
      'a rule for the VIP',
      routing(['100:\tfrom 10.77.0.100 lookup 7'], [gateway, 'default via 10.77.0.7 dev eth2 table 7']),
      ['0.0.0.0-255.255.255.255 10.77.0.7'],
    ],
    [
      'a rule for another address',
      routing(['100:\tfrom 10.77.0.1 prohibit'], [gateway]),
      ['0.0.0.0-255.255.255.255 10.77.0.9'],
    ],
    [
      'a rule that forbids the VIP',
      routing(['100:\tfrom 10.77.0.100 prohibit'], [gateway]),
      ['0.0.0.0-255.255.255.255 prohibit'],
    ],
    [
      'a rule for some clients',
      routing(['100:\tfrom all to 10.200.0.0/16 unreachable'], [gateway]),
      [
        '0.0.0.0-10.199.255.255 10.77.0.9',
        '10.200.0.0-10.200.255.255 unreachable',
        '10.201.0.0-255.255.255.255 10.77.0.9',
      ],
    ],
    [
      'a rule for all but some clients',
      routing(['100:\tnot from all to 10.0.0.0/8 lookup 7'], [gateway, 'default via 10.77.0.7 dev eth2 table 7']),
      ['0.0.0.0-9.255.255.255 10.77.0.7', '10.0.0.0-10.255.255.255 10.77.0.9', '11.0.0.0-255.255.255.255 10.77.0.7'],
    ],
    [
      'a table without a route leaves it to the next rule, and so does throw',
      routing(
        ['100:\tfrom all lookup 7'],
        [gateway, '10.0.0.0/8 via 10.77.0.7 dev eth2 table 7', 'throw 10.3.0.0/16 table 7'],
      ),
      [
        '0.0.0.0-9.255.255.255 10.77.0.9',
        '10.0.0.0-10.2.255.255 10.77.0.7',
        '10.3.0.0-10.3.255.255 10.77.0.9',
        '10.4.0.0-10.255.255.255 10.77.0.7',
        '11.0.0.0-255.255.255.255 10.77.0.9',
      ],
    ],
    [
      'a suppressed default, as wg-quick sets it up',
      routing(
        ['100:\tfrom all lookup main suppress_prefixlength 0', '101:\tnot from all fwmark 0xca6c lookup 51820'],
        [gateway, '192.168.0.0/16 dev eth1 scope link', 'default dev wg0 table 51820'],
      ),
      ['0.0.0.0-192.167.255.255 wg0', '192.168.0.0-192.168.255.255 eth1', '192.169.0.0-255.255.255.255 wg0'],
    ],
    [
      'goto passes rules over, unless its target is not there',
      routing(
        [
          '100:\tfrom all goto 200',
          '150:\tfrom all blackhole',
          '200:\tfrom all nop',
          '99:\tfrom all goto 7777 [unresolved]',
        ],
        [gateway],
      ),
      ['0.0.0.0-255.255.255.255 10.77.0.9'],
    ],
    [
      'goto under a condition leads some packets by another way',
      routing(
        [
          '100:\tfrom all sport 80 goto 200',
          '150:\tfrom all to 10.0.0.0/8 blackhole',
          '200:\tfrom all dport 7 prohibit',
        ],
        [gateway],
      ),
      [
        '0.0.0.0-9.255.255.255 [sport 80,dport 7] prohibit, [sport 80] 10.77.0.9, [dport 7] prohibit, 10.77.0.9',
        '10.0.0.0-10.255.255.255 [sport 80,dport 7] prohibit, [sport 80] 10.77.0.9, blackhole',
        '11.0.0.0-255.255.255.255 [sport 80,dport 7] prohibit, [sport 80] 10.77.0.9, [dport 7] prohibit, 10.77.0.9',
      ],
    ],
    [
      'rules for what came in by a card, or is bound to one, are not for answers',
      routing(
        [
          '100:\tfrom all iif eth1 blackhole',
          '101:\tfrom all oif eth1 blackhole',
          '102:\tfrom all lookup [l3mdev-table]',
        ],
        [gateway],
      ),
      ['0.0.0.0-255.255.255.255 10.77.0.9'],
    ],
    [
      'a rule for what the host sends itself',
      routing(['100:\tfrom all iif lo prohibit'], [gateway]),
      ['0.0.0.0-255.255.255.255 prohibit'],
    ],
    [
      'what a rule asks of ports stays a condition',
      routing(['100:\tfrom all ipproto tcp sport 80 blackhole'], [gateway]),
      ['0.0.0.0-255.255.255.255 [ipproto tcp,sport 80] blackhole, 10.77.0.9'],
    ],
    [
      'a negated one too, but only where the rest fits',
      routing(['100:\tnot from all to 10.0.0.0/8 dport 80 blackhole'], [gateway]),
      [
        '0.0.0.0-9.255.255.255 blackhole',
        '10.0.0.0-10.255.255.255 [not dport 80] blackhole, 10.77.0.9',
        '11.0.0.0-255.255.255.255 blackhole',
      ],
    ],
    [
      'a route for a type of service stays a condition',
      routing([], [gateway, '10.0.0.0/8 tos 0x10 via 10.77.0.8 dev eth1']),
      [
        '0.0.0.0-9.255.255.255 10.77.0.9',
        '10.0.0.0-10.255.255.255 [tos 0x10] 10.77.0.8, 10.77.0.9',
        '11.0.0.0-255.255.255.255 10.77.0.9',
      ],
    ],
    [
      'addresses of the node itself, and broadcast',
      routing([], ['local 10.77.0.100 dev eth1 table local scope host', 'broadcast 10.77.0.255 dev eth1 table local']),
      [
        '0.0.0.0-10.77.0.99 none',
        '10.77.0.100-10.77.0.100 own',
        '10.77.0.101-10.77.0.254 none',
        '10.77.0.255-10.77.0.255 group',
        '10.78.0.0-255.255.255.255 none',
      ].map((line) => line.replace('10.78.0.0', '10.77.1.0')),
    ],
  ])('%s', (_, facts, expected) => {
    expect(told(facts)).toEqual(expected);
  });

  test('a mark that is not known stays a condition; a known one decides', () => {
    const facts = routing(['100:\tfrom all fwmark 0x1/0xff prohibit'], [gateway]);
    expect(told(facts)).toEqual(['0.0.0.0-255.255.255.255 10.77.0.9']);
    expect(told(facts, from('10.77.0.100', { mark: 0x101 }))).toEqual(['0.0.0.0-255.255.255.255 prohibit']);
    expect(told(facts, from('10.77.0.100', { mark: null }))).toEqual([
      '0.0.0.0-255.255.255.255 [fwmark 0x1/0xff] prohibit, 10.77.0.9',
    ]);
  });

  test('in a VRF its table is asked', () => {
    const facts = routing(
      ['100:\tfrom all lookup [l3mdev-table]'],
      [gateway, 'default via 10.77.0.7 dev eth2 table 10'],
    );
    expect(told(facts, from('10.77.0.100', { vrfTable: '10' }))).toEqual(['0.0.0.0-255.255.255.255 10.77.0.7']);
  });

  test('only the clients that are asked about', () => {
    const facts = routing([], [gateway, 'blackhole 10.200.0.0/16']);
    expect(told(facts, vip, ['10.200.128.0/17', '10.201.0.0/24', '192.0.2.1'])).toEqual([
      '10.200.128.0-10.200.255.255 blackhole',
      '10.201.0.0-10.201.0.255 10.77.0.9',
      '192.0.2.1-192.0.2.1 10.77.0.9',
    ]);
  });

  test('IPv6: next hops of one metric are one route, and a route may be for some sources alone', () => {
    const facts = routing(
      [],
      [
        'default via 2001:db8::9 dev eth1 metric 1024',
        'default via 2001:db8::8 dev eth1 metric 1024',
        'default via 2001:db8::7 dev eth1 metric 2000',
        '2001:db8:3::/48 from 2001:db8::/64 via 2001:db8::6 dev eth1 metric 1024',
      ],
    );
    const clients = ['2001:db8:2::/48', '2001:db8:3::/48'];
    expect(told(facts, from('2001:db8::100'), clients)).toEqual([
      '2001:db8:2::-2001:db8:2:ffff:ffff:ffff:ffff:ffff 2001:db8::9+2001:db8::8',
      '2001:db8:3::-2001:db8:3:ffff:ffff:ffff:ffff:ffff 2001:db8::6',
    ]);
    expect(told(facts, from('2001:db8:1::100'), clients)).toEqual([
      '2001:db8:2::-2001:db8:3:ffff:ffff:ffff:ffff:ffff 2001:db8::9+2001:db8::8',
    ]);
  });

  test('a table that the snapshot does not carry whole is named where it was asked', () => {
    const left = 'main, 9700 unicast routes via 10.77.0.8 dev eth2';
    const facts = routing(['100:\tfrom all to 10.0.0.0/8 blackhole'], [gateway], [left]);
    const stretches = routeFor(facts, vip);
    expect(stretches.map(({ gaps }) => gaps.map(({ text }) => text))).toEqual([[left], [], [left]]);
  });
});

describe('the reverse path filter', () => {
  const facts = routing(
    [],
    [
      'default via 10.88.0.9 dev eth2',
      '10.0.0.0/8 via 10.77.0.9 dev eth1',
      'blackhole 10.200.0.0/16',
      '10.9.0.0/16 \\	nexthop via 10.88.0.9 dev eth2 \\	nexthop via 10.77.0.9 dev eth1',
      'local 10.77.0.1 dev eth1 table local',
    ],
  );
  const lets = (mode: number, client: string, acceptLocal = false) => {
    const block = parseBlock(client);
    return reversePath(routeFor(facts, vip, block === null ? [] : [block]), { ifnames: ['eth1'], mode, acceptLocal })[0]
      ?.lets;
  };

  test.each([
    ['whose answers leave by the same card', '10.1.1.1', [true, true, true]],
    ['whose answers leave by another card', '192.0.2.1', [true, false, true]],
    ['whose answers may leave by either', '10.9.1.1', [true, true, true]],
    ['whose answers are dropped', '10.200.1.1', [true, false, false]],
    ['who has an address of the node', '10.77.0.1', [false, false, false]],
  ])('off, strict and loose, for a client %s', (_, client, expected) => {
    expect([0, 1, 2].map((mode) => lets(mode, client))).toEqual(expected);
  });

  test('an address of the node is let in where the kernel is told to', () => {
    expect(lets(1, '10.77.0.1', true)).toBe(true);
  });
});

describe('the routing out of a snapshot', () => {
  const read = (sections: Readonly<Record<string, readonly string[]>>) => {
    const snapshot = parseSnapshot(snapshotText({ sections }));
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return readRouting(snapshot.value, 4);
  };
  const rules = { 'rule4: ip -4 rule show': [...usual.map((line) => `> ${line}`), '= exit 0'] };

  test('rules and routes are read, what was left out and what cannot be read is said', () => {
    const routes = [
      '> default via 10.77.0.9 dev eth1',
      '> whatever',
      '= left out: main, 3 blackhole routes',
      '= exit 0',
    ];
    expect(read({ ...rules, 'routes4: ip -o -4 route show table all': routes })).toMatchObject({
      rules: [{ priority: 0 }, { priority: 32766 }, { priority: 32767 }],
      routes: [{ prefix: 0 }],
      gaps: [{ type: 'blackhole', count: 3 }],
      unread: ['whatever'],
    });
  });

  test.each([
    ['an older script did not ask', {}, 'the routes: not in the snapshot'],
    ['the node has no ip', { routes4: ['= missing ip'] }, 'the routes: ip is not installed on the node'],
    ['ip failed', { 'routes4: ip': ['! Dump terminated', '= exit 1'] }, 'the routes: Dump terminated'],
  ])('where %s, that is said', (_, sections, reason) => {
    expect(read({ ...rules, ...sections })).toBe(reason);
  });
});
