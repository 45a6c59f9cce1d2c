import {
  type ArpReading,
  type HostAddresses,
  type Link,
  locate,
  type Placement,
  readAddresses,
  readArpRules,
} from '../address/index.ts';
import { type Reading, readRules, trafficTo } from '../netfilter/index.ts';
import type { Snapshot } from '../snapshot/index.ts';

/** A node that gave its snapshot. */
export type ReachedNode = {
  readonly name: string;
  readonly reached: true;
  /** Who the script ran as there: whom sudo would have to allow. */
  readonly user: string;
  readonly host: HostAddresses;
  /** Where it has the VIP. */
  readonly placements: readonly Placement[];
  /** The cluster rules for the VIP. */
  readonly rules: Reading;
  readonly arp: ArpReading;
};

export type SilentNode = { readonly name: string; readonly reached: false; readonly reason: string };
export type VipNode = ReachedNode | SilentNode;

/** Takes what concerns a VIP out of a node's snapshot. */
export function vipFacts(name: string, snapshot: Snapshot, vip: string): ReachedNode {
  const host = readAddresses(snapshot);
  return {
    name,
    reached: true,
    user: snapshot.host.user,
    host,
    placements: locate(host, vip),
    rules: readRules(snapshot, vip, { space: trafficTo(vip) }),
    arp: readArpRules(snapshot, vip),
  };
}

/** The interface of a placement; undefined when the node did not list it. */
export function linkOf({ host }: ReachedNode, ifname: string): Link | undefined {
  return host.links?.find((link) => link.ifname === ifname);
}

/** Whether it is a loopback interface, on which no client's frame arrives. */
export function isLoopback(node: ReachedNode, ifname: string): boolean {
  return ifname === 'lo' || (linkOf(node, ifname)?.flags.includes('LOOPBACK') ?? false);
}
