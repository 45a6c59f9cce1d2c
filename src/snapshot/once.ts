import type { Snapshot } from './snapshot.ts';

/**
 * The same reading of an object, done once: a run that judges many VIPs asks the same snapshots, rules and statements for
 * the same facts each time. `rest` must be the same for the same object. What a reading gives is never changed, so that all
 * may have the same.
 */
export function oncePer<Key extends object, Rest extends readonly unknown[], T>(
  read: (key: Key, ...rest: Rest) => T,
): (key: Key, ...rest: Rest) => T {
  const known = new WeakMap<Key, { readonly value: T }>();
  return (key, ...rest) => {
    const before = known.get(key);
    if (before !== undefined) return before.value;
    const value = read(key, ...rest);
    known.set(key, { value });
    return value;
  };
}

/** The same reading of a snapshot, done once. */
export function oncePerSnapshot<T>(read: (snapshot: Snapshot) => T): (snapshot: Snapshot) => T {
  return oncePer(read);
}
