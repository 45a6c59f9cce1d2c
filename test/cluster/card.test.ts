import { describe, expect, test } from 'vitest';
import { factsOf, judgeCluster, reportCluster, trafficTo } from '../../src/cluster/index.ts';
import type { Report, State } from '../../src/plugin/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText, vip } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';

// Forms of what stands under a VIP's interface, on n2 of two nodes. How traffic fares there, the lab of the whole way measures.

type Node = {
  /** Lines of `ip -d -o link show`, less loopback. */
  readonly link: readonly string[];
  readonly vipOn: string;
  readonly sections?: Readonly<Record<string, readonly string[]>>;
  readonly table?: string;
  readonly chain?: string;
  /** Who else listens to the cluster MAC. */
  readonly listens?: string;
  /** An address of eth2. */
  readonly second?: string;
};

const card = (name: string, more = '', details = '') =>
  `2: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue ${more} state UP\\    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff promiscuity 0 ${details}`;
const plain: Node = { link: [card('eth1')], vipOn: 'eth1' };
const bridged = (...ports: readonly string[]): Node => ({
  link: [
    ...ports.map((port) => card(port, 'master br1', '\\    bridge_slave state forwarding')),
    card('br1', '', '\\    bridge forward_delay 1500'),
  ],
  vipOn: 'br1',
});
const vlan: Node = {
  link: [card('eth1'), card('eth1.10@eth1', '', '\\    vlan protocol 802.1Q id 10')],
  vipOn: 'eth1.10',
};
const bond: Node = {
  link: [
    card('eth1', 'master bond0', '\\    bond_slave state ACTIVE'),
    card('eth2', 'master bond0', '\\    bond_slave state BACKUP'),
    card('bond0', '', '\\    bond mode active-backup'),
  ],
  vipOn: 'bond0',
};
const vrf: Node = {
  link: [
    card('eth1', 'master vrf0', '\\    vrf_slave table 10'),
    '3: vrf0: <NOARP,MASTER,UP,LOWER_UP> mtu 65575 state UP\\    link/ether 02:00:00:00:00:03 brd ff:ff:ff:ff:ff:ff promiscuity 0 \\    vrf table 10',
  ],
  vipOn: 'eth1',
};

const macvlan = (flags = 'UP,LOWER_UP', kind = 'macvlan'): Node => ({
  link: [card('eth1'), card('mv0@eth1', '', `\\    ${kind} mode bridge`).replace('UP,LOWER_UP', flags)],
  vipOn: 'eth1',
  listens: 'mv0',
});
/** A second card that listens to the cluster MAC. */
const two = (second?: string, details = ''): Node => ({
  link: [card('eth1'), card('eth2', '', details)],
  vipOn: 'eth1',
  listens: 'eth2',
  ...(second === undefined ? {} : { second }),
});
const read = (...lines: readonly string[]) => [...lines.map((line) => `> ${line}`), '= exit 0'];
const strict = {
  sysctl: read(
    'net.ipv4.conf.all.rp_filter = 0',
    'net.ipv4.conf.default.rp_filter = 0',
    'net.ipv4.conf.mv0.rp_filter = 1',
  ),
};
const nft = (...objects: readonly object[]) => read(...objects.map((one) => JSON.stringify(one)));
const to = (address: string) => ({
  match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right: address },
});
/** A table with a chain at a hook, and one rule. */
const table = (family: string, hook: string, ...expr: readonly object[]) => [
  { chain: { family, table: 'guard', name: 'c', handle: 1, type: 'filter', hook, prio: 0, policy: 'accept' } },
  { rule: { family, table: 'guard', chain: 'c', handle: 2, expr: [...expr, { drop: null }] } },
];
const heads = (family: string, ...lines: readonly string[]) =>
  read(`table ${family} guard {`, '\tchain c {', ...lines.map((line) => `\t\t${line}`), '\t}', '}');
