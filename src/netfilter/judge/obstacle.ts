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

/** Each once; the first of those that say the same, which only what is said of one rule can. */
export function unique(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  const known = new Map<string, Obstacle[]>();
  return obstacles.filter((one) => {
    const about = one.told === undefined ? '' : `${one.told.place}: ${one.told.rule}`;
    const others = known.get(about) ?? [];
    if (others.some(({ text }) => text === one.text)) return false;
    known.set(about, [...others, one]);
    return true;
  });
}
