/** What asn1-ber takes of Node's `assert`, without the 2 ms that the module takes to load. */
export function ok(value: unknown): void {
  if (!value) throw new Error('net-snmp contradicts itself');
}

export function equal(one: unknown, other: unknown): void {
  ok(one === other);
}
