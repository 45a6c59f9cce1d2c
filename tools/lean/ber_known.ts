/** Tags of BER (X.690, 8.1.2). */
export const tag = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  sequence: 16,
  constructor: 32,
};

/** An agent may send any number of OIDs. */
const mostKnown = 8192;

/** Keeps what was made of a key, and gives it. */
export function remember<Value>(known: Map<string, Value>, key: string, value: Value): Value {
  if (known.size >= mostKnown) known.clear();
  known.set(key, value);
  return value;
}

/** What asn1-ber throws. */
export function invalid(message: string): Error {
  const error = new Error(message);
  error.name = 'InvalidAsn1Error';
  return error;
}
