import { describe, expect, test } from 'vitest';
import { frameInterface, judgeClusterMac, type ReachedNode } from '../../src/member/index.ts';
import { clusterRule, filterTable } from '../snapshot_text.ts';
import { arpRule, denied, eth1, listed, member, nft, unruled, vipOn } from './member.ts';

const ab = '01:23:45:67:89:ab';
const cd = '01:23:45:67:89:cd';
const ip = '01:00:5e:00:00:01';

type Row = {
  readonly nodes: readonly ReachedNode[];
  readonly expected?: string;
  readonly mac: string | null;
  readonly says?: readonly string[];
};

function clusterip(name: string, mac: string, ...groups: readonly string[]): ReachedNode {
  return member(name, {
    rules: filterTable(clusterRule({ mac })),
    maddr: groups.map((group) => listed('eth1', group, false)),
  });
}

const unread = { sections: { maddr: ['! cat: Permission denied', '= exit 1'] } };
const allmulti = { link: eth1('BROADCAST,MULTICAST,ALLMULTI,UP,LOWER_UP') };
const bridge = { link: eth1('BROADCAST,MULTICAST,UP,LOWER_UP', 'bridge') };

const rows: Readonly<Record<string, Row>> = {
  'the rules name it and both listen': { nodes: [clusterip('n1', ab, ab), clusterip('n2', ab, ab)], mac: ab },
  'one does not listen': {
    nodes: [clusterip('n1', ab, ab), clusterip('n2', ab, ip)],
    mac: ab,
    says: ['CRITICAL n2: cluster MAC not on eth1'],
  },
  'the rules differ: nobody knows which is right': {
    nodes: [clusterip('n1', ab, ab), clusterip('n2', cd, ab)],
    mac: null,
    says: [`CRITICAL cluster MAC differs (n1 ${ab} and n2 ${cd})`],
  },
  'the rules differ, and --mac says which is right': {
    nodes: [clusterip('n1', ab, ab), clusterip('n2', cd, cd)],
    expected: ab,
    mac: ab,
    says: [`CRITICAL cluster MAC differs (n1 ${ab} and n2 ${cd})`],
  },
  'the rules differ, and one node listens neither to its own nor to --mac': {
    nodes: [clusterip('n1', ab, ab), clusterip('n2', cd)],
    expected: ab,
    mac: ab,
    says: [`CRITICAL cluster MAC differs (n1 ${ab} and n2 ${cd})`, 'CRITICAL n2: cluster MAC not on eth1'],
  },
  'the rules agree on another than --mac': {
    nodes: [clusterip('n1', ab, ab), clusterip('n2', ab, ab)],
    expected: cd,
    mac: cd,
    says: [`CRITICAL cluster MAC is ${ab}, not ${cd}`],
  },
  'a unicast one, named by rules or by --mac': {
    nodes: [clusterip('n1', '02:23:45:67:89:ab'), clusterip('n2', '02:23:45:67:89:ab')],
    mac: '02:23:45:67:89:ab',
    says: ['CRITICAL cluster MAC 02:23:45:67:89:ab is unicast'],
  },
  'an ARP rule names it': {
    nodes: [
      unruled('n1', [ab], { sections: { nft: nft(arpRule('192.168.56.20', ab)) } }),
      unruled('n2', [ip], {
        sections: {
          arptables: ['> -A OUTPUT -j mangle -s 192.168.56.20 --mangle-mac-s 01:23:45:67:89:AB', '= exit 0'],
        },
      }),
    ],
    mac: ab,
    says: ['CRITICAL n2: cluster MAC not on eth1'],
  },
  'a card that takes in all multicast, and a bridge, need not list it': {
    nodes: [clusterip('n1', ab, ab), member('n2', { maddr: [], ...allmulti }), member('n3', { maddr: [], ...bridge })],
    mac: ab,
  },
  'such a card needs no list that can be read': { nodes: [member('n1', { ...allmulti, ...unread })], mac: ab },
  'groups that could not be read prove nothing': {
    nodes: [clusterip('n1', ab, ab), member('n2', unread)],
    mac: ab,
    says: ['UNKNOWN n2: link-layer groups not read'],
  },
  'nothing names it, and all listen to the same': {
    nodes: [unruled('n1', [ab]), unruled('n2', [ab])],
    mac: ab,
    says: [`OK cluster MAC ${ab} by agreement`],
  },
  'nothing names it, and one does not listen': {
    nodes: [unruled('n1', [ab]), unruled('n2', [])],
    mac: ab,
    says: [`OK cluster MAC ${ab} by agreement`, 'CRITICAL n2: cluster MAC not on eth1'],
  },
  'nothing names it, and one cannot be read': {
    nodes: [unruled('n1', [ab]), unruled('n2', [], unread)],
    mac: ab,
    says: [`OK cluster MAC ${ab} by agreement`, 'UNKNOWN n2: link-layer groups not read'],
  },
  'nothing names it, and no list can be read': {
    nodes: [unruled('n1', [], unread)],
    mac: null,
    says: ['UNKNOWN n1: link-layer groups not read'],
  },
  'nothing names it, and a bridge agrees with everybody': {
    nodes: [unruled('n1', [ab]), unruled('n2', [], bridge)],
    mac: ab,
    says: [`OK cluster MAC ${ab} by agreement`],
  },
  'nothing names it, and every node takes in all multicast': {
    nodes: [unruled('n1', [], allmulti), unruled('n2', [], bridge)],
    mac: null,
    says: ['OK cluster MAC not judged'],
  },
  'nothing names it, and the nodes listen to different ones': {
    nodes: [unruled('n1', [ab]), unruled('n2', [cd])],
    mac: null,
    says: ['CRITICAL the nodes listen to different MACs'],
  },
  'nothing names it, and no MAC is common to several of one and one of another': {
    nodes: [unruled('n1', [ab, cd]), unruled('n2', ['01:23:45:67:89:ef'])],
    mac: null,
    says: ['CRITICAL the nodes listen to different MACs'],
  },
  'nothing names it, and several are common': {
    nodes: [unruled('n1', [ab, cd]), unruled('n2', [ab, cd])],
    mac: null,
    says: ['WARNING the cluster MAC is not known: give --mac'],
  },
  'nothing names it, and nobody listens': {
    nodes: [unruled('n1', []), unruled('n2', [])],
    mac: null,
    says: ['WARNING the cluster MAC is not known: give --mac'],
  },
  'nobody listens, but a rule that was not read may name it': {
    nodes: [unruled('n1', [], { sections: { nft: denied } }), unruled('n2', [])],
    mac: null,
    says: ['UNKNOWN the cluster MAC is not known: give --mac', 'OK n1: rules not read'],
  },
};

