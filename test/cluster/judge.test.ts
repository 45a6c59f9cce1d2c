import { describe, expect, test } from 'vitest';
import {
  factsOf,
  judgeCluster,
  type NodeFacts,
  reportCluster,
  trafficTo,
  type Wanted,
} from '../../src/cluster/index.ts';
import type { Report } from '../../src/plugin/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { clusterRule, filterTable, type Situation, snapshotText, vip } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';

function node(
  name: string,
  situation: Situation | string,
  wanted: Wanted = nothingWanted,
  space = trafficTo(vip),
): NodeFacts {
  if (typeof situation === 'string') return { name, reached: false, reason: situation };
  const snapshot = parseSnapshot(snapshotText({ name, ...situation }));
  if (!snapshot.ok) throw new Error(snapshot.reason);
  const source = wanted.skip.includes('rules')
    ? ({ skipRules: true, total: wanted.totalNodes ?? null } as const)
    : ({ skipRules: false, backend: wanted.backend } as const);
  return factsOf(name, snapshot.value, vip, source, space);
}

function judge(situations: Readonly<Record<string, Situation | string>>, change: Partial<Wanted> = {}): Report {
  const wanted = { ...nothingWanted, ...change };
  const space = trafficTo(vip);
  const facts = Object.entries(situations).map(([name, situation]) => node(name, situation, wanted, space));
  return reportCluster(judgeCluster(facts, wanted), facts, wanted);
}

/** A node with this proc file and a rule made by these parameters. */
function holds(
  held: string,
  parameters: Parameters<typeof clusterRule>[0] = {},
  more: readonly string[] = [],
): Situation {
  return { held, rules: filterTable(...more, clusterRule({ local: Number(held.split(',')[0]) || 1, ...parameters })) };
}

const withoutVip = [
  '1: lo    inet 127.0.0.1/8 scope host lo',
  '3: eth1    inet 192.168.56.11/24 brd 192.168.56.255 scope global eth1',
];
const onLoopback = ['1: lo    inet 127.0.0.1/8 scope host lo', `1: lo    inet ${vip}/32 scope global lo`];
const established = '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';

