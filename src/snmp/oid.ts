/** An object identifier in dotted numbers without a leading dot: `1.3.6.1.2.1.1.1.0`. */
export type Oid = string;

const dot = 46;

/**
 * Orders two OIDs number by number, as an agent walks them: below 0 when `a` comes first, 0 when they are the same. From
 * `start` on, where a number begins: what stands before must be the same in both.
 */
export function compareOids(a: Oid, b: Oid, start = 0): number {
  if (a === b) return 0;
  let i = start;
  let j = start;
  while (i < a.length && j < b.length) {
    let left = 0;
    let right = 0;
    for (; i < a.length && a.charCodeAt(i) !== dot; i++) left = left * 10 + a.charCodeAt(i) - 48;
    for (; j < b.length && b.charCodeAt(j) !== dot; j++) right = right * 10 + b.charCodeAt(j) - 48;
    if (left !== right) return left - right;
    i++;
    j++;
  }
  return (i < a.length ? 1 : 0) - (j < b.length ? 1 : 0);
}

/** Whether an OID lies below another one. */
export function isBelow(oid: Oid, prefix: Oid): boolean {
  return oid.length > prefix.length && oid.charCodeAt(prefix.length) === dot && oid.startsWith(prefix);
}

/** The largest OID of which `oid` is the next one whenever it exists: `a.4` for `a.5`, and `a` for `a.0`. */
export function before(oid: Oid): Oid {
  const at = oid.lastIndexOf('.');
  const last = Number(oid.slice(at + 1));
  return last === 0 ? oid.slice(0, at) : `${oid.slice(0, at)}.${last - 1}`;
}
