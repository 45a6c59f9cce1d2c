import { asSent, type Condition, type Doubt } from '../model/condition.ts';
import { type Carried, carriedKey, type Flow } from '../model/packet.ts';
import type { Traffic, TrafficSpace } from '../model/traffic.ts';

/** Packets at one place: what chains and conditions can send there at all, and what really gets there. */
export type Stream = { readonly offered: Traffic; readonly flows: readonly Flow[] };

/** What is left of packets after a rule or a chain: those that go on, those that return to the caller. */
export type Passed = { readonly stay: Stream; readonly leave: Stream };

export function noStream(space: TrafficSpace): Stream {
  return { offered: space.none, flows: [] };
}

/** Packets that meet a condition, and those that do not. */
export type Parted = { readonly met: readonly Flow[]; readonly rest: readonly Flow[]; readonly doubt: Doubt | null };

/** The packets that meet a condition and those that do not; what is not known is in both, and in doubt. */
export function split({ carried, traffic }: Flow, read: Condition): Parted {
  const { traffic: selected, doubt } = asSent(read(carried), carried);
  const inside = traffic.and(selected);
  const outside = traffic.less(selected);
  if (doubt === null) return { met: flowOf(carried, inside), rest: flowOf(carried, outside), doubt };
  const doubtful = { ...carried, certain: false };
  const rest = [...flowOf(carried, outside), ...flowOf(doubtful, inside)];
  return { met: flowOf(doubtful, inside), rest, doubt: inside.isEmpty ? null : doubt };
}

/** True where a cluster rule's mark makes packets meet a condition that they would not meet without it, or the reverse. */
export function asksMark(read: Condition, { carried, traffic }: Flow): boolean {
  if (!carried.met || carried.estranged || carried.mark === null || carried.mark === 0) return false;
  const unmarked = read({ ...carried, mark: 0 });
  return !traffic.and(read(carried).traffic).equals(traffic.and(unmarked.traffic));
}

/** True where a condition is met by other packets of a flow when connection tracking does not know them. */
export function asksTracking(read: Condition, { carried, traffic }: Flow): boolean {
  const met = (tracking: Carried['tracking']) => traffic.and(read({ ...carried, tracking }).traffic);
  const usual = met(carried.tracking);
  return (['untracked', 'pending'] as const).some((tracking) => !met(tracking).equals(usual));
}

/**
 * Packets after a rule that did nothing but deny some, where it is not known which: those that go on do so for certain,
 * as far as they came for certain. That some may be missing is recorded with what was taken.
 */
export function settled(flows: readonly Flow[], before: readonly Flow[]): readonly Flow[] {
  if (flows.every(({ carried }) => carried.certain)) return flows;
  return merge(
    flows.flatMap((flow) => {
      if (flow.carried.certain) return [flow];
      const carried = { ...flow.carried, certain: true };
      const key = carriedKey(carried);
      const came = before.find((one) => carriedKey(one.carried) === key)?.traffic ?? flow.traffic.space.none;
      return [...flowOf(carried, flow.traffic.and(came)), ...flowOf(flow.carried, flow.traffic.less(came))];
    }),
  );
}

/**
 * Packets after a base chain that came for certain and that nothing in it can have denied: whichever of its rules let
 * them through, they go on. Those that may carry one thing or another stay in doubt.
 */
export function decided(flows: readonly Flow[], before: readonly Flow[], doubted: Traffic): readonly Flow[] {
  const open = flows.filter(({ carried }) => !carried.certain);
  if (open.length === 0) return flows;
  const { space } = doubted;
  const came = certainTraffic(before, space);
  return merge(
    flows.flatMap((flow) => {
      if (flow.carried.certain) return [flow];
      const others = space.union(open.filter((one) => one !== flow).map(({ traffic }) => traffic));
      const sure = came.less(doubted).less(others);
      return [
        ...flowOf({ ...flow.carried, certain: true }, flow.traffic.and(sure)),
        ...flowOf(flow.carried, flow.traffic.less(sure)),
      ];
    }),
  );
}

/** The packets that come for certain. */
export function certainTraffic(flows: readonly Flow[], space: TrafficSpace): Traffic {
  return space.union(flows.filter(({ carried }) => carried.certain).map(({ traffic }) => traffic));
}

function flowOf(carried: Carried, traffic: Traffic): readonly Flow[] {
  return traffic.isEmpty ? [] : [{ carried, traffic }];
}

/** Joins packets that carry the same properties. */
export function merge(flows: readonly Flow[]): readonly Flow[] {
  if (flows.length < 2) return flows;
  const merged = new Map<string, Flow>();
  for (const flow of flows) {
    const key = carriedKey(flow.carried);
    const known = merged.get(key);
    const traffic = known === undefined ? flow.traffic : known.traffic.or(flow.traffic);
    if (!traffic.isEmpty) merged.set(key, { carried: flow.carried, traffic });
  }
  return [...merged.values()];
}

export function join(a: Stream, b: Stream): Stream {
  return { offered: a.offered.or(b.offered), flows: b.flows.length === 0 ? a.flows : [...a.flows, ...b.flows] };
}

export function joinPassed(a: Passed, b: Passed): Passed {
  return { stay: join(a.stay, b.stay), leave: join(a.leave, b.leave) };
}