const tc = (...lines: readonly string[]) => ({
  qdisc: read('qdisc noqueue 0: dev lo root refcnt 2', 'qdisc clsact ffff: dev eth1 parent ffff:fff1'),
  'tc-ingress eth1': read(...lines),
  'tc-egress eth1': read(),
});
const flower = (...lines: readonly string[]) => [
  'filter protocol ip pref 49152 flower chain 0 ',
  'filter protocol ip pref 49152 flower chain 0 handle 0x1 ',
  '  eth_type ipv4',
  ...lines.map((line) => `  ${line}`),
];
const drop = '\taction order 1: gact action drop';
const ebtables = (...rules: readonly string[]) => ({
  ebtables: read('*filter', ':INPUT ACCEPT', ':FORWARD ACCEPT', ':OUTPUT ACCEPT', ':mine ACCEPT', ...rules),
});

function judge(one: Node, other: Node = one): Report {
  const space = trafficTo(vip);
  const facts = [{ ...other, sections: {} }, one].map(
    ({ link, vipOn, sections, listens, second, table = 'mangle', chain = 'PREROUTING' }, i) => {
      const iptables = read(
        `*${table}`,
        `:${chain} ACCEPT [0:0]`,
        `-A ${chain} -d ${vip}/32 -i ${vipOn} -m cluster --cluster-local-nodemask 0x0000000${i + 1} --cluster-total-nodes 2 --cluster-hash-seed 0x00000005 -j ACCEPT`,
        `-A ${chain} -d ${vip}/32 -i ${vipOn} -j DROP`,
        'COMMIT',
      );
      const text = snapshotText({
        name: `n${i + 1}`,
        held: null,
        link: ['1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN', ...link],
        addr: [
          '1: lo    inet 127.0.0.1/8 scope host lo',
          `2: ${vipOn}    inet ${vip}/24 scope global ${vipOn}`,
          ...(second === undefined ? [] : [`4: eth2    inet ${second} scope global eth2`]),
        ],
        maddr: [vipOn, ...(listens === undefined ? [] : [listens])].map(
          (name) => `2    ${name}            1     1     0123456789ab`,
        ),
        sections: { iptables, qdisc: read(), ...sections },
      });
      const snapshot = parseSnapshot(text);
      if (!snapshot.ok) throw new Error(snapshot.reason);
      return factsOf(`n${i + 1}`, snapshot.value, vip, { skipRules: false, backend: 'auto' }, space);
    },
  );
  return reportCluster(judgeCluster(facts, nothingWanted), facts, nothingWanted);
}

const of = (node: Node, sections: Node['sections'] = {}): Node => ({ ...node, sections });
const guard = (family: string, device: string) => ({
  nft: nft(...table(family, 'ingress', to(vip))),
  'nft-chains': heads(family, `type filter hook ingress ${device} priority 0; policy accept;`),
});

