import type { Placement } from '../address/index.ts';
import { type Fault, fault, listOf } from '../plugin/index.ts';
import type { WantedVip } from '../vip/wanted.ts';
import { isLoopback, linkOf, type ReachedNode } from './facts.ts';

/** A reached node, judged by itself. */
export type JudgedNode = {
  readonly node: ReachedNode;
  /** The places of the VIP that count: where it should be, if it is there. */
  readonly places: readonly Placement[];
  /** Whether the node has the VIP at all; null when its addresses could not be read. */
  readonly has: boolean | null;
  /** Why it cannot be used although it is there, in a few words; null when it can. */
  readonly unusable: string | null;
  readonly faults: readonly Fault[];
};

/** Judges where a node has the VIP, and whether it can be used there. */
export function judgePlacement(node: ReachedNode, wanted: WantedVip): JudgedNode {
  const { name, host, placements } = node;
  if (host.addresses === null) {
    const text = `${name}: what ip says of its addresses could not be read`;
    return {
      node,
      places: [],
      has: null,
      unusable: null,
      faults: [fault('UNKNOWN', `${name}: addresses not read`, text)],
    };
  }
  if (placements.length === 0) return { node, places: [], has: false, unusable: null, faults: [] };
  const network = placements.filter(({ address }) => !isLoopback(node, address.ifname));
  if (wanted.allowLo && network.length === 0 && wanted.expect !== 'all') {
    const text = `${name} has ${wanted.vip} on loopback alone, as real servers of LVS do: that does not count`;
    return { node, places: [], has: false, unusable: null, faults: [fault('OK', text)] };
  }
  const allowed = wanted.allowLo && network.length === 0 ? placements : network;
  const places = allowed.filter(({ address }) => wanted.ifname === undefined || address.ifname === wanted.ifname);
  if (places.length === 0) {
    const misplaced = wrongPlace(node, network.length === 0, wanted);
    return { node, places: [], has: true, unusable: misplaced.brief, faults: [misplaced] };
  }
  const troubles = places.map((place) => trouble(node, place)).filter((one) => one !== null);
  const dead = troubles.find(({ state }) => state === 'CRITICAL') ?? null;
  const several = wanted.allowLo ? allowed : placements;
  return {
    node,
    places,
    has: true,
    unusable: dead?.brief ?? null,
    faults: [...troubles, ...prefixFaults(name, places, wanted), ...severalPlaces(name, several)],
  };
}

function wrongPlace({ name, placements }: ReachedNode, loopback: boolean, { vip, ifname, allowLo }: WantedVip): Fault {
  const there = listOf([...new Set(placements.map(({ address }) => address.ifname))]);
  const brief = loopback ? `${name} has it on ${there} only` : `${name} has it on ${there}, not ${ifname}`;
  if (!loopback || allowLo)
    return fault('CRITICAL', brief, `${name} has ${vip} on ${there}, expected on ${ifname} (--interface)`);
  const text = `${name} has ${vip} on ${there} only, which no network is behind (a real server of LVS direct routing: --allow-lo)`;
  return fault('CRITICAL', brief, text);
}

/** What keeps the VIP from being used at one place. */
function trouble(node: ReachedNode, { address, down }: Placement): Fault | null {
  const { name, host } = node;
  const { ifname, flags } = address;
  if (host.links === null || linkOf(node, ifname) === undefined) {
    const text = `${name}: what ip says of the interface ${ifname} could not be read, so that it is not proven to work`;
    return fault('UNKNOWN', `${name}: interface ${ifname} not read`, text);
  }
  if (down !== null) {
    const brief = `${name}: ${ifname} ${down.replace(/ \(.*/, '')}`;
    return fault('CRITICAL', brief, `${name}: ${ifname}, which has the VIP, ${down}`);
  }
  if (flags.includes('dadfailed')) {
    const text = `${name}: the kernel found the VIP elsewhere on the link (dadfailed) and does not use it on ${ifname}. Find the other owner, then remove the address and add it again`;
    return fault('CRITICAL', `${name}: the VIP is refused as a duplicate`, text);
  }
  if (flags.includes('tentative') && !flags.includes('optimistic')) {
    const text = `${name}: the VIP on ${ifname} is tentative: the kernel still looks for duplicates and does not use it yet (a second or two; with no carrier, for ever)`;
    return fault('WARNING', `${name}: the VIP is tentative`, text);
  }
  return null;
}

function prefixFaults(name: string, places: readonly Placement[], { vip, prefix }: WantedVip): readonly Fault[] {
  const wrong = places.filter(({ address }) => prefix !== null && address.prefix !== prefix);
  return wrong.map(({ address }) =>
    fault(
      'WARNING',
      `${name}: prefix is /${address.prefix}, not /${prefix}`,
      `${name} has ${vip}/${address.prefix} on ${address.ifname}, expected /${prefix}`,
    ),
  );
}

function severalPlaces(name: string, placements: readonly Placement[]): readonly Fault[] {
  if (placements.length < 2) return [];
  const where = listOf(placements.map(({ address }) => `${address.ifname} (/${address.prefix})`));
  return [
    fault(
      'WARNING',
      `${name} has it ${placements.length} times`,
      `${name} has the VIP ${placements.length} times, on ${where}: keep it once`,
    ),
  ];
}
