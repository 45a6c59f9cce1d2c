import type { Flow } from '../model/packet.ts';
import type { Obstacle } from '../model/rule.ts';
import { mainTraffic, phase, type Traffic, tcp } from '../model/traffic.ts';
import type { Arrival, Taken, Trace } from '../walk/trace.ts';
import { served, withoutOwn } from './extent.ts';
import { type Effects, judgeLosses } from './losses.ts';
import { obstacle, unique } from './obstacle.ts';
import { denies } from './policy.ts';
import { describeServed, describeTraffic } from './words.ts';

// What a cluster rule should share but clients get no answer to, although no rule is seen to take it.

/**
 * Packets that may or may not be let through, though no rule was found that may take them: one has changed them, or
 * sent them past.
 */
export function unexplained({ taken, takenBehind, delivered, blurred }: Trace, shared: Traffic): readonly Obstacle[] {
  const { space } = shared;
  const uncertain = delivered.filter(({ carried }) => !carried.certain);
  // What denies some by a condition of its own leaves no doubt about what goes on, and explains none.
  const explained = [...taken, ...takenBehind].filter(
    ({ doubted, fate }) => fate === 'unknown' || (doubted && fate !== 'accepted'),
  );
  // A frame that is no longer this host's was changed, not denied.
  const changed = uncertain.filter(({ carried }) => carried.pkttype === 'other');
  const open = served(trafficOf(uncertain, space).and(mainTraffic(space)), shared)
    .less(trafficOf(explained, space))
    .or(served(trafficOf(changed, space), shared));
  if (open.isEmpty) return [];
  const [by] = blurred;
  const rule = by === undefined ? '' : ` (${by.place}: ${by.rule.text})`;
  const text = `has an unreadable rule that decides whether ${describeTraffic(open) || 'everything'} is let through${rule}`;
  const mend = 'write it with conditions on addresses, ports and states';
  return [
    obstacle('rule-unreadable', text, 'has a rule that cannot be read', mend, { state: 'UNKNOWN', disables: false }),
  ];
}

/**
 * What the cluster rule should share and never saw, although no rule took it: one has sent it back to a chain that
 * ends.
 */
export function sentPast(
  { delivered, taken }: Trace,
  arrivals: readonly Arrival[],
  effects: Effects,
  shared: Traffic,
): readonly Obstacle[] {
  const { space } = shared;
  const before = new Set(arrivals.flatMap((arrival) => arrival.taken));
  const never = { ...effects, dropped: 'they never reach it, and clients of its buckets get no answer' };
  const later = taken.filter((one) => !before.has(one) && one.fate !== 'accepted');
  const lost = judgeLosses(later, { shared, effects: never, position: 'before' });
  const unmet = delivered.filter(({ carried }) => carried.certain && !carried.met);
  const told = trafficOf(certainly([...taken, ...before]), space);
  const traffic = served(trafficOf(unmet, space).and(mainTraffic(space)), shared).less(told);
  if (traffic.isEmpty) return lost;
  const what = describeServed(traffic) || 'everything';
  const brief = `sends ${what} past the cluster rule`;
  const text = `${brief}: TCP gets no answer, UDP is answered by this node for every client`;
  return [...lost, obstacle('rule-past', text, brief, 'put the cluster rule first', { disables: false })];
}

/**
 * TCP that the cluster rules match and that jumps, returns or gotos keep from them: outside a cluster rule nobody makes
 * its frames this host's, so that it gets no answer, alike on all nodes or not. Where most is kept from them, the jump
 * is how the cluster is told what to share.
 */
export function leftOut(arrivals: readonly Arrival[], shared: Traffic): readonly Obstacle[] {
  const { space } = shared;
  const segments = space.only({ protocol: tcp });
  const matched = space.union(arrivals.map(({ own }) => own)).and(segments);
  // What a firewall has denied before is not sent past anything.
  const denied = certainly(arrivals.flatMap(({ taken }) => taken)).filter(denies);
  const missing = withoutOwn(matched.less(shared).less(trafficOf(denied, space)));
  if (missing.isEmpty || 2 * space.share(missing, matched, () => 1) > 1) return [];
  const what = describeTraffic(missing);
  const brief = `sends ${what} past the cluster rule: no answer`;
  const text = `sends ${what} past the cluster rule (a RETURN, goto or conditional jump before it): its frames stay multicast, and TCP gets no answer`;
  return [obstacle('rule-past', text, brief, 'let it reach the cluster rule', { disables: false })];
}

