import type { Flow } from '../model/packet.ts';
import type { Obstacle } from '../model/rule.ts';
import type { Traffic } from '../model/traffic.ts';
import type { Arrival, Taken, Trace } from '../walk/trace.ts';
import { obstacle } from './obstacle.ts';

// What a node's buckets do not hold, and a DROP whose condition cannot be read: it may be the one that the cluster needs.

/**
 * What comes through where such a DROP takes all that it may, save what its rules claim. Where a cluster rule has the same
 * condition, such as an ipset of VIPs, it meets some packets, and nothing shows that the DROP does not meet the same.
 */
export function withoutLeftover(trace: Trace, arrivals: readonly Arrival[], claims: Traffic | null): readonly Flow[] {
  const { delivered } = trace;
  const drops = leftoverDrops(trace, arrivals);
  if (drops.length === 0 || claims === null) return delivered;
  const dropped = claims.space.union(drops.map(({ traffic }) => traffic)).less(claims);
  return delivered.map((flow) => ({ ...flow, traffic: flow.traffic.less(dropped) }));
}

/** What that leaves open, where nothing is said of the cluster rule itself. */
export function dropInDoubt(trace: Trace, arrivals: readonly Arrival[], claims: Traffic | null): readonly Obstacle[] {
  const drop = leftoverDrops(trace, arrivals).find(({ traffic }) => claims !== null && !traffic.within(claims));
  if (drop === undefined || arrivals.some(({ exact }) => !exact)) return [];
  const text = `may drop what its buckets do not hold; whether that set has the VIP is not known (${drop.place}: ${drop.rule.text})`;
  const brief = 'has a DROP after the cluster rule by a set that is not known';
  return [obstacle('rule-unreadable', text, brief, 'name the VIP in it', { state: 'UNKNOWN', disables: false })];
}

function leftoverDrops({ taken, takenBehind }: Trace, arrivals: readonly Arrival[]): readonly Taken[] {
  return [...taken, ...takenBehind].filter(
    (one) =>
      one.fate === 'dropped' &&
      arrivals.some(
        ({ place, exact, taken: before }) =>
          place === one.place &&
          !before.includes(one) &&
          (exact ? isByDestination(one) : !one.certain && one.doubt !== 'rate'),
      ),
  );
}

/** By a set of destinations, so that it drops all packets to the VIP or none. */
function isByDestination({ doubt, rule }: Taken): boolean {
  return doubt === 'list' && rule.destinations === true;
}
