import { type Group, inLists } from '../../findings/index.ts';
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

/** Rules of one place that do the same, each to a part of the clients, told as one where they are many. */
export function together(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  return inLists(obstacles, kindOf).map(united);
}

function kindOf({ told, state, code, mend }: Obstacle, i: number): string {
  if (told === undefined) return `${i}`;
  return `${told.place} ${told.verb} ${told.adverb} ${told.effect} ${told.extent} ${state} ${code} ${mend}`;
}

function united([first, ...others]: Group<Obstacle>): Obstacle {
  if (first.told === undefined || others.length === 0) return first;
  const traffic = first.told.traffic.space.union([first, ...others].flatMap(({ told }) => told?.traffic ?? []));
  return { ...first, ...tell({ ...first.told, traffic }, others.length) };
}
