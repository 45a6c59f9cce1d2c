import { expect, test } from 'vitest';
import { factsOf, judgeCluster, trafficTo } from '../../src/cluster/index.ts';
import { memberFacts, type SilentNode } from '../../src/member/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { judgeVip, type WantedVip } from '../../src/vip/index.ts';
import { clusterRule, filterTable, type Situation, snapshotText, vip } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';
import { eth1, listed, vipOn } from './member.ts';

const wantedVip: WantedVip = {
  ...{ vip, prefix: null, expect: 'all', ifname: undefined, mac: undefined, skipMac: false, skipArp: false },
  ...{ allowLo: false, arpMangle: false, unreachable: 'CRITICAL' },
};

/** What check_cluster_buckets and check_cluster_vip say of the second node of a pair, each as state and brief. */
function said(situation: Situation) {
  const texts = [
    snapshotText({ name: 'n1', rules: filterTable(clusterRule()) }),
    snapshotText({ name: 'n2', held: '2', rules: filterTable(clusterRule({ local: 2 })), ...situation }),
  ];
  const snapshots = texts.map((text) => {
    const snapshot = parseSnapshot(text);
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return snapshot.value;
  });
  const source = { skipRules: false, backend: 'auto' } as const;
  const space = trafficTo(vip);
  const facts = snapshots.map((one, i) => factsOf(`n${i + 1}`, one, vip, source, space));
  const members = snapshots.map((one, i) => memberFacts(`n${i + 1}`, one, vip));
  const brief = (faults: readonly { readonly state: string; readonly brief: string }[]) =>
    faults.filter(({ state }) => state !== 'OK').map((one) => `${one.state} ${one.brief}`);
  return {
    buckets: brief(judgeCluster(facts, nothingWanted).faults),
    vip: brief(judgeVip(members, null, wantedVip).faults),
  };
}

const mac = '01:23:45:67:89:ab';

test.each<[string, Situation, readonly string[]]>([
  ['nothing is wrong', {}, []],
  ['addresses not read', { sections: { addr: ['! no', '= exit 1'] } }, ['UNKNOWN n2: addresses not read']],
  ['an interface not listed', { link: eth1().slice(0, 1) }, ['UNKNOWN n2: interface eth1 not read']],
  ['a dead interface', { link: eth1('BROADCAST,MULTICAST') }, ['CRITICAL n2: eth1 is down']],
  [
    'two places',
    { addr: vipOn('eth1', 'eth2'), link: [...eth1(), '4: eth2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP'] },
    ['WARNING n2 has it 2 times'],
  ],
  ['groups not read', { sections: { maddr: ['! no', '= exit 1'] } }, ['UNKNOWN n2: link-layer groups not read']],
  ['another group', { maddr: [listed('eth1', '01:23:45:67:89:cd')] }, ['CRITICAL n2: cluster MAC not on eth1']],
  ['the group elsewhere', { maddr: [listed('eth2', mac)] }, ['CRITICAL n2: cluster MAC not on eth1']],
  ['all groups', { maddr: [], link: eth1('BROADCAST,MULTICAST,PROMISC,UP,LOWER_UP') }, []],
  ['a bridge', { maddr: [], link: eth1('BROADCAST,MULTICAST,UP,LOWER_UP', 'bridge') }, []],
])('both plugins say the same about a node: %s', (_, situation, says) => {
  expect(said(situation)).toEqual({ buckets: says, vip: says });
});

test('both plugins say the same of a node that is silent', () => {
  const silent: SilentNode = { name: 'n2', reached: false, reason: 'ssh: Connection refused' };
  const brief = 'n2 is unreachable: ssh: Connection refused';
  expect(judgeCluster([silent], nothingWanted).faults.map((one) => one.brief)).toContain(brief);
  expect(judgeVip([silent], null, wantedVip).faults.map((one) => one.brief)).toContain(brief);
});
