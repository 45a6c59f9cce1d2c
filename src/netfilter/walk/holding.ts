import type { Flow } from '../model/packet.ts';
import { allBits, coalesce, intersect, isEmpty, mainTraffic, type Region, unite, within } from '../model/traffic.ts';

/** Which residues of a hash a node answers for, as its packets show and not as any rule says. */
export type Holding = {
  /** Residues whose traffic comes through like that of no other. */
  readonly held: bigint;
  /** Traffic of other residues that comes through all the same: a port that was opened before the DROP. */
  readonly leak: Region;
  /** Residues that are not held and not dropped: their packets stay multicast, which TCP alone ignores. */
  readonly open: bigint;
  /** True where held packets stay multicast, so that TCP ignores them. */
  readonly deaf: boolean;
};

/** What is needed to tell them: the packets that came through, of a hash with so many residues. */
export type Delivered = {
  readonly flows: readonly Flow[];
  readonly id: string;
  readonly total: number;
  /** What the cluster rule was to share. */
  readonly shared: Region;
  readonly family: 4 | 6;
};

/**
 * Tells which residues a node holds: those whose packets come to its sockets. Residues that fare alike are looked at
 * together. Null where nothing that a cluster rule has looked at comes through.
 */
export function holdingOf(delivered: Delivered): Holding | null {
  const met = delivered.flows.filter(({ state }) => state.met);
  const hosts = fares(
    met.filter(({ state }) => state.pkttype === 'host'),
    delivered,
  );
  const multicast = fares(
    met.filter(({ state }) => state.pkttype !== 'host'),
    delivered,
  );
  if (isEmpty(hosts.most) && isEmpty(multicast.most)) return null;
  const deaf = isEmpty(hosts.most);
  const { held, leak } = deaf ? multicast : hosts;
  return { held, leak, open: deaf ? 0n : multicast.any & ~held, deaf };
}

/** How residues fare: which of them get everything that any gets, which get something, and what that is. */
type Fares = { readonly held: bigint; readonly any: bigint; readonly leak: Region; readonly most: Region };

function fares(flows: readonly Flow[], { id, total, shared, family }: Delivered): Fares {
  const boxes = coalesce(flows.flatMap(({ region }) => served(region, shared, family)));
  const maskOf = (box: Region[number]) => box.residues.find(({ hash }) => hash === id)?.held ?? allBits(total);
  const alike = [...new Set(boxes.map(maskOf))].reduce<readonly bigint[]>(
    (groups, mask) => groups.flatMap((group) => [group & mask, group & ~mask].filter((part) => part !== 0n)),
    [allBits(total)],
  );
  // Packets are in one flow each, so that the boxes of one residue do not overlap.
  const groups = alike
    .map((bits) => ({
      bits,
      region: boxes.filter((box) => (maskOf(box) & bits) !== 0n).map((box) => ({ ...box, residues: [] })),
    }))
    .filter(({ region }) => !isEmpty(region));
  const [only, ...others] = groups;
  if (only === undefined) return { held: 0n, any: 0n, leak: [], most: [] };
  if (others.length === 0) return { held: only.bits, any: only.bits, leak: [], most: only.region };
  const most = groups.reduce<Region>((sum, { region }) => unite(sum, region), []);
  const whole = groups.filter(({ region }) => within(most, region));
  const part = groups.filter((group) => !whole.includes(group));
  const bitsOf = (some: typeof groups) => some.reduce((sum, { bits }) => sum | bits, 0n);
  return {
    held: bitsOf(whole),
    any: bitsOf(whole) | bitsOf(part),
    leak: part.reduce<Region>((sum, { region }) => unite(sum, region), []),
    most,
  };
}

/** What of a region clusters serve: TCP and UDP, where they share any of these. */
function served(region: Region, shared: Region, family: 4 | 6): Region {
  const main = mainTraffic(family);
  const inside = intersect(region, shared);
  return isEmpty(intersect(shared, main)) ? inside : intersect(inside, main);
}
