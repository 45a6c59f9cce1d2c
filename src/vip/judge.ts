import type { View } from '../address/index.ts';
import type { Fault } from '../findings/index.ts';
import {
  type Answerer,
  type ClusterMac,
  isLoopback,
  judgeAnswering,
  judgeClusterMac,
  judgeFilters,
  judgeOwnMac,
  type Member,
  networkPlaces,
  type ReachedNode,
  type SilentNode,
} from '../member/index.ts';
import { trafficTo } from '../netfilter/index.ts';
import { judgeHolders } from './holders.ts';
import { judgeVipNode, prefixDifference, type VipNode } from './node.ts';
import { judgeView, knownFrom } from './view.ts';
import { asksRules, isShared, type WantedVip } from './wanted.ts';

/** What all nodes together, and this host's own view, show about a VIP. */
export type VipJudgement = {
  readonly nodes: readonly VipNode[];
  readonly silent: readonly SilentNode[];
  /** The cluster MAC, as far as it is known and judged. */
  readonly mac: string | null;
  readonly view: View | null;
  readonly faults: readonly Fault[];
};

/** Judges what the nodes say about a VIP; `view` is null where this host's own was not asked for. */
export function judgeVip(members: readonly Member[], view: View | null, wanted: WantedVip): VipJudgement {
  const reached = members.filter((node): node is ReachedNode => node.reached);
  const silent = members.filter((node): node is SilentNode => !node.reached);
  const nodes = reached.map((node) => judgeVipNode(node, wanted));
  // Where it should not be at all, how it is there does not matter.
  const holders = wanted.expect === 0 ? [] : nodes.filter(({ has }) => has === true);
  const { mac, named, faults, listening } = macOf(holders, wanted);
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
      ...filterFaults(holders, mac, wanted),
      ...faults,
      ...[...listening.values()].flat(),
      ...answeringFaults(holders, mac, named, wanted),
      ...(view === null ? [] : judgeView(view, known, wanted)),
    ],
  };
}

/** Filters of traffic control; where nodes are asked for addresses alone, only those that a saved snapshot has. */
function filterFaults(holders: readonly VipNode[], mac: string | null, wanted: WantedVip): readonly Fault[] {
  const uses = holders
    .flatMap(({ node, places }) => {
      const [place] = places.filter((one) => networkPlaces(node).includes(one));
      return place === undefined ? [] : [{ node, ifname: place.address.ifname }];
    })
    .filter(({ node }) => asksRules(wanted) || node.inbound.read);
  const { vip } = wanted;
  return [...judgeFilters(uses, { vip, mac, space: trafficTo(vip) }).values()].flatMap(({ faults }) => faults);
}

/** A failover VIP is only judged by --mac, which then may be the unicast MAC of a virtual router. */
function macOf(holders: readonly VipNode[], wanted: WantedVip): ClusterMac {
  const entrances = holders.flatMap(({ node, places: [place] }) =>
    // On loopback or a dummy (LVS direct routing) frames come by the card's own MAC.
    place === undefined || !networkPlaces(node).includes(place) ? [] : [{ node, ifname: place.address.ifname }],
  );
  if (wanted.skipMac || entrances.length === 0) return nothing;
  if (isShared(wanted)) return judgeClusterMac(entrances, wanted.mac);
  return wanted.mac === undefined ? nothing : judgeOwnMac(entrances, wanted.mac);
}

const nothing: ClusterMac = { mac: null, named: [], faults: [], listening: new Map() };

/**
 * Who answers ARP matters where nodes share the VIP, or where each must have the rule. Real servers of LVS, which have the
 * VIP on loopback, are not to answer.
 */
function answeringFaults(
  holders: readonly VipNode[],
  mac: string | null,
  named: readonly string[],
  wanted: WantedVip,
): readonly Fault[] {
  const { vip, arpMangle: required } = wanted;
  if (!required && (wanted.skipArp || !isShared(wanted))) return [];
  const answerers = holders.flatMap(({ node, places: [place] }): readonly Answerer[] => {
    if (place === undefined) return [];
    const loopback = isLoopback(node, place.address.ifname);
    return loopback && !required ? [] : [{ node, ifname: loopback ? null : place.address.ifname }];
  });
  return [
    ...judgeAnswering(answerers, { vip, mac, named, required, unread: required ? 'UNKNOWN' : 'OK' }).faults.values(),
  ].flat();
}
