import type { View } from '../address/index.ts';
import {
  isLoopback,
  type JudgedNode,
  judgeArpRules,
  judgeMac,
  judgePlacement,
  type ReachedNode,
  type SilentNode,
  type VipNode,
} from '../member/index.ts';
import { type Fault, fault, listOf } from '../plugin/index.ts';
import { judgeHolders } from './holders.ts';
import { judgeView, knownFrom } from './view.ts';
import type { WantedVip } from './wanted.ts';

/** What all nodes together, and this host's own view, show about a VIP. */
export type VipJudgement = {
  readonly nodes: readonly JudgedNode[];
  readonly silent: readonly SilentNode[];
  /** The cluster MAC, as far as it is known and judged. */
  readonly mac: string | null;
  readonly view: View | null;
  readonly faults: readonly Fault[];
};

/** Judges what the nodes say about a VIP; `view` is null where this host's own was not asked for. */
export function judgeVip(facts: readonly VipNode[], view: View | null, wanted: WantedVip): VipJudgement {
  const reached = facts.filter((node): node is ReachedNode => node.reached);
  const silent = facts.filter((node): node is SilentNode => !node.reached);
  const nodes = reached.map((node) => judgePlacement(node, wanted));
  // Where it should not be at all, how it is there does not matter.
  const holders = wanted.expect === 0 ? [] : nodes.filter(({ has }) => has === true);
  const { mac, faults: macFaults } = judgeMac(holders, wanted);
  const known = knownFrom(nodes, silent.length === 0, mac, wanted);
  return {
    nodes,
    silent,
    mac,
    view,
    faults: [
      ...judgeHolders(nodes, silent, wanted),
      ...(wanted.expect === 0 ? nodes.filter(({ has }) => has === null) : nodes).flatMap((node) => node.faults),
      ...prefixDifference(holders, wanted),
      ...macFaults,
      ...(wanted.arpMangle ? judgeArpRules(holders, mac) : []),
      ...(view === null ? [] : judgeView(view, known, wanted)),
    ],
  };
}

/** Without a prefix to hold them against, the nodes are held against each other. On loopback it is /32 as a rule. */
function prefixDifference(holders: readonly JudgedNode[], { prefix }: WantedVip): readonly Fault[] {
  const found = holders.flatMap(({ node, places: [place] }) =>
    place === undefined || isLoopback(node, place.address.ifname)
      ? []
      : [{ name: node.name, prefix: place.address.prefix }],
  );
  if (prefix !== null || new Set(found.map((one) => one.prefix)).size < 2) return [];
  const each = listOf(found.map((one) => `${one.name} /${one.prefix}`));
  return [
    fault(
      'WARNING',
      `the prefix differs (${each})`,
      `the prefix of the VIP differs (${each}): give all nodes the same`,
    ),
  ];
}
