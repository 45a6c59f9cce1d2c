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

/** A node that gave a whole snapshot, and what it shows of itself as a member of the cluster. */
export type ReachedNode = {
  readonly name: string;
  readonly reached: true;
  /** Who the script ran as there: whom sudo would have to allow. */
  readonly user: string;
  readonly host: HostAddresses;
  /** Where it has the VIP; empty when it has it nowhere. */
  readonly placements: readonly Placement[];
  /** The MACs that its rules name for the VIP. */
  readonly macs: MacReading;
  /** Null where they are not in the answer. */
  readonly settings: Settings | null;
  /** What traffic control does with what comes in. */
  readonly inbound: InboundReading;
  /** The rules that its ARP packets pass. */
  readonly arp: ArpReading;
  /** How it finds the way of packets of the VIP's family; why not, where that was not read. */
  readonly routing: Routing | string;
  /** What it knows of the gateways of its routes. */
  readonly neighbours: NeighbourReading;
};

/** A node that gave nothing, or nothing whole. */
export type SilentNode = { readonly name: string; readonly reached: false; readonly reason: string };

export type Member = ReachedNode | SilentNode;

/** Takes what a node shows of itself as a member out of its snapshot. */
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
 * The interface by which a node takes the VIP's frames in: the one that its rule is bound to where it has the VIP there
 * or on no card, else the one that has the VIP. Null where that is not known.
 */
export function frameInterface(node: ReachedNode, bound: string | null): string | null {
  const there = networkPlaces(node).map(({ address }) => address.ifname);
  return bound !== null && (there.length === 0 || there.includes(bound)) ? bound : (there[0] ?? null);
}
