/** An object identifier in dotted numbers without a leading dot: `1.3.6.1.2.1.1.1.0`. */
export type Oid = string;

const dot = 46;

/** Orders two OIDs number by number, as an agent walks them: below 0 when `a` comes first, 0 when they are the same. */
export function compareOids(a: Oid, b: Oid): number {
  if (a === b) return 0;
  const left = orderKey(a);
  const right = orderKey(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Keys of OIDs that were compared: the same ones come again and again, from every probe. */
const keys = new Map<Oid, string>();
const mostKeys = 8192;

/** A text that orders as the OID does among those of other OIDs, so that comparing is one native step. */
export function orderKey(oid: Oid): string {
  return keys.get(oid) ?? keyOf(oid);
}

/** A number is a character below 0xff00, or one from there on that says how many bytes of it follow. */
function keyOf(oid: Oid): string {
  const numbers = oid.split('.').map(Number);
  const key = numbers.every(isShort) ? String.fromCharCode(...numbers) : numbers.map(keyOfNumber).join('');
  if (keys.size >= mostKeys) keys.clear();
  keys.set(oid, key);
  return key;
}

function isShort(number: number): boolean {
  return number < 0xff00;
}

function keyOfNumber(number: number): string {
  if (isShort(number)) return String.fromCharCode(number);
  const bytes: number[] = [];
  for (let rest = number; rest >= 1; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return String.fromCharCode(0xff00 + bytes.length, ...bytes);
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
