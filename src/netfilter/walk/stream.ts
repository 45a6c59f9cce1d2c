import { type Condition, type Flow, type State, stateKey } from '../model/packet.ts';
import { coalesce, divide, isEmpty, type Region, subtract, unite } from '../model/traffic.ts';

/** Packets at one place: what chains and conditions can send there at all, and what really comes. */
export type Stream = { readonly offered: Region; readonly flows: readonly Flow[] };

/** What is left of packets behind a rule or a chain: those that go on, those that return to the caller. */
export type Passed = { readonly stay: Stream; readonly leave: Stream };

export const nothing: Stream = { offered: [], flows: [] };

/** The packets that meet a condition and those that do not; what cannot be told is in both, and in doubt. */
export function split(
  { state, region }: Flow,
  read: Condition,
): { readonly met: readonly Flow[]; readonly rest: readonly Flow[] } {
  const { traffic, exact } = read(state);
  const { inside, outside } = divide(region, traffic);
  if (exact) return { met: flowOf(state, inside), rest: flowOf(state, outside) };
  const doubtful = { ...state, certain: false };
  return { met: flowOf(doubtful, inside), rest: [...flowOf(state, outside), ...flowOf(doubtful, inside)] };
}

/**
 * Packets behind a rule that did nothing but deny some, and which cannot be told: those that go on do so for certain, as
 * far as they came for certain. That some may be missing stands with what was taken.
 */
export function settled(flows: readonly Flow[], before: readonly Flow[]): readonly Flow[] {
  if (flows.every(({ state }) => state.certain)) return flows;
  const certain = before.filter(({ state }) => state.certain);
  return merge(
    flows.flatMap((flow) => {
      if (flow.state.certain) return [flow];
      const state = { ...flow.state, certain: true };
      const came = certain.find((one) => stateKey(one.state) === stateKey(state))?.region ?? [];
      const { inside, outside } = divide(flow.region, came);
      return [...flowOf(state, inside), ...flowOf(flow.state, outside)];
    }),
  );
}

/**
 * Packets behind a base chain that came for certain and that nothing in it can have denied: whichever of its rules let them
 * through, they go on. Those that may carry one thing or another stay in doubt.
 */
export function decided(flows: readonly Flow[], before: readonly Flow[], doubted: Region): readonly Flow[] {
  const open = flows.filter(({ state }) => !state.certain);
  if (open.length === 0) return flows;
  const came = before.filter(({ state }) => state.certain).reduce<Region>((sum, { region }) => unite(sum, region), []);
  return merge(
    flows.flatMap((flow) => {
      if (flow.state.certain) return [flow];
      const others = open.filter((one) => one !== flow).flatMap(({ region }) => region);
      const { inside, outside } = divide(flow.region, subtract(subtract(came, doubted), others));
      return [...flowOf({ ...flow.state, certain: true }, inside), ...flowOf(flow.state, outside)];
    }),
  );
}

/** What of a region is not among packets that came for certain. */
export function without(region: Region, flows: readonly Flow[]): Region {
  return flows.reduce<Region>((rest, flow) => (flow.state.certain ? subtract(rest, flow.region) : rest), region);
}

function flowOf(state: State, region: Region): readonly Flow[] {
  return isEmpty(region) ? [] : [{ state, region }];
}

/** Puts packets of the same state together. Those in doubt may be there twice, all others are not. */
export function merge(flows: readonly Flow[]): readonly Flow[] {
  if (flows.length < 2) return flows;
  const merged = new Map<string, Flow>();
  for (const { state, region } of flows) {
    const key = stateKey(state);
    const known = merged.get(key)?.region ?? [];
    const both = state.certain ? [...known, ...region] : unite(known, region);
    if (!isEmpty(both)) merged.set(key, { state, region: known.length > 0 && both.length > 8 ? coalesce(both) : both });
  }
  return [...merged.values()];
}

export function join(a: Stream, b: Stream): Stream {
  return { offered: unite(a.offered, b.offered), flows: b.flows.length === 0 ? a.flows : [...a.flows, ...b.flows] };
}

export function joinPassed(a: Passed, b: Passed): Passed {
  return { stay: join(a.stay, b.stay), leave: join(a.leave, b.leave) };
}
