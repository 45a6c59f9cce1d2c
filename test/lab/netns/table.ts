import { percent } from '../../../src/netfilter/index.ts';
import { scenarios as clusteripScenarios } from '../clusterip/scenarios.ts';
import { type Outcome, readOutcome } from '../uml/uml.ts';
import { askAbout, clusterOf, inside, type Said } from './ask.ts';
import { readRecording } from './recording.ts';
import type { Scenario, Shares } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { answered, measure } from './traffic.ts';

/** One line of the table: what was set up where, what the plugin says of it, and what the clients saw. */
type Row = {
  readonly situation: string;
  readonly backends: readonly string[];
  readonly verdict: string;
  readonly predicted: string;
  readonly measured: string;
};

/** What the plugin says of a recorded scenario. */
export type Judged = (scenario: Scenario, outcome: Outcome) => Promise<Said>;

/** Asks the plugin as it is now. */
export const judgedNow: Judged = (scenario, { snapshots }) => askAbout(inside, clusterOf(scenario, snapshots), []);

/**
 * The table of every situation that was set up on a real kernel, in Markdown, from the recordings and what the plugin
 * says of them. Backends that fared alike share a line.
 */
export async function trafficTable(judged: Judged): Promise<string> {
  const rows: Row[] = [];
  for (const scenario of scenarios) rows.push(await rowOf(scenario, judged));
  for (const scenario of clusteripScenarios) rows.push(await clusteripRow(scenario.name, scenario.nodes));
  const head = [
    '| situation | backend | verdict | predicted: lost / doubled | measured: lost / doubled |',
    '|---|---|---|---|---|',
  ];
  const lines = merged(rows).map(
    ({ situation, backends, verdict, predicted, measured }) =>
      `| ${[situation, backendsOf(backends), verdict, predicted, measured].join(' | ')} |`,
  );
  return [...head, ...lines].join('\n');
}

async function rowOf(scenario: Scenario, judged: Judged): Promise<Row> {
  const outcome = readRecording(scenario);
  if (outcome === null) throw new Error(`${scenario.name} is not recorded`);
  const said = await judged(scenario, outcome);
  const of = (protocol: string) => shown(measure(outcome.traffic.filter((probe) => probe.protocol === protocol)));
  const [tcp, udp, icmp] = [of('tcp80'), of('udp'), of('icmp')];
  const datagrams = udp === icmp ? `UDP and ping ${udp}` : `UDP ${udp}, ping ${icmp}`;
  return {
    situation: scenario.situation,
    backends: [`${scenario.way}${scenario.ipv6 ? ' IPv6' : ''}`],
    verdict: said.state,
    predicted: predictedBy(said),
    measured: tcp === udp && udp === icmp ? tcp : `TCP ${tcp}; ${datagrams}`,
  };
}

/** CLUSTERIP's recordings tell of ping how many answered, and of TCP whether the answer lasted. */
async function clusteripRow(name: string, nodes: number): Promise<Row> {
  const { snapshots, traffic } = readOutcome(`test/fixtures/clusterip/${name}`);
  const said = await askAbout(
    inside,
    { vip: '192.168.56.20', nodes: ['n1', 'n2', 'n3'].slice(0, nodes), snapshots, options: [] },
    [],
  );
  const probes = (protocol: string) => traffic.filter((probe) => probe.protocol === protocol);
  const tcp = probes('tcp80');
  const silent = tcp.filter((probe) => answered(probe).length === 0).length / tcp.length;
  return {
    situation: clusteripWords[name] ?? name.replaceAll('-', ' '),
    backends: ['CLUSTERIP'],
    verdict: said.state,
    predicted: predictedBy(said),
    measured: `TCP without answer ${percent(silent)}; ping ${shown(measure(probes('icmp')))}`,
  };
}

