/** asn1-ber's checks of its own arguments, without the 6 ms that Node's `assert` takes to load. */
export function ok(value: unknown): void {
  if (!value) throw new TypeError('assertion failed');
}

/** As `ok`. */
export function equal(actual: unknown, expected: unknown): void {
  ok(actual === expected);
}
