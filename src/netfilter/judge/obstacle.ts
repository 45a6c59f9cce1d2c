import type { Code } from '../../findings/index.ts';
import type { Obstacle } from '../model/rule.ts';

/**
 * An obstacle that keeps a node from serving at all, unless stated otherwise: its code, its sentence, a short form, and
 * how to fix it.
 */
export function obstacle(
  code: Code,
  text: string,
  brief: string,
  mend: string,
  more: Partial<Obstacle> = {},
): Obstacle {
  return { state: 'CRITICAL', code, text, brief, mend, disables: true, alike: null, ...more };
}

/** Each once; the first of those that say the same. */
export function unique(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  const first = new Map<string, Obstacle>();
  for (const one of obstacles) if (!first.has(one.text)) first.set(one.text, one);
  return [...first.values()];
}
