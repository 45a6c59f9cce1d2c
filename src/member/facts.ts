import {
  type HostAddresses,
  type InboundReading,
  isInternal,
  type Link,
  locate,
  type NeighbourReading,
  type Placement,
  parseIp,
  type Routing,
  readAddresses,
  readInbound,
  readNeighbours,
  readRouting,
  readSettings,
  type Settings,
} from '../address/index.ts';
import { type ArpReading, type MacReading, readArp, readNamedMacs } from '../netfilter/index.ts';
import type { Snapshot } from '../snapshot/index.ts';

/** A node that gave a complete snapshot, and what it shows about itself as a member of the cluster. */
export type ReachedNode = {
  readonly name: string;
  readonly reached: true;
  /** The account that the script ran as there, which sudo would have to allow. */
  readonly user: string;
  readonly host: HostAddresses;
  /** Where it has the VIP; empty where it does not. */
  readonly placements: readonly Placement[];
  /** The MACs that its rules name for the VIP. */
  readonly macs: MacReading;
  /** Null where they are not in the answer. */
  readonly settings: Settings | null;
  /** What traffic control does with what comes in. */
  readonly inbound: InboundReading;
  /** The rules that its ARP packets pass. */
  readonly arp: ArpReading;
  /** How it routes packets of the VIP's family, or why that is not known. */
  readonly routing: Routing | string;
  /** What it knows of the gateways of its routes. */
  readonly neighbours: NeighbourReading;
};

/** A node that gave nothing, or no complete snapshot. */
export type SilentNode = { readonly name: string; readonly reached: false; readonly reason: string };

export type Member = ReachedNode | SilentNode;

/** Extracts from a snapshot what a node shows about itself as a member. */
export function memberFacts(name: string, snapshot: Snapshot, vip: string): ReachedNode {
  const host = readAddresses(snapshot);
  const placements = locate(host, vip);
  const arp = readArp(snapshot);
  const card = placements.find(({ address }) => address.ifname !== 'lo')?.address.ifname ?? null;
  return {
    name,
    reached: true,
    user: snapshot.host.user,
    host,
    placements,
    macs: readNamedMacs(snapshot, vip, arp, card),
    arp,
    settings: readSettings(snapshot),
    inbound: readInbound(snapshot),
    routing: readRouting(snapshot, parseIp(vip)?.family ?? 4),
    neighbours: readNeighbours(snapshot),
  };
}

/** An interface of a node; undefined when the node did not list it. */
export function linkOf({ host }: ReachedNode, ifname: string): Link | undefined {
  return host.links?.find((link) => link.ifname === ifname);
}

/** Whether it is a loopback interface, on which no client's frame arrives. */
export function isLoopback(node: ReachedNode, ifname: string): boolean {
  return ifname === 'lo' || (linkOf(node, ifname)?.flags.includes('LOOPBACK') ?? false);
}

/** The places where clients' frames can arrive. */
export function networkPlaces({ placements, host }: ReachedNode): readonly Placement[] {
  return placements.filter(({ address }) => !isInternal(host.links ?? [], address.ifname));
}

/**
 * The interface that the VIP's frames come in by: the one that the node's rule is bound to if the VIP is there or on
 * no card, otherwise the one that has the VIP. Null where that is not known.
 */
export function frameInterface(node: ReachedNode, bound: string | null): string | null {
  const there = networkPlaces(node).map(({ address }) => address.ifname);
  return bound !== null && (there.length === 0 || there.includes(bound)) ? bound : (there[0] ?? null);
}
