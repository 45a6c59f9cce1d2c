import { isMulticastMac, isOrdinaryGroup } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { listOf } from '../plugin/index.ts';
import { linkOf, type ReachedNode } from './facts.ts';
import { notRead } from './unread.ts';

/** A node, and the interface that the VIP's frames come in by. */
export type Entrance = { readonly node: ReachedNode; readonly ifname: string };

/** The interface that frames for a multicast MAC come in by must accept them. */
export function listeningFaults({ node, ifname }: Entrance, mac: string): readonly Fault[] {
  const { name, host } = node;
  if (takesAllGroups({ node, ifname })) return [];
  if (host.subscriptions === null) return [groupsNotRead(node)];
  const where = host.subscriptions.filter((one) => one.mac === mac).map((one) => one.ifname);
  if (where.includes(ifname)) return [];
  const elsewhere = where.length === 0 ? '' : ` (${listOf(where)} does, where the VIP is not)`;
  const text = `${name}: ${ifname} does not listen to the cluster MAC ${mac}${elsewhere}: a network card that filters drops the VIP’s traffic. On ${name}: ip maddr add ${mac} dev ${ifname}`;
  return [fault('CRITICAL', 'mac-not-heard', `${name}: cluster MAC not on ${ifname}`, text)];
}

/**
 * Whether an interface takes every group in without listing it: ALLMULTI and PROMISC switch the card's filter off, and a
 * bridge has none (both measured). `ip` without `-d` does not tell a bridge.
 */
export function takesAllGroups({ node, ifname }: Entrance): boolean {
  const link = linkOf(node, ifname);
  return link !== undefined && (link.kind === 'bridge' || link.flags.some((flag) => allGroups.includes(flag)));
}

const allGroups = ['ALLMULTI', 'PROMISC'];

/** The groups that may be the cluster's: not the host's own, but added by hand or by an agent, or of no known use. */
export function candidates({ node, ifname }: Entrance): readonly string[] {
  const here = (node.host.subscriptions ?? []).filter((one) => one.ifname === ifname && isMulticastMac(one.mac));
  return [...new Set(here.filter(({ mac, byHand }) => byHand || !isOrdinaryGroup(mac)).map(({ mac }) => mac))];
}

export function groupsNotRead({ name }: ReachedNode): Fault {
  const reason =
    '/proc/net/dev_mcast could not be read, so it is not proven that the node takes in frames for the cluster MAC';
  return notRead(`${name}: link-layer groups`, reason);
}