describe('the cluster MAC over all nodes', () => {
  test.each(Object.entries(rows))('%s', (_, { nodes, expected, mac, says = [] }) => {
    const sharers = nodes.map((node) => ({ node, ifname: 'eth1' }));
    const judged = judgeClusterMac(sharers, expected);
    const faults = [...judged.faults, ...[...judged.listening.values()].flat()];
    expect(faults.map(({ state, brief }) => `${state} ${brief}`)).toEqual(says);
    expect(judged.mac).toBe(mac);
  });

  test('rules that were not read are said with the sudoers line', () => {
    const node = unruled('n1', [ab], { sections: { nft: denied } });
    const { faults } = judgeClusterMac([{ node, ifname: 'eth1' }], undefined);
    expect(faults.map(({ text }) => text).join('\n')).toContain(
      'in sudoers on n1: root ALL=(root) NOPASSWD: /usr/sbin/nft -j list ruleset',
    );
  });
});

test.each([
  ['the VIP is there alone', ['eth1'], null, 'eth1'],
  ['the rule names one of two', ['eth0', 'eth1'], 'eth1', 'eth1'],
  ['the rule names another than the VIP is on', ['eth1'], 'eth0', 'eth1'],
  ['the VIP is on loopback, and the rule names a card', ['lo'], 'eth1', 'eth1'],
  ['the VIP is on loopback, and the rule names none', ['lo'], null, null],
  ['the node does not have the VIP', [], 'eth1', 'eth1'],
])('the interface by which its frames come in: %s', (_, places, bound, ifname) => {
  expect(frameInterface(member('n1', { addr: vipOn(...places) }), bound)).toBe(ifname);
});
