import type { Denial, Leaving, Renaming } from '../model/rule.ts';
import type { Traffic, TrafficSpace } from '../model/traffic.ts';
import type { Taken, Trace } from '../walk/trace.ts';
import type { Routed } from '../walk/walk.ts';

/** Answers that have passed the chains, by one interface; `begun`: nat, as far as any of them come to it. */
export type Departure = { readonly trace: Trace; readonly routed: Routed; readonly begun: Trace | null };

/** Combines what answers from an address showed, over all interfaces that they leave by. */
export function leavingOf(departures: readonly Departure[], vip: bigint, space: TrafficSpace): Leaving {
  const denials = departures.flatMap(({ trace }) => [...trace.taken, ...trace.takenBehind].flatMap(denialOf));
  const known = new Map<string, Denial>();
  for (const one of denials) {
    const key = `${one.certain} ${one.place} ${one.text}`;
    const there = known.get(key);
    known.set(key, there === undefined ? one : { ...there, traffic: there.traffic.or(one.traffic) });
  }
  return {
    denials: [...known.values()],
    renamings: departures.flatMap(({ begun }) => begun?.taken.flatMap((taken) => renamingOf(taken, vip)) ?? []),
    marks: marksOf(
      departures.flatMap(({ routed }) => routed.marks),
      space,
    ),
  };
}

function denialOf({ place, rule, fate, traffic, certain, doubt, queued }: Taken): readonly Denial[] {
  if (traffic.isEmpty || fate === 'accepted' || fate === 'untracked') return [];
  const sure = certain && (fate === 'dropped' || fate === 'rejected');
  const policy = sure || queued || (doubt !== null && doubt !== 'other');
  return [{ place, text: rule.text, traffic, certain: sure, policy, lists: rule.lists }];
}

function renamingOf({ place, rule, traffic, certain }: Taken, vip: bigint): readonly Renaming[] {
  const { rewrites, text } = rule;
  if (rewrites === undefined || traffic.isEmpty) return [];
  if (rewrites.kind === 'address' && rewrites.low === vip && rewrites.high === vip) return [];
  // Over IPv6 the kernel may choose the VIP itself (measured).
  const known = rewrites.kind === 'address' || (rewrites.kind === 'masquerade' && traffic.space.family === 4);
  return [{ place, text, certain: certain && known, traffic: traffic.whatever('phase') }];
}

/** One set per mark. */
function marksOf(marks: Leaving['marks'], space: TrafficSpace): Leaving['marks'] {
  const sets = new Map<number | null, Traffic>();
  for (const { mark, traffic } of marks) sets.set(mark, (sets.get(mark) ?? space.none).or(traffic));
  return [...sets].map(([mark, traffic]) => ({ mark, traffic }));
}
