import { fault } from '../findings/index.ts';
import { headline, listOf, type Metric, type Report, type State, worst } from '../plugin/index.ts';
import type { VipJudgement } from './judge.ts';
import type { VipNode } from './node.ts';
import type { WantedVip } from './wanted.ts';

/** The report of a judgement: faults, and a line for each node that has none. */
export function reportVip(judgement: VipJudgement, wanted: WantedVip): Report {
  const findings = [...judgement.faults, ...judgement.nodes.flatMap((node) => describe(node, wanted))];
  const state = worst(findings.map((one) => one.state));
  const said = state === 'OK' ? allRight(judgement, wanted) : headline(judgement.faults, state);
  return {
    state,
    summary: `${wanted.vip}: ${said ?? 'nothing was judged'}`,
    findings,
    perfdata: metrics(judgement),
    data: dataOf(judgement, wanted),
  };
}

/** What a node has, where no fault says it already. */
function describe({ node, places, has, faults }: VipNode, { vip, expect }: WantedVip) {
  const { name } = node;
  if (faults.some(({ state }) => state !== 'OK') || has === null) return [];
  if (!has) return expect === 'all' || faults.length > 0 ? [] : [fault('OK', 'vip-absent', `${name} does not have it`)];
  if (expect === 0) return [];
  const where = places.map(({ address }) => {
    const label = address.label !== null && address.label !== address.ifname ? ` (${address.label})` : '';
    const deprecated = address.flags.includes('deprecated') ? ', deprecated: no source address' : '';
    return `${address.ifname}${label}${deprecated}`;
  });
  return [fault('OK', 'vip-present', `${name} has ${vip}/${places[0]?.address.prefix} on ${listOf(where)}`)];
}

function allRight({ nodes, faults, mac }: VipJudgement, { expect }: WantedVip): string | null {
  if (nodes.length === 0) return headline(faults, 'OK');
  const holders = nodes.filter(({ has }) => has === true);
  const interfaces = [...new Set(holders.flatMap(({ places }) => places.map(({ address }) => address.ifname)))];
  const on = `on ${listOf(interfaces)}`;
  const by = mac === null ? '' : ` with ${mac}`;
  const [first] = holders;
  if (expect === 0) return `on ${nodes.length === 1 ? 'no node' : `none of ${nodes.length} nodes`}, as expected`;
  if (holders.length === 1 && first !== undefined)
    return `${first.node.name} has it ${on}${by}${nodes.length > 1 ? ', no other node' : ''}`;
  const all =
    holders.length === nodes.length
      ? `all ${nodes.length} nodes have it`
      : `${holders.length} of ${nodes.length} nodes have it`;
  return `${all} ${on}${by}`;
}

function metrics({ nodes, silent, view }: VipJudgement): readonly Metric[] {
  const asked = nodes.length + silent.length;
  const holders = nodes.filter(({ has }) => has === true).length;
  const metric = (label: string, value: number, name: string, help: string): Metric => ({
    label,
    value,
    min: 0,
    series: { name: `vip_${name}`, help },
  });
  const counted = [
    metric('nodes_with_vip', holders, 'nodes_with_address', 'Nodes that have the address'),
    metric('nodes_unreachable', silent.length, 'nodes_unreachable', 'Nodes that gave no answer'),
  ];
  return [
    ...(asked === 0 ? [] : counted.map((one) => ({ ...one, max: asked }))),
    ...(view?.kind === 'arp'
      ? [
          metric(
            'arp_macs',
            new Set(view.replies).size,
            'arp_macs',
            'MACs that answer ARP for the address on this link',
          ),
        ]
      : []),
  ];
}

function dataOf({ nodes, silent, mac, view }: VipJudgement, { vip, expect }: WantedVip): unknown {
  const state = (one: VipNode): State => worst(['OK', ...one.faults.map((found) => found.state)]);
  return {
    vip,
    expect,
    mac,
    nodes: [
      ...nodes.map((one) => ({
        name: one.node.name,
        reached: true,
        state: state(one),
        has: one.has,
        places: one.node.placements.map(({ address, down }) => ({ ...address, down: down?.what ?? null })),
      })),
      ...silent,
    ],
    view,
  };
}
