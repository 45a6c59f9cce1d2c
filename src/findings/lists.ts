/** So many things of one kind are told one by one; more are a list, which has thousands. */
const most = 4;

/** One or more. */
export type Group<T> = readonly [T, ...T[]];

/**
 * What is told together: things of one kind, where they are many, and each other one by itself; in the order of the first
 * of each.
 */
export function inLists<T>(all: readonly T[], kindOf: (one: T, i: number) => string): readonly Group<T>[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const [i, one] of all.entries()) {
    const kind = kindOf(one, i);
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [one]);
    else group.push(one);
  }
  return [...groups.values()].flatMap((group) => (group.length > most ? [group] : group.map((one): Group<T> => [one])));
}