/** What the same situation is called with the other backends. */
const clusteripWords: Readonly<Record<string, string>> = {
  'three-nodes-healthy': 'three nodes, healthy',
  'bucket-doubled': 'bucket on both nodes',
  'bucket-lost': 'bucket on no node',
  'same-local-node': 'the same bucket on both nodes, the other on none',
  'total-differs': 'total differs (2 and 3)',
  'complementary-by-accident': 'totals differ and complement each other',
  'seed-differs': 'seed differs',
  'hashmode-differs': 'hashed fields differ',
  'flushed-on-one': 'rules flushed on n2',
  'flushed-on-all': 'rules flushed on all nodes',
  'vip-missing': 'VIP absent on n2',
  'vip-nowhere': 'VIP absent on all nodes',
  'standing-by': 'taken over by n1, n2 stands by',
  'interface-down': 'interface down on n2',
  'no-carrier': 'no carrier on n2',
  'wrong-interface': 'rule on the wrong interface on n2',
  'interface-renamed': 'interface renamed on n2',
  'mac-differs-filtering-card': 'cluster MAC differs, filtering card',
  'port-80-only': 'tcp port 80 alone is shared',
  'rule-in-forward': 'rule in FORWARD on n2',
  notrack: 'notrack on n2',
  'accepted-before': 'ACCEPT for the VIP before the rule on n2',
  'tcp-dropped-before': 'TCP dropped before the rule on n2',
  'hand-written-established-first': 'ESTABLISHED accepted before the rule',
  'source-range-before': 'a range of clients accepted before the rule on n2',
  'cluster-in-mangle-firewall-in-filter': 'firewall in a table behind the cluster rules',
};

/** Backends in words: xt_cluster by itself where both tools fared alike, IPv6 in brackets where it fared as IPv4 did. */
function backendsOf(names: readonly string[]): string {
  const four = familyOf(names.filter((name) => !name.endsWith(' IPv6')));
  const six = familyOf(names.filter((name) => name.endsWith(' IPv6')).map((name) => name.replace(' IPv6', '')));
  if (four === six) return `${four} (IPv4, IPv6)`;
  return [four, six === '' ? '' : `${six} (IPv6)`].filter((part) => part !== '').join(', ');
}

function familyOf(names: readonly string[]): string {
  const tools = names.filter((name) => name.startsWith('iptables-'));
  const xt = tools.length === 2 ? ['xt_cluster'] : tools.map((tool) => `xt_cluster by ${tool}`);
  const others = names.filter((name) => !name.startsWith('iptables-'));
  return [...xt, ...others.map((name) => (name === 'mixed' ? 'xt_cluster on n1, nftables on n2' : name))].join(', ');
}

function predictedBy({ data }: Said): string {
  const { shareLost = null, shareDoubled = null } = data ?? {};
  return shareLost === null || shareDoubled === null ? 'not given' : shown([shareLost, shareDoubled]);
}

function shown([lost, doubled]: Shares): string {
  return `${percent(lost)} / ${percent(doubled)}`;
}

/** Rows in the order in which situations first come, those of a situation together, equal ones in one. */
function merged(rows: readonly Row[]): readonly Row[] {
  const order = [...new Set(rows.map(({ situation }) => situation))];
  return order.flatMap((situation) => {
    const groups = new Map<string, Row>();
    for (const row of rows.filter((one) => one.situation === situation)) {
      const key = [row.verdict, row.predicted, row.measured].join('|');
      const group = groups.get(key);
      groups.set(key, group === undefined ? row : { ...group, backends: [...group.backends, ...row.backends] });
    }
    return [...groups.values()];
  });
}

const block = /(<!-- traffic: .* -->\n)[\s\S]*?(\n<!-- end of traffic -->)/;

/** A document with the table in its marked block. */
export function withTable(text: string, table: string): string {
  if (!block.test(text)) throw new Error('the document has no block for the table');
  return text.replace(block, (_, head: string, tail: string) => `${head}\n${table}\n${tail}`);
}
