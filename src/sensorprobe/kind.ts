/** What a sensor measures or reports. */
export type Kind = (typeof kinds)[number];

/**
 * Every kind there is. `board` is an expansion board or a meter as a whole. `other` is what signals and never measures
 * (buzzer, tower light, ...), custom sensors, and types that no MIB names.
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
  'sound',
  'camera',
  'board',
  'other',
] as const;

/** Kinds that have a value to compare with a range; the others have only states. */
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
  'virtual',
  'sound',
  'other',
];

/** Whether a word is a kind. */
export function isKind(word: string): word is Kind {
  return kinds.some((kind) => kind === word);
}
