import { type Flow, markKey } from '../model/packet.ts';
import type { Traffic } from '../model/traffic.ts';

/** Packets whose route is chosen by a mark; null where it is not known. */
export type Marked = { readonly mark: number | null; readonly traffic: Traffic };

/** The marks by which routes are chosen, behind a chain that has them chosen again for packets whose mark it has changed. */
export function chosenAgain(
  known: readonly Marked[],
  before: readonly Flow[],
  after: readonly Flow[],
): readonly Marked[] {
  const moved = after.flatMap(({ carried: { mark, certain }, traffic }) => {
    const same = before.filter(({ carried }) => markKey(carried.mark) === markKey(mark));
    const changed = same.reduce((rest, one) => rest.less(one.traffic), traffic);
    return changed.isEmpty ? [] : [{ mark: typeof mark === 'number' && certain ? mark : null, traffic: changed }];
  });
  const left = known.flatMap(({ mark, traffic }) => {
    const rest = moved.reduce((sum, one) => sum.less(one.traffic), traffic);
    return rest.isEmpty ? [] : [{ mark, traffic: rest }];
  });
  return [...left, ...moved];
}
