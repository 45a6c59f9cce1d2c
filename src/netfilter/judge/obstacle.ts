import type { Code } from '../../findings/index.ts';
import type { Obstacle } from '../model/rule.ts';

/** What keeps a node from serving at all, unless it is said otherwise: its code, its sentence, a few words of it, and how to mend it. */
export function obstacle(
  code: Code,
  text: string,
  brief: string,
  mend: string,
  more: Partial<Obstacle> = {},
): Obstacle {
  return { state: 'CRITICAL', code, text, brief, mend, disables: true, alike: null, ...more };
}

/** Each once; of those that say the same, the first. */
export function unique(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  const first = new Map<string, Obstacle>();
  for (const one of obstacles) if (!first.has(one.text)) first.set(one.text, one);
  return [...first.values()];
}