describe('verdicts on a cluster of CLUSTERIP nodes', () => {
  type Row = {
    readonly nodes: Readonly<Record<string, Situation | string>>;
    readonly wanted?: Partial<Wanted>;
    readonly state: string;
    readonly says: RegExp;
  };
  const rows: Readonly<Record<string, Row>> = {
    'each bucket on exactly one node is OK': {
      nodes: { n1: holds('1'), n2: holds('2') },
      state: 'OK',
      says: /2 buckets on 2 nodes, each on exactly one/,
    },
    'a takeover is OK: one node holds both, the other idles': {
      nodes: { n1: holds('1,2'), n2: holds('') },
      state: 'OK',
      says: /n2 holds no bucket/,
    },
    'an idle node is WARNING when -w 1: asks for it': {
      nodes: { n1: holds('1,2'), n2: holds('') },
      wanted: { held: { warning: { low: 1, high: Number.POSITIVE_INFINITY, inside: false } } },
      state: 'WARNING',
      says: /n2 holds 0 buckets/,
    },
    'a bucket on no node is CRITICAL, with the share of clients and the repair': {
      nodes: { n1: holds('1'), n2: holds('') },
      state: 'CRITICAL',
      says: /bucket 2 of 2 on no node, 50 % of client addresses get no answer[\s\S]*On n2: write \+2 into \/proc\/net\/ipt_CLUSTERIP\/192\.168\.56\.20/,
    },
    'a bucket on two nodes is CRITICAL, and both candidates are named': {
      nodes: { n1: holds('1,2'), n2: holds('2') },
      state: 'CRITICAL',
      says: /bucket 2 of 2 on n1 and n2, 50 %[\s\S]*on n1: write -2 into [\s\S]*on n2: write -2 into /,
    },
    'the same local-node on both: one lost, one doubled': {
      nodes: { n1: holds('1'), n2: holds('1') },
      state: 'CRITICAL',
      says: /bucket 2 is on no node[\s\S]*bucket 1 is on n1 and n2/,
    },
    'a bucket above the total is CRITICAL and named': {
      nodes: { n1: holds('1'), n2: holds('3') },
      state: 'CRITICAL',
      says: /n2 holds bucket 3 of 2, which no client falls into/,
    },
    'total-nodes 0 answers everybody': {
      nodes: { n1: holds('1', { total: 0 }), n2: holds('2') },
      state: 'CRITICAL',
      says: /n1 answers every client: its rule says --total-nodes 0/,
    },
    'totals that differ are CRITICAL with the computed shares': {
      nodes: { n1: holds('1', { total: 2 }), n2: holds('2', { total: 3 }) },
      state: 'CRITICAL',
      says: /total differs \(n1 2, n2 3\): 33 % of client addresses get no answer, 17 % several/,
    },
    'totals that differ but complement each other are WARNING': {
      nodes: { n1: holds('1', { total: 2 }), n2: holds('3,4', { total: 4 }) },
      state: 'WARNING',
      says: /works by accident/,
    },
    'seeds that differ are CRITICAL with about a quarter lost and doubled': {
      nodes: { n1: holds('1'), n2: holds('2', { seed: 7 }) },
      state: 'CRITICAL',
      says: /hash seed differs \(n1 0, n2 7\): about 25 % of client addresses get no answer, about 25 % several/,
    },
    'hash modes that differ are CRITICAL': {
      nodes: { n1: holds('1'), n2: holds('2', { mode: 'sourceip-sourceport' }) },
      state: 'CRITICAL',
      says: /what is hashed differs \(n1 sourceip, n2 sourceip-sourceport\)/,
    },
    'the VIP absent on a node that holds a bucket is CRITICAL, with the command': {
      nodes: { n1: holds('1'), n2: { ...holds('2'), addr: withoutVip } },
      state: 'CRITICAL',
      says: /n2 holds bucket 2, but does not have the VIP: clients of bucket 2 get no answer[\s\S]*ip addr add 192\.168\.56\.20\/24 dev eth1/,
    },
    'the VIP absent on a node that holds nothing is a node standing by': {
      nodes: { n1: holds('1,2'), n2: { held: null, addr: withoutVip } },
      state: 'OK',
      says: /n2 stands by/,
    },
    'the VIP without a rule is CRITICAL': {
      nodes: { n1: holds('1,2'), n2: { held: null } },
      state: 'CRITICAL',
      says: /n2 has the VIP but no cluster rule/,
    },
    'nobody has the VIP or a rule: is the address right?': {
      nodes: { n1: { held: null, addr: withoutVip }, n2: { held: null, addr: withoutVip } },
      state: 'CRITICAL',
      says: /no node has the VIP or a cluster rule for it: is 192\.168\.56\.20 the right address\?/,
    },
    'an interface that is down is CRITICAL though it still lists the VIP': {
      nodes: { n1: holds('1'), n2: { ...holds('2'), link: ['3: eth1: <BROADCAST,MULTICAST> mtu 1500 state DOWN'] } },
      state: 'CRITICAL',
      says: /n2: eth1, which has the VIP, is down/,
    },
    'no carrier is CRITICAL': {
      nodes: {
        n1: holds('1'),
        n2: { ...holds('2'), link: ['3: eth1: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 state DOWN'] },
      },
      state: 'CRITICAL',
      says: /n2: eth1, which has the VIP, has no carrier/,
    },
    'a rule on another interface than the VIP is CRITICAL': {
      nodes: { n1: holds('1'), n2: holds('2', { match: '-i eth0' }) },
      state: 'CRITICAL',
      says: /n2: the cluster rule is bound to eth0, the VIP is on eth1/,
    },
    'the VIP on loopback of all nodes is a place like any other: the rules say by which card it comes': {
      nodes: { n1: { ...holds('1'), addr: onLoopback }, n2: { ...holds('2'), addr: onLoopback } },
      state: 'OK',
      says: /n1 has the VIP on lo only: its frames are assumed to come in by eth1/,
    },
    'the VIP on loopback of a node whose card does not listen to the cluster MAC is CRITICAL': {
      nodes: { n1: holds('1'), n2: { ...holds('2'), addr: onLoopback, maddr: [] } },
      state: 'CRITICAL',
      says: /n2: eth1 does not listen to the cluster MAC 01:23:45:67:89:ab/,
    },
    'a card that takes in all multicast need not list the cluster MAC': {
      nodes: {
        n1: holds('1'),
        n2: {
          ...holds('2'),
          maddr: [],
          link: ['3: eth1: <BROADCAST,MULTICAST,ALLMULTI,UP,LOWER_UP> mtu 1500 state UP'],
        },
      },
      state: 'OK',
      says: /2 buckets on 2 nodes/,
    },
    'a cluster MAC that is not subscribed is CRITICAL': {
      nodes: { n1: holds('1'), n2: { ...holds('2'), maddr: ['3    eth1            1     0     01005e000001'] } },
      state: 'CRITICAL',
      says: /n2: eth1 does not listen to the cluster MAC 01:23:45:67:89:ab/,
    },
    'cluster MACs that differ are CRITICAL': {
      nodes: {
        n1: holds('1'),
        n2: { ...holds('2', { mac: '01:23:45:67:89:AC' }), maddr: ['3    eth1            1     0     0123456789ac'] },
      },
      state: 'CRITICAL',
      says: /cluster MAC differs \(n1 01:23:45:67:89:ab and n2 01:23:45:67:89:ac\)/,
    },
    'a cluster MAC that is not the one asked for is CRITICAL': {
      nodes: { n1: holds('1'), n2: holds('2') },
      wanted: { mac: '01:00:5e:00:00:20' },
      state: 'CRITICAL',
      says: /the rules name the cluster MAC 01:23:45:67:89:ab, expected 01:00:5e:00:00:20/,
    },
    'a total that --total-nodes denies is CRITICAL': {
      nodes: { n1: holds('1'), n2: holds('2') },
      wanted: { totalNodes: 3 },
      state: 'CRITICAL',
      says: /number of buckets is not 3/,
    },
    'ESTABLISHED accepted before the rule is CRITICAL: TCP hangs': {
      nodes: { n1: holds('1', {}, [established]), n2: holds('2') },
      state: 'CRITICAL',
      says: /n1 accepts ESTABLISHED before the cluster rule: TCP connects, then hangs/,
    },
    'loopback, ssh, ping and INVALID before the rule are nothing': {
      nodes: {
        n1: holds('1', {}, [
          '-A INPUT -i lo -j ACCEPT',
          '-A INPUT -m conntrack --ctstate INVALID -j DROP',
          '-A INPUT -p icmp -j ACCEPT',
          '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
        ]),
        n2: holds('2'),
      },
      state: 'OK',
      says: /n1 accepts tcp port 22 before the cluster rule: not shared by the cluster/,
    },
    'a range of sources accepted before the rule is CRITICAL with its share': {
      nodes: { n1: holds('1', {}, ['-A INPUT -s 10.0.0.0/8 -j ACCEPT']), n2: holds('2') },
      state: 'CRITICAL',
      says: /n1 accepts clients of 10\.0\.0\.0\/8 \(0\.4 % of addresses\) before the cluster rule/,
    },
    'another port accepted before a rule for port 80 is nothing': {
      nodes: {
        n1: holds('1', { match: '-i eth1 -p tcp -m tcp --dport 80' }, ['-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT']),
        n2: holds('2', { match: '-i eth1 -p tcp -m tcp --dport 80' }),
      },
      state: 'OK',
      says: /tcp port 80/,
    },
    'a rule for port 80 on one node only is CRITICAL': {
      nodes: { n1: holds('1', { match: '-i eth1 -p tcp -m tcp --dport 80' }), n2: holds('2') },
      state: 'CRITICAL',
      says: /the shared traffic differs \(n1 tcp port 80, n2 everything\)/,
    },
    'what cannot be decided is UNKNOWN with the text of the rule': {
      nodes: { n1: holds('1', {}, ['-A INPUT -m set --match-set friends src -j ACCEPT']), n2: holds('2') },
      state: 'UNKNOWN',
      says: /n1 may take everything away before the cluster rule[\s\S]*-m set --match-set friends src -j ACCEPT/,
    },
    'TCP dropped before the rule is CRITICAL': {
      nodes: { n1: holds('1'), n2: holds('2', {}, ['-A INPUT -p tcp -j DROP']) },
      state: 'CRITICAL',
      says: /n2 drops tcp before the cluster rule/,
    },
    'a port that all nodes drop alike is policy': {
      nodes: {
        n1: holds('1', {}, ['-A INPUT -p tcp -m tcp --dport 25 -j DROP']),
        n2: holds('2', {}, ['-A INPUT -p tcp -m tcp --dport 25 -j DROP']),
      },
      state: 'OK',
      says: /n1 drops tcp port 25 before the cluster rule[\s\S]*all nodes alike/,
    },
    'a rule in FORWARD is never reached: CRITICAL': {
      nodes: { n1: holds('1'), n2: holds('2', { chain: 'FORWARD' }) },
      state: 'CRITICAL',
      says: /n2 has the cluster rule in filter FORWARD, where none of the VIP's traffic passes/,
    },
    'a rule in a chain that nothing jumps to is never reached': {
      nodes: { n1: holds('1'), n2: holds('2', { chain: 'VIPS' }) },
      state: 'CRITICAL',
      says: /n2 has the cluster rule in filter VIPS/,
    },
    'a rule in a chain that INPUT jumps to is healthy': {
      nodes: { n1: holds('1'), n2: holds('2', { chain: 'VIPS' }, ['-A INPUT -i eth1 -j VIPS']) },
      state: 'OK',
      says: /each on exactly one/,
    },
    'notrack for the VIP is CRITICAL': {
      nodes: {
        n1: holds('1'),
        n2: {
          ...holds('2'),
          rules: [
            '*raw',
            ':PREROUTING ACCEPT [0:0]',
            `-A PREROUTING -d ${vip}/32 -j CT --notrack`,
            'COMMIT',
            ...filterTable(clusterRule({ local: 2 })),
          ],
        },
      },
      state: 'CRITICAL',
      says: /n2 takes everything out of connection tracking before the cluster rule/,
    },
    'a second rule with other parameters is WARNING': {
      nodes: {
        n1: { held: '1', rules: filterTable(clusterRule(), clusterRule({ total: 4, local: 3 })) },
        n2: holds('2'),
      },
      state: 'WARNING',
      says: /n1 has a second CLUSTERIP rule with other parameters/,
    },
    'a dead node whose bucket nobody holds is CRITICAL, and the repair warns first': {
      nodes: { n1: holds('1'), n2: 'ssh: Connection refused' },
      state: 'CRITICAL',
      says: /n2 is unreachable, bucket 2 of 2 unproven \(50 % of clients\): ssh: Connection refused[\s\S]*Make sure first that n2 is dead; then on n1: write \+2 into/,
    },
    'the same is WARNING when --unreachable warning says so': {
      nodes: { n1: holds('1'), n2: 'ssh: Connection refused' },
      wanted: { unreachable: 'WARNING' },
      state: 'WARNING',
      says: /n2 is unreachable: ssh: Connection refused/,
    },
    'a dead node is WARNING when the others cover every bucket': {
      nodes: { n1: holds('1,2'), n2: 'ssh: Connection refused' },
      state: 'WARNING',
      says: /but n2 may hold some of them as well/,
    },
    'a fault that the others prove stands beside a dead node': {
      nodes: { n1: holds('1,2'), n2: holds('2'), n3: 'no answer within 8.5 s' },
      state: 'CRITICAL',
      says: /bucket 2 of 2 on n1 and n2/,
    },
    'a proc file that only root may read is UNKNOWN with the sudoers line': {
      nodes: {
        n1: holds('1'),
        n2: {
          sections: {
            [`clusterip ${vip}: /usr/bin/cat /proc/net/ipt_CLUSTERIP/${vip}`]: [
              '! cat: Permission denied',
              '= exit 1',
              `= needs /usr/bin/cat /proc/net/ipt_CLUSTERIP/${vip}`,
            ],
          },
        },
      },
      state: 'UNKNOWN',
      says: /sudoers on n2: root ALL=\(root\) NOPASSWD: \/usr\/bin\/cat \/proc\/net\/ipt_CLUSTERIP\/192\.168\.56\.20/,
    },
    'one node asked for all: the text says so': {
      nodes: { n1: holds('1') },
      state: 'CRITICAL',
      says: /only n1 was asked/,
    },
    '--expect-buckets judges one node alone': {
      nodes: { n1: holds('1') },
      wanted: { expectBuckets: [1] },
      state: 'OK',
      says: /coverage across the nodes is not judged/,
    },
    '--expect-buckets that do not fit are CRITICAL': {
      nodes: { n1: holds('1,2') },
      wanted: { expectBuckets: [1] },
      state: 'CRITICAL',
      says: /n1 holds buckets 1 and 2, expected bucket 1/,
    },
    '--skip rules judges the buckets by the number given': {
      nodes: {
        n1: {
          held: '1',
          sections: { 'iptables-legacy': ['! denied', '= exit 4', '= needs /usr/sbin/iptables-legacy-save ""'] },
        },
        n2: holds(''),
      },
      wanted: { skip: ['rules'], totalNodes: 2 },
      state: 'CRITICAL',
      says: /bucket 2 of 2 on no node/,
    },
    '--skip vip says nothing of the VIP': {
      nodes: { n1: holds('1'), n2: { ...holds('2'), addr: withoutVip } },
      wanted: { skip: ['vip', 'mac'] },
      state: 'OK',
      says: /each on exactly one/,
    },
  };
  test.each(Object.entries(rows))('%s', (_, { nodes, wanted, state, says }) => {
    const report = judge(nodes, wanted);
    const text = [report.summary, ...report.findings.map((finding) => `[${finding.state}] ${finding.text}`)].join('\n');
    expect(text).toMatch(says);
    expect(report.state, text).toBe(state);
  });
});
