import { parseBlock, parseIp } from './ip.ts';
import type { Link } from './link.ts';
import type { HostAddresses } from './placement.ts';

/** Which interfaces frames pass on their way up: one of these, as a port of a bridge or not. */
export type Level = {
  readonly ifnames: readonly string[];
  /** The bridge whose ports they are; null where they are none. */
  readonly bridge: string | null;
};

/**
 * The interfaces under an interface, from the cards up: the card of a VLAN or macvlan, the slaves of a bond, the ports of a
 * bridge. Empty for a card, and where `ip` does not tell of what kind the interface is.
 */
export function levelsBelow(links: readonly Link[], ifname: string, depth = 0): readonly Level[] {
  const link = links.find((one) => one.ifname === ifname);
  // No kernel stacks more than that (MAX_NEST_DEV).
  if (link === undefined || depth > 8) return [];
  const under = ifnamesUnder(links, link);
  if (under.length === 0) return [];
  const deeper = under.map((one) => levelsBelow(links, one, depth + 1));
  const most = Math.max(...deeper.map((levels) => levels.length));
  // Counted from above: what is under one port of a bridge is not under the others.
  const below = Array.from({ length: most }, (_, i) =>
    joinLevels(deeper.flatMap((levels) => levels.at(i - most) ?? [])),
  );
  return [...below, { ifnames: under, bridge: link.kind === 'bridge' ? ifname : null }];
}

function ifnamesUnder(links: readonly Link[], { ifname, kind, parent }: Link): readonly string[] {
  if (kind === 'bridge' || kind === 'bond' || kind === 'team')
    return links.filter(({ master }) => master === ifname).map((one) => one.ifname);
  // The other end of a veth is not an interface that its frames pass.
  const stacked = kind !== null && stackedKinds.includes(kind) && links.some((one) => one.ifname === parent);
  return stacked && parent !== null ? [parent] : [];
}

const stackedKinds = ['vlan', 'macvlan', 'macvtap', 'ipvlan', 'macsec'];

function joinLevels(levels: readonly Level[]): Level {
  const bridges = new Set(levels.map(({ bridge }) => bridge));
  const [bridge = null] = bridges.size === 1 ? bridges : [];
  return { ifnames: [...new Set(levels.flatMap(({ ifnames }) => ifnames))], bridge };
}

/** The VRF that an interface belongs to: after prerouting, the interface of everything that comes in by it; null without one. */
export function vrfOf(links: readonly Link[], ifname: string): string | null {
  const link = links.find((one) => one.ifname === ifname);
  const master = links.find((one) => one.ifname === link?.master);
  return master !== undefined && (master.kind === 'vrf' || link?.memberOf === 'vrf') ? master.ifname : null;
}

/** The other interfaces to which a frame for a group comes that comes to this one: macvlans over it, and what is under it. */
export function besides(links: readonly Link[], ifname: string): readonly string[] {
  const own = links.find((one) => one.ifname === ifname);
  const parent = own?.kind === 'macvlan' ? own.parent : null;
  return links
    .filter((link) => link.ifname !== ifname && link.flags.includes('UP'))
    .filter((link) => {
      const over = link.kind === 'macvlan' && link.parent !== null && [ifname, parent].includes(link.parent);
      return over || link.ifname === parent;
    })
    .map((link) => link.ifname);
}

/**
 * The cards beside this one that seem to be on its wire, so that a frame for a group comes to them as well: they have an
 * address in the VIP's network, as this one has.
 */
export function sameWire({ links, addresses }: HostAddresses, ifname: string, vip: string): readonly string[] {
  const ip = parseIp(vip);
  const known = links ?? [];
  if (ip === null) return [];
  const within = (addresses ?? []).filter(({ address, prefix }) => {
    const block = parseBlock(`${address}/${prefix}`);
    const network = block !== null && block.family === ip.family && block.low < block.high;
    return network && block.low <= ip.value && ip.value <= block.high;
  });
  if (!within.some((one) => one.ifname === ifname)) return [];
  const related = new Set([ifname, ...levelsBelow(known, ifname).flatMap(({ ifnames }) => ifnames)]);
  const others = known.filter(
    (link) =>
      !related.has(link.ifname) &&
      link.flags.includes('UP') &&
      !link.flags.includes('LOOPBACK') &&
      within.some((one) => one.ifname === link.ifname) &&
      !levelsBelow(known, link.ifname).some(({ ifnames }) => ifnames.includes(ifname)),
  );
  return others.map((link) => link.ifname);
}
