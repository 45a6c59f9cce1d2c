import path from 'node:path';
import { runScenarios as runShells, type Setup } from '../netns/netns.ts';
import { type Outcome, runScenarios as runGuests } from '../uml/uml.ts';
import { clients } from './clients.ts';
import type { Situation } from './situation.ts';
import { unlikeTraffic } from './traffic.ts';

const folder = path.join(process.cwd(), 'test/lab/wholeway');
/** Sets up clusters on the running kernel, split over that many shells at once. */
export function runHere(setups: readonly Setup[], shells = 4): Promise<ReadonlyMap<string, Outcome>> {
  return runShells(setups, shells, { words: path.join(folder, 'words.sh'), sources: clients });
}

/** Sets up situations, each on the kernel that has what it needs, so many at once. */
async function runSituations(situations: readonly Situation[], shells: number): Promise<ReadonlyMap<string, Outcome>> {
  const [here, there] = (['running', 'uml'] as const).map((kernel) =>
    situations.filter((one) => one.kernel === kernel),
  );
  const guest = { script: path.join(folder, 'guest.sh'), sources: clients };
  const outcomes = await Promise.all([
    runHere(here ?? [], shells),
    (there ?? []).length === 0 ? new Map() : runGuests(there ?? [], 1, guest),
  ]);
  return new Map(outcomes.flatMap((outcome) => [...outcome]));
}

/**
 * Sets up situations, and again, one at a time, what fared otherwise than is laid down, at most so often in all: a busy
 * machine brings packets late, and a macvlan's filter lets one MAC in sixty pass for another's sake.
 */
export async function measureSituations(
  situations: readonly Situation[],
  attempts = 3,
  shells = 4,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = await runSituations(situations, shells);
  const unlike = situations.filter((situation) => {
    const outcome = outcomes.get(situation.name);
    return outcome === undefined || unlikeTraffic(situation, outcome).length > 0;
  });
  if (unlike.length === 0 || attempts === 1) return outcomes;
  return new Map([...outcomes, ...(await measureSituations(unlike, attempts - 1, 1))]);
}
