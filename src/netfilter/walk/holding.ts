import type { Flow } from '../model/packet.ts';
import { mainTraffic, type Traffic } from '../model/traffic.ts';

/** Which residues of a hash a node answers for, as its packets show, whatever a rule says. */
export type Holding = {
  /** Residues whose traffic comes through like that of no other. */
  readonly held: Traffic;
  /** Traffic of other residues that comes through all the same: a port that was opened before the DROP. */
  readonly leak: Traffic;
  /** Residues that are not held and not dropped: their packets stay multicast, which TCP alone ignores. */
  readonly open: Traffic;
  /** True where held packets stay multicast, so that TCP ignores them. */
  readonly deaf: boolean;
};

/** What is needed to determine them: the packets that came through, and a hash with its number of residues. */
export type Delivered = {
  readonly flows: readonly Flow[];
  readonly id: string;
  readonly total: number;
  /** What the cluster rule was to share. */
  readonly shared: Traffic;
};

/**
 * Determines which residues a node holds: those whose packets reach its sockets. Null where nothing that a cluster rule
 * has looked at comes through.
 */
export function holdingOf(delivered: Delivered): Holding | null {
  const met = delivered.flows.filter(({ carried }) => carried.met);
  const hosts = byResidue(
    met.filter(({ carried }) => carried.pkttype === 'host'),
    delivered,
  );
  const multicast = byResidue(
    met.filter(({ carried }) => carried.pkttype !== 'host'),
    delivered,
  );
  if (hosts.any.isEmpty && multicast.any.isEmpty) return null;
  const deaf = hosts.any.isEmpty;
  const { held, leak } = deaf ? multicast : hosts;
  return { held, leak, open: deaf ? held.space.none : multicast.any.less(held), deaf };
}

/**
 * Which residues get everything that any gets, which get something, and what is got by those that do not get
 * everything.
 */
type ByResidue = { readonly held: Traffic; readonly any: Traffic; readonly leak: Traffic };

function byResidue(flows: readonly Flow[], { id, total, shared }: Delivered): ByResidue {
  const { space } = shared;
  const main = mainTraffic(space);
  // Clusters serve TCP and UDP, where they share any of these.
  const served = shared.meets(main) ? shared.and(main) : shared;
  const all = space.union(flows.map(({ traffic }) => traffic)).and(served);
  const one = all.whateverResidueBut(id, total);
  const most = one.whateverResidue;
  const any = one.whateverPacket;
  const held = any.less(most.less(one).whateverPacket);
  return { held, any, leak: one.less(held).whateverResidue };
}
