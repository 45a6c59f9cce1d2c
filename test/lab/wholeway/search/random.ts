/** Draws that are the same for a seed wherever they are made. */
export type Random = {
  /** From 0 up to 1, which is not reached. */
  readonly real: () => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly [T, ...T[]] | readonly T[]) => T;
  /** So many different ones, in the order drawn; all where there are fewer. */
  readonly some: <T>(count: number, list: readonly T[]) => readonly T[];
};

/** Mulberry32: small, and good enough to choose rules by. */
export function randomOf(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const real = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(list: readonly T[]): T => {
    const one = list[Math.floor(real() * list.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  };
  const some = <T>(count: number, list: readonly T[]): readonly T[] => {
    if (count === 0 || list.length === 0) return [];
    const one = pick(list);
    return [
      one,
      ...some(
        count - 1,
        list.filter((other) => other !== one),
      ),
    ];
  };
  return { real, chance: (probability) => real() < probability, pick, some };
}
