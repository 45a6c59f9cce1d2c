import type { Flow } from '../model/packet.ts';
import type { Obstacle } from '../model/rule.ts';
import { allTraffic, intersect, isEmpty, mainTraffic, phase, point, type Region, subtract } from '../model/traffic.ts';
import type { Arrival, Taken, Way } from '../walk/trace.ts';
import { describeServed, type Effects, judgeLosses, ownPorts } from './losses.ts';
import { fault, unique } from './obstacle.ts';
import { describeTraffic } from './words.ts';

// What a cluster rule was to share and clients get no answer to, though no rule is seen to take it.

/** Packets that may or may not be let through, though no rule was found that may take them: one has changed them, or sent them past. */
export function unexplained(
  { taken, takenBehind, delivered, blurred }: Way,
  shared: Region,
  family: 4 | 6,
): readonly Obstacle[] {
  const uncertain = delivered.filter(({ state }) => !state.certain).flatMap(({ region }) => region);
  const main = mainTraffic(family);
  // What denies some by a condition of its own leaves no doubt about what goes on, and explains none.
  const explained = [...taken, ...takenBehind]
    .filter(({ doubted, fate }) => fate === 'unknown' || (doubted && fate !== 'accepted'))
    .flatMap(({ traffic }) => traffic);
  // A frame that is no more this host's was changed, not denied.
  const changed = delivered.filter(({ state }) => !state.certain && state.pkttype === 'other');
  const open = [
    ...subtract(served(intersect(uncertain, main), shared, family), explained),
    ...served(
      changed.flatMap(({ region }) => region),
      shared,
      family,
    ),
  ];
  if (isEmpty(open)) return [];
  const [by] = blurred;
  const rule = by === undefined ? '' : ` (${by.place}: ${by.rule.text})`;
  const text = `has a rule whose condition cannot be read, and on which it hangs whether ${describeTraffic(open, family) || 'everything'} is let through${rule}`;
  const mend = 'write it with conditions on addresses, ports and states';
  return [{ ...fault(text, 'has a rule that cannot be read', mend), state: 'UNKNOWN', disables: false }];
}

/** What the cluster rule was to share and never saw, though no rule took it: one has sent it back to a chain that ends. */
export function past(
  { delivered, taken }: Way,
  arrivals: readonly Arrival[],
  effects: Effects,
  shared: Region,
  family: 4 | 6,
): readonly Obstacle[] {
  const before = arrivals.flatMap((arrival) => arrival.taken);
  const never = { ...effects, dropped: 'they never come to it, and clients of its buckets get no answer' };
  const later = taken.filter((one) => !before.includes(one) && one.fate !== 'accepted');
  const lost = judgeLosses(later, { shared, effects: never, family, position: 'before' });
  const unmet = delivered.filter(({ state }) => state.certain && !state.met).flatMap(({ region }) => region);
  const told = forCertain([...taken, ...before]);
  const region = subtract(served(intersect(unmet, mainTraffic(family)), shared, family), told);
  if (isEmpty(region)) return lost;
  const what = describeServed(region, family) || 'everything';
  const text = `sends ${what} past the cluster rule: TCP gets no answer, UDP is answered by this node for every client`;
  return [
    ...lost,
    { ...fault(text, `sends ${what} past the cluster rule`, 'put the cluster rule first'), disables: false },
  ];
}

/** TCP of its own clients that stays multicast: the packet type is set for some of them alone. */
export function unheard(
  { delivered }: Way,
  { use, rule }: Arrival,
  shared: Region,
  held: bigint,
  family: 4 | 6,
): readonly Obstacle[] {
  const tcp = [{ ...allTraffic(family), protocol: point(6n) }];
  const own = delivered
    .filter(({ state }) => state.certain && state.met && state.pkttype !== 'host')
    .flatMap(({ region }) => served(intersect(region, tcp), shared, family))
    .filter(({ residues }) => residues.every(({ hash, held: bits }) => hash !== use.id || (bits & held) !== 0n));
  if (isEmpty(own)) return [];
  const what = describeTraffic(own, family) || 'tcp';
  const text = `does not set meta pkttype host for ${what} of its buckets: these frames stay multicast, and TCP gets no answer`;
  const brief = `does not set meta pkttype host for ${what}: TCP gets no answer`;
  return [{ ...fault(text, brief, `add "meta pkttype set host" for all of them (${rule.text})`), disables: false }];
}

/** TCP whose first packet comes through and no later one: found where no other rule explains it. */
export function withHang(
  { delivered, taken, takenBehind }: Way,
  shared: Region,
  family: 4 | 6,
  found: readonly Obstacle[],
): readonly Obstacle[] {
  const obstacles = unique(found);
  if (obstacles.some(({ state }) => state === 'CRITICAL')) return obstacles;
  const tcp = { ...allTraffic(family), protocol: point(6n) };
  const carrying = intersect(shared, [{ ...tcp, phase: point(phase.later) }]);
  const unopened = subtract(
    carrying.map((box) => ({ ...box, phase: point(phase.first) })),
    shared,
  );
  if (!isEmpty(subtract(unopened, ownPorts(family)))) {
    const what = describeTraffic(unopened, family);
    const text = `shares no ${what}, but what follows it: no connection of these clients ever begins`;
    return [fault(text, `shares no ${what}: TCP cannot begin`, 'match NEW too, or no state at all'), ...obstacles];
  }
  const hosts = delivered.filter(({ state }) => state.pkttype === 'host');
  const openedBy = (flows: readonly Flow[]) =>
    flows
      .filter(({ state }) => state.met)
      .flatMap(({ region }) => intersect(intersect(region, shared), [{ ...tcp, phase: point(phase.first) }]))
      .map((box) => ({ ...box, phase: point(phase.later) }));
  const kept = hosts.flatMap(({ region }) => intersect(region, [{ ...tcp, phase: point(phase.later) }]));
  const opened = openedBy(hosts);
  const whole = !isEmpty(opened) && opened.every((box) => !isEmpty(subtract([box], kept)));
  const some = openedBy(hosts.filter(({ state }) => state.certain));
  const hung = subtract(subtract(some, [...kept, ...forCertain([...taken, ...takenBehind])]), ownPorts(family));
  if (!whole && isEmpty(hung)) return obstacles;
  const of = describeTraffic(
    hung.map((box) => ({ ...box, phase: allTraffic(family).phase })),
    family,
  );
  const text = `lets through what opens ${whole ? 'a TCP connection' : `connections of ${of}`}, and not what follows: TCP connects, then hangs`;
  const brief = `lets only NEW through${whole ? '' : ` of ${of}`}: TCP hangs`;
  return [{ ...fault(text, brief, 'match ESTABLISHED too, or no state at all'), disables: whole }, ...obstacles];
}

/** What was taken, whatever else is not known: what a list may deny explains nothing. */
function forCertain(taken: readonly Taken[]): Region {
  return taken.filter(({ certain }) => certain).flatMap(({ traffic }) => traffic);
}

/** What of some traffic the cluster shares, and is not for a node's own administration. */
export function served(traffic: Region, shared: Region, family: 4 | 6): Region {
  return subtract(intersect(traffic, shared), ownPorts(family));
}
