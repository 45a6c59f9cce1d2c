import { recordingsIn } from '../netns/recording.ts';
import type { Outcome } from '../uml/uml.ts';
import { clientsOf } from './clients.ts';
import type { Situation } from './situation.ts';

export const recordings = recordingsIn('test/fixtures/wholeway');

/** Reads the recording of a situation, or null. */
export function readSituation(situation: Situation): Outcome | null {
  return recordings.read(situation.name, clientsOf(situation));
}
