/** What a sensor measures or tells. */
export type Kind = (typeof kinds)[number];

/**
 * Every kind there is. `other` is what stands in a plus device's common table alone, tower lights and custom sensors, and
 * types that no MIB names.
 */
export const kinds = [
  'temperature',
  'humidity',
  'drycontact',
  'water',
  'rope',
  'airflow',
  'motion',
  'smoke',
  'door',
  'security',
  'siren',
  'relay',
  'dcvoltage',
  'acvoltage',
  'current',
  'power',
  'energy',
  'thermostat',
  'fuel',
  'tank',
  'virtual',
  'other',
] as const;

/** Kinds that have a value to hold against a range; the others are states alone. */
export const measuredKinds: readonly Kind[] = [
  'temperature',
  'humidity',
  'airflow',
  'dcvoltage',
  'acvoltage',
  'current',
  'power',
  'energy',
  'thermostat',
  'fuel',
  'tank',
  'other',
];

/** Whether a word is a kind. */
export function isKind(word: string): word is Kind {
  return kinds.some((kind) => kind === word);
}