describe('what lies under the VIP’s interface', () => {
  test.each<readonly [string, Node, State]>([
    ['a plain card', of(plain), 'OK'],
    ['a guard at ingress of the card', of(plain, guard('netdev', 'device "eth1"')), 'CRITICAL'],
    ['a guard at ingress of another card', of(plain, guard('netdev', 'device "eth9"')), 'OK'],
    ['a guard at ingress of several cards', of(plain, guard('inet', 'devices = { eth9, eth1 }')), 'CRITICAL'],
    [
      'a guard at ingress of several cards, in quotes',
      of(plain, guard('inet', 'devices = { "eth9", "eth1" }')),
      'CRITICAL',
    ],
    ['a guard at ingress of the card under a VLAN', of(vlan, guard('netdev', 'device "eth1"')), 'CRITICAL'],
    ['a guard at ingress of one slave of a bond', of(bond, guard('netdev', 'device "eth2"')), 'UNKNOWN'],
    ['a guard at ingress of all slaves of a bond', of(bond, guard('netdev', 'devices = { eth1, eth2 }')), 'CRITICAL'],
    [
      'a guard at ingress of the one port of a bridge',
      of(bridged('eth1'), guard('netdev', 'device "eth1"')),
      'CRITICAL',
    ],
    [
      'a dormant guard, as nft 1.0.6 says it',
      of(plain, {
        nft: nft(
          { table: { family: 'ip', name: 'guard', handle: 1, flags: 'guard' } },
          ...table('ip', 'prerouting', to(vip)),
        ),
      }),
      'OK',
    ],
    [
      'a dormant guard, as newer ones say it',
      of(plain, {
        nft: nft(
          { table: { family: 'ip', name: 'guard', handle: 1, flags: ['dormant'] } },
          ...table('ip', 'prerouting', to(vip)),
        ),
      }),
      'OK',
    ],
    [
      'a guard that belongs to a program',
      of(plain, {
        nft: nft(
          { table: { family: 'ip', name: 'guard', handle: 1, flags: 'owner' } },
          ...table('ip', 'prerouting', to(vip)),
        ),
      }),
      'CRITICAL',
    ],
    [
      'a guard whose flags the text says are no sleep',
      of(plain, {
        nft: nft(
          { table: { family: 'ip', name: 'guard', handle: 1, flags: 'guard' } },
          ...table('ip', 'prerouting', to(vip)),
        ),
        'nft-chains': read('table ip guard {', '\tflags owner', '}'),
      }),
      'CRITICAL',
    ],
    [
      'a table bridge where the VIP is on none',
      of(plain, { nft: nft(...table('bridge', 'prerouting', to(vip))) }),
      'OK',
    ],
    [
      'a table bridge that drops the VIP',
      of(bridged('eth1'), { nft: nft(...table('bridge', 'prerouting', to(vip))) }),
      'CRITICAL',
    ],
    [
      'a table bridge that drops what passes through it',
      of(bridged('eth1'), { nft: nft(...table('bridge', 'forward', to(vip))) }),
      'OK',
    ],
    [
      'a table bridge about another bridge',
      of(bridged('eth1'), {
        nft: nft(
          ...table('bridge', 'input', { match: { op: '==', left: { meta: { key: 'ibrname' } }, right: 'br9' } }),
        ),
      }),
      'OK',
    ],
    [
      'a table bridge about this bridge',
      of(bridged('eth1'), {
        nft: nft(
          ...table('bridge', 'input', { match: { op: '==', left: { meta: { key: 'ibrname' } }, right: 'br1' } }),
        ),
      }),
      'CRITICAL',
    ],
    [
      'a table bridge about one of two ports',
      of(bridged('eth1', 'eth2'), {
        nft: nft(
          ...table('bridge', 'input', { match: { op: '==', left: { meta: { key: 'iifname' } }, right: 'eth2' } }),
        ),
      }),
      'UNKNOWN',
    ],
    [
      'a rule of ebtables that drops groups',
      of(bridged('eth1'), ebtables('-A INPUT -p IPv4 -d Multicast -j DROP')),
      'CRITICAL',
    ],
    [
      'a rule of ebtables that drops the VIP in a chain of its own',
      of(bridged('eth1'), ebtables('-A INPUT -i eth1 -j mine', `-A mine -p IPv4 --ip-dst ${vip} -j DROP`)),
      'CRITICAL',
    ],
    [
      'a rule of ebtables behind the end of a chain, which accepts',
      of(bridged('eth1'), ebtables('-A INPUT -j mine', '-A INPUT -p IPv4 -j DROP')),
      'OK',
    ],
    [
      'a rule of ebtables about another address, and what is not the VIP',
      of(
        bridged('eth1'),
        ebtables('-A INPUT -p IPv4 --ip-dst 192.168.56.77 -j DROP', `-A INPUT -p IPv4 ! --ip-dst ${vip} -j DROP`),
      ),
      'OK',
    ],
    [
      'a rule of ebtables about groups of bridges',
      of(
        bridged('eth1'),
        ebtables('-A INPUT -d BGA -j DROP', '-A INPUT -d 01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 -j DROP'),
      ),
      'OK',
    ],
    [
      'a rule of ebtables about the cluster MAC',
      of(bridged('eth1'), ebtables('-A INPUT -d 01:23:45:67:89:ab -j DROP')),
      'CRITICAL',
    ],
    [
      'a rule of ebtables that nobody understands',
      of(bridged('eth1'), ebtables('-A INPUT --among-dst-file /etc/macs -j DROP')),
      'UNKNOWN',
    ],
    [
      'ebtables that may not be read',
      of(bridged('eth1'), { ebtables: ['! Permission denied', '= exit 1', '= needs /usr/sbin/ebtables-save'] }),
      'UNKNOWN',
    ],
    ['a macvlan over it that listens, too', macvlan(), 'CRITICAL'],
    ['a macvlan over it that is down', macvlan('LOWER_UP'), 'OK'],
    ['a VLAN over it that listens, too', macvlan('UP,LOWER_UP', 'vlan'), 'OK'],
    ['a second card with an address of the network that listens, too', two('192.168.56.31/24'), 'CRITICAL'],
    ['a second card with an address of another network that listens, too', two('10.9.9.1/24'), 'WARNING'],
    ['a second card without an address that listens, too', two(), 'WARNING'],
    ['a second card of the network that does not listen', { ...two('192.168.56.31/24'), listens: 'lo' }, 'OK'],
    ['the slaves of a bond, which listen as it does', { ...bond, listens: 'eth2' }, 'OK'],
    ['a VRF, the rules in prerouting', of(vrf), 'OK'],
    ['a VRF, the rules in INPUT for the card', { ...vrf, table: 'filter', chain: 'INPUT' }, 'CRITICAL'],
    ['tc drops the VIP', of(plain, tc(...flower(`dst_ip ${vip}`, 'not_in_hw'), drop)), 'CRITICAL'],
    ['tc drops another address', of(plain, tc(...flower('dst_ip 192.168.56.77'), drop)), 'OK'],
    [
      'tc passes the VIP before it drops everything',
      of(
        plain,
        tc(
          ...flower(`dst_ip ${vip}`),
          '\taction order 1: gact action pass',
          'filter protocol all pref 49153 matchall chain 0 handle 0x1 ',
          drop,
        ),
      ),
      'OK',
    ],
    [
      'tc drops the Web of the VIP',
      of(plain, tc(...flower('ip_proto tcp', `dst_ip ${vip}`, 'dst_port 80'), drop)),
      'CRITICAL',
    ],
    [
      'tc drops what it says in words that are not known',
      of(plain, tc(...flower(`dst_ip ${vip}`, 'ip_tos 0x10'), drop)),
      'WARNING',
    ],
    [
      'tc asks a program',
      of(
        plain,
        tc('filter protocol all pref 49152 bpf chain 0 handle 0x1 prog.o:[x] direct-action not_in_hw id 7 tag 1 '),
      ),
      'UNKNOWN',
    ],
    [
      'tc hands all to an ifb, which gives it back',
      {
        ...plain,
        link: [card('eth1'), card('ifb0', '', '\\    ifb ')],
        sections: tc(
          'filter protocol all pref 49152 matchall chain 0 handle 0x1 ',
          '\taction order 1: mirred (Egress Redirect to device ifb0) stolen',
        ),
      },
      'OK',
    ],
    [
      'tc sends all to another card',
      {
        ...plain,
        link: [card('eth1'), card('eth2', '', '\\    veth ')],
        sections: tc(
          'filter protocol all pref 49152 matchall chain 0 handle 0x1 ',
          '\taction order 1: mirred (Egress Redirect to device eth2) stolen',
        ),
      },
      'CRITICAL',
    ],
    [
      'filters of tc that were not read',
      of(plain, { qdisc: read('qdisc clsact ffff: dev eth1 parent ffff:fff1') }),
      'UNKNOWN',
    ],
    ['filters of tc under a VLAN', of(vlan, tc(...flower(`dst_ip ${vip}`), drop)), 'CRITICAL'],
    ['filters of tc on one slave of a bond', of(bond, tc(...flower(`dst_ip ${vip}`), drop)), 'WARNING'],
  ])('%s', (_, node, state) => {
    const report = judge(node);
    expect([report.state, report.summary]).toEqual([state, expect.any(String)]);
  });

  test('what a strict reverse path filter drops comes in once', () => {
    const [open, shut] = [macvlan(), of(macvlan(), strict)];
    expect(
      judge(shut)
        .findings.filter(({ text }) => text.includes('twice'))
        .map(({ text }) => text.slice(0, 3)),
    ).toEqual(['n1:']);
    expect(judge(open).findings.filter(({ text }) => text.includes('twice'))).toHaveLength(2);
  });

  test('that filters of traffic control were not looked at is said, and no alarm', () => {
    const { state, findings } = judge(of(plain, { qdisc: ['= missing tc'] }));
    expect(state).toBe('OK');
    expect(findings.map(({ text }) => text)).toContain(
      'not looked at: traffic control filters on n2 (tc is not installed)',
    );
  });
});
