import type { Placement } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { listOf } from '../plugin/index.ts';
import { isLoopback, linkOf, networkPlaces, type ReachedNode } from './facts.ts';
import { notRead } from './unread.ts';

/** Where a node should have the VIP. */
export type WantedPlacement = {
  readonly vip: string;
  /** The interface it must be on; null: any. */
  readonly ifname: string | null;
  /**
   * How a VIP on loopback only counts: a place like any other (frames for it come in by some card), nothing (a real
   * server of LVS beside a director), or none where clients reach it.
   */
  readonly loopback: 'counts' | 'ignored' | 'refused';
  /** What happens to its clients while the VIP cannot be used, as a clause: `its clients get no answer`; null where nothing does. */
  readonly loss: string | null;
};

/**
 * How a node has the VIP. `unread`: its addresses could not be read. `loopback`: there alone, where that is no place.
 * `elsewhere`: on other interfaces than the one it must be on.
 */
export type Standing = 'unread' | 'absent' | 'loopback' | 'elsewhere' | 'placed';

/** A reached node, judged by where it has the VIP. The caller decides what absent, loopback and elsewhere mean. */
export type JudgedMember = {
  readonly node: ReachedNode;
  readonly standing: Standing;
  /** The places that count; empty unless it is placed. */
  readonly places: readonly Placement[];
  /** Whether the VIP can be used where the node has it; false without one; null where that is not known. */
  readonly usable: boolean | null;
  readonly faults: readonly Fault[];
};

/** Judges where a node has the VIP, and whether it can be used there. */
export function judgePlacement(node: ReachedNode, wanted: WantedPlacement): JudgedMember {
  const { name, host, placements } = node;
  const bare = { node, places: [], faults: [] };
  if (host.addresses === null) {
    const faults = [notRead(`${name}: addresses`, 'what ip says about its addresses could not be read')];
    return { ...bare, standing: 'unread', usable: null, faults };
  }
  if (placements.length === 0) return { ...bare, standing: 'absent', usable: false };
  // Where loopback counts, a dummy is just as good.
  const network =
    wanted.loopback === 'counts'
      ? networkPlaces(node)
      : placements.filter(({ address }) => !isLoopback(node, address.ifname));
  if (network.length === 0 && wanted.loopback !== 'counts') return { ...bare, standing: 'loopback', usable: false };
  const allowed = network.length === 0 ? placements : network;
  const places = network.filter(({ address }) => wanted.ifname === null || address.ifname === wanted.ifname);
  if (network.length > 0 && places.length === 0)
    return { ...bare, standing: 'elsewhere', usable: usableAt(node, network) };
  const counted = network.length === 0 ? placements : places;
  return {
    node,
    standing: 'placed',
    places: counted,
    usable: usableAt(node, counted),
    faults: [
      ...counted.flatMap((place) => trouble(node, place, wanted.loss) ?? []),
      ...severalPlaces(name, wanted.loopback === 'refused' ? placements : allowed),
    ],
  };
}

/** One place that works is enough; what is not known stays open. */
function usableAt(node: ReachedNode, places: readonly Placement[]): boolean | null {
  const states = places.map((place) => trouble(node, place, null)?.state ?? 'OK');
  if (states.some((state) => state === 'OK' || state === 'WARNING')) return true;
  return states.includes('UNKNOWN') ? null : false;
}

/** What keeps the VIP from being used at one place. */
function trouble(node: ReachedNode, { address, down }: Placement, loss: string | null): Fault | null {
  const { name, host } = node;
  const { ifname, flags } = address;
  const suffers = loss === null ? '' : `: ${loss}`;
  if (host.links === null || linkOf(node, ifname) === undefined) {
    const reason = `ip shows nothing readable about it, so it is not proven that ${ifname}, which has the VIP, works`;
    return notRead(`${name}: interface ${ifname}`, reason);
  }
  if (down !== null) {
    const hint = down.hint === null ? '' : ` (${down.hint})`;
    const text = `${name}: ${ifname}, which has the VIP, ${down.what}${hint}${suffers}`;
    return fault('CRITICAL', 'interface-down', `${name}: ${ifname} ${down.what}`, text);
  }
  if (flags.includes('dadfailed')) {
    const text = `${name}: the kernel found the VIP elsewhere on the link (dadfailed) and does not use it on ${ifname}${suffers}. Find the other owner, then remove the address and add it again`;
    return fault('CRITICAL', 'vip-duplicate', `${name}: the VIP is refused as a duplicate`, text);
  }
  if (flags.includes('tentative') && !flags.includes('optimistic')) {
    const text = `${name}: the VIP on ${ifname} is tentative: the kernel is still looking for duplicates and does not use it yet (a second or two; without a carrier, forever)`;
    return fault('WARNING', 'vip-tentative', `${name}: the VIP is tentative`, text);
  }
  return null;
}

function severalPlaces(name: string, placements: readonly Placement[]): readonly Fault[] {
  if (placements.length < 2) return [];
  const where = listOf(placements.map(({ address }) => `${address.ifname} (/${address.prefix})`));
  const text = `${name} has the VIP ${placements.length} times, on ${where}: keep it in one place only`;
  return [fault('WARNING', 'vip-repeated', `${name} has it ${placements.length} times`, text)];
}
