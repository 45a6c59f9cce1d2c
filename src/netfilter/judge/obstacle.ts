import type { Obstacle } from '../model/rule.ts';

/** What keeps a node from serving at all, unless it is said otherwise: its sentence, a few words of it, and how to mend it. */
export function fault(text: string, brief: string, mend: string): Obstacle {
  return { state: 'CRITICAL', text, brief, mend, disables: true, alike: null };
}

/** Each once; of those that say the same, the first. */
export function unique(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  return obstacles.filter((one, i) => obstacles.findIndex(({ text }) => text === one.text) === i);
}
