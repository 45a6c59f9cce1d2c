import type { Obstacle, Told } from '../model/rule.ts';
import { served } from './extent.ts';
import { describeServed, describeTraffic, percent, sourceShare } from './words.ts';

/** The sentence that says it, and its short form; `others`: how many more rules it is told of. */
export function tell(told: Told, others = 0): Pick<Obstacle, 'text' | 'brief'> {
  const { verb, adverb, effect, place, rule, extent, traffic, shared } = told;
  const what = describe(told);
  const ofClients = extent === 'clients' || extent === 'hosts';
  const share = ofClients ? ` (${percent(sourceShare(traffic) / sourceShare(shared))} of addresses)` : '';
  const more = others === 0 ? '' : ` and ${others} more rules`;
  return {
    text: `${verb} ${what}${share} ${adverb}${effect} (${place}: ${rule}${more})`,
    brief: `${verb} ${what} ${adverb}`,
  };
}

function describe({ served: ofServed, traffic, shared }: Told): string {
  const what = ofServed ? describeServed(traffic) : describeTraffic(traffic);
  if (what !== '') return what;
  // What earlier rules have taken may be too scattered for words.
  return served(shared.less(traffic), shared).isEmpty ? 'everything' : 'everything else';
}

/** Rules of one place that do the same, each to a part of the clients, told as one from five on: a list has thousands. */
export function together(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  const groups = new Map<string, Obstacle[]>();
  for (const [i, one] of obstacles.entries()) {
    const { told, state, code, mend } = one;
    const key =
      told === undefined
        ? `${i}`
        : `${told.place} ${told.verb} ${told.adverb} ${told.effect} ${told.extent} ${state} ${code} ${mend}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].flatMap((group) => (group.length > 4 ? united(group) : group));
}

function united(group: readonly Obstacle[]): readonly Obstacle[] {
  const [first] = group;
  if (first?.told === undefined) return group;
  const { space } = first.told.traffic;
  const traffic = space.union(group.flatMap(({ told }) => told?.traffic ?? []));
  return [{ ...first, ...tell({ ...first.told, traffic }, group.length - 1) }];
}
