import { describe, expect, test } from 'vitest';
import { parseBlock } from '../../src/address/index.ts';
import { factsOf, judgeCluster, reportCluster, trafficTo } from '../../src/cluster/index.ts';
import { type State, stateOf } from '../../src/plugin/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';

// What the firewalls of both nodes deny alike, by several rules, is policy as long as anybody is left who can be a client.

/** The state of two nodes with a bucket each whose chain INPUT has these rules. */
function stateWith(vip: string, rules: readonly string[], networks: readonly string[]): State {
  const [family, tools, length] = vip.includes(':')
    ? (['inet6', 'ip6tables', 128] as const)
    : (['inet', 'iptables', 32] as const);
  const space = trafficTo(vip);
  const facts = [1, 2].map((bucket) => {
    const lines = [
      ...['*mangle', ':PREROUTING ACCEPT [0:0]'],
      `-A PREROUTING -d ${vip}/${length} -i eth1 -m cluster --cluster-local-nodemask 0x0000000${bucket} --cluster-total-nodes 2 --cluster-hash-seed 0x00000005 -j ACCEPT`,
      ...[`-A PREROUTING -d ${vip}/${length} -i eth1 -j DROP`, 'COMMIT'],
      ...['*filter', ':INPUT ACCEPT [0:0]', ...rules.map((rule) => `-A INPUT ${rule}`), 'COMMIT'],
    ];
    const sections = {
      'ip6tables-legacy': ['= missing ip6tables-legacy-save'],
      [tools]: [...lines.map((line) => `> ${line}`), '= exit 0'],
    };
    const addr = [`3: eth1    ${family} ${vip}/24 scope global eth1`];
    const snapshot = parseSnapshot(snapshotText({ name: `n${bucket}`, held: null, addr, sections }));
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return factsOf(`n${bucket}`, snapshot.value, vip, { skipRules: false, backend: 'auto' }, space);
  });
  const blocks = networks.flatMap((text) => parseBlock(text) ?? []);
  const wanted = { ...nothingWanted, vip, skip: ['arp'], networks: blocks } as const;
  return stateOf(reportCluster(judgeCluster(facts, wanted), facts, wanted));
}

const from = (...blocks: readonly string[]) => blocks.map((block) => `-s ${block} -j DROP`);
const quarters = from('0.0.0.0/2', '64.0.0.0/2', '128.0.0.0/2', '192.0.0.0/3');
const tcp = (rules: readonly string[]) => rules.map((rule) => `-p tcp -m tcp ${rule}`);
type Row = [what: string, rules: readonly string[], state: State, networks?: readonly string[]];

describe('what both nodes deny by rules of their own leaves', () => {
  test.each<Row>([
    ['groups and reserved addresses, which no client has: nobody', quarters, 'CRITICAL'],
    ['the same of TCP', tcp(quarters), 'CRITICAL'],
    [
      'and 0.0.0.0/8, which no client has either',
      [...quarters.slice(1), ...from('1.0.0.0/8', '2.0.0.0/7', '4.0.0.0/6', '8.0.0.0/5', '16.0.0.0/4', '32.0.0.0/3')],
      'CRITICAL',
    ],
    ['one network of clients', [...quarters.slice(0, 3), ...from('192.0.0.0/4')], 'OK'],
    ['packets from ports of services', tcp(['--sport 1024:32767 -j DROP', '--sport 32768:65535 -j DROP']), 'CRITICAL'],
    ['some ports of clients', tcp(['--sport 1024:32767 -j DROP', '--sport 32768:49151 -j DROP']), 'OK'],
    ['no network that --clients names', from('10.0.0.0/9', '10.128.0.0/9'), 'CRITICAL', ['10.0.0.0/8']],
    ['half of that', from('10.0.0.0/9'), 'OK', ['10.0.0.0/8']],
    ['that alone', ['! -s 10.0.0.0/8 -j DROP'], 'OK', ['10.0.0.0/8']],
  ])('%s', (_, rules, state, networks = []) => {
    expect(stateWith('192.168.56.20', rules, networks)).toBe(state);
  });

  test.each<Row>([
    [
      'groups of IPv6',
      from('::/1', '8000::/2', 'c000::/3', 'e000::/4', 'f000::/5', 'f800::/6', 'fc00::/7', 'fe00::/8'),
      'CRITICAL',
    ],
    ['nothing that is in use', from('2000::/3', 'fc00::/7'), 'CRITICAL'],
    ['link-local addresses', ['! -s fe80::/10 -j DROP'], 'CRITICAL'],
    ['private addresses', from('2000::/3'), 'OK'],
    ['public addresses', from('fc00::/7'), 'OK'],
    ['those of a translator, which --clients names', ['! -s 64:ff9b::/96 -j DROP'], 'OK', ['64:ff9b::/96']],
  ])('%s', (_, rules, state, networks = []) => {
    expect(stateWith('fd00:56::20', rules, networks)).toBe(state);
  });
});