/** TCP of its own clients that stays multicast: the packet type is set for only some of them. */
export function deafTo({ delivered }: Trace, { rule }: Arrival, shared: Traffic, held: Traffic): readonly Obstacle[] {
  const { space } = shared;
  const multicast = delivered.filter(({ carried }) => carried.certain && carried.met && carried.pkttype !== 'host');
  const own = served(trafficOf(multicast, space).and(space.only({ protocol: tcp })), shared).and(held);
  if (own.isEmpty) return [];
  const what = describeTraffic(own) || 'tcp';
  const text = `does not set meta pkttype host for ${what} of its buckets: these frames stay multicast, and TCP gets no answer`;
  const brief = `does not set meta pkttype host for ${what}: TCP gets no answer`;
  return [obstacle('pkttype-multicast', text, brief, `add meta pkttype set host for all of them (${rule.text})`)];
}

/** TCP whose first packet comes through and no later one: found where no other rule explains it. */
export function withHang(trace: Trace, shared: Traffic, found: readonly Obstacle[]): readonly Obstacle[] {
  const obstacles = unique(found);
  if (obstacles.some(({ state }) => state === 'CRITICAL')) return obstacles;
  return [...(neverOpened(shared) ?? hanging(trace, shared)), ...obstacles];
}

/** Later packets of TCP that are shared although the first ones are not. */
function neverOpened(shared: Traffic): readonly Obstacle[] | null {
  const { space } = shared;
  const first = space.only({ phase: phase.first });
  const carrying = shared.and(space.only({ protocol: tcp, phase: phase.later }));
  const unopened = carrying.whatever('phase').and(first).less(shared);
  if (withoutOwn(unopened).isEmpty) return null;
  const what = describeTraffic(unopened);
  const text = `shares the later packets of ${what} but not the first, so these clients can never connect`;
  return [
    obstacle('tcp-never-opens', text, `shares no ${what}: TCP cannot begin`, 'match NEW too, or no state at all'),
  ];
}

function hanging({ delivered, taken, takenBehind }: Trace, shared: Traffic): readonly Obstacle[] {
  const { space } = shared;
  const hosts = delivered.filter(({ carried }) => carried.pkttype === 'host');
  const later = space.only({ protocol: tcp, phase: phase.later });
  const openedBy = (flows: readonly Flow[]) =>
    trafficOf(
      flows.filter(({ carried }) => carried.met),
      space,
    )
      .and(shared)
      .and(space.only({ protocol: tcp, phase: phase.first }))
      .whatever('phase')
      .and(later);
  const kept = trafficOf(hosts, space).and(later);
  const opened = openedBy(hosts);
  const whole = !opened.isEmpty && !opened.meets(kept);
  const explained = trafficOf(certainly([...taken, ...takenBehind]), space);
  const hung = withoutOwn(
    openedBy(hosts.filter(({ carried }) => carried.certain))
      .less(kept)
      .less(explained),
  );
  if (!whole && hung.isEmpty) return [];
  const of = describeTraffic(hung.whatever('phase'));
  const text = `lets through what opens ${whole ? 'a TCP connection' : `connections of ${of}`} but not what follows: TCP connects, then hangs`;
  const brief = `lets only NEW through${whole ? '' : ` of ${of}`}: TCP hangs`;
  return [obstacle('tcp-hangs', text, brief, 'match ESTABLISHED too, or no state at all', { disables: whole })];
}

/** What was taken, whatever else is unknown: what a list may deny explains nothing. */
function certainly(taken: readonly Taken[]): readonly Taken[] {
  return taken.filter(({ certain }) => certain);
}

function trafficOf(some: readonly { readonly traffic: Traffic }[], space: Traffic['space']): Traffic {
  return space.union(some.map(({ traffic }) => traffic));
}
