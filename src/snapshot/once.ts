import type { Snapshot } from './snapshot.ts';

/**
 * The same reading of a snapshot, done once: a run that judges many VIPs asks the same snapshot for the same facts each
 * time. What a reading gives is never changed, so that all may have the same.
 */
export function oncePerSnapshot<T>(read: (snapshot: Snapshot) => T): (snapshot: Snapshot) => T {
  const known = new WeakMap<Snapshot, { readonly value: T }>();
  return (snapshot) => {
    const before = known.get(snapshot);
    if (before !== undefined) return before.value;
    const value = read(snapshot);
    known.set(snapshot, { value });
    return value;
  };
}
