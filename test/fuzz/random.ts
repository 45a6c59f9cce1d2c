/** A source of chance that gives the same again for the same seed. */
export type Random = {
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number;
  /** One of several things. */
  pick<T>(things: readonly [T, ...T[]] | readonly T[], otherwise: T): T;
};

/** Chance from a seed (mulberry32: 32 bits of state, even enough for choosing what to break). */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (bound: number) => Math.floor((next() / 0x1_0000_0000) * bound);
  return { below, pick: (things, otherwise) => things[below(things.length)] ?? otherwise };
}
