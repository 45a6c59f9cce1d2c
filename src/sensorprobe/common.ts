import type { Kind } from './kind.ts';
import type { Scale } from './status.ts';

/** What a row of a common table is: kind, scale, and whether it only signals and never measures. */
export type Nature = readonly [kind: Kind, scale: Scale, aside?: 'aside'];

/**
 * What is only in a common table, by its type column. securityProbes have the numbers up to 255 of one MIB, plus
 * devices those of another; the two agree where both have one, older firmware does not. So a type says what a row
 * is called, and decides only what is left out: signals, displays and readers.
 */
const natures: Readonly<Record<number, Nature>> = {
  1: ['temperature', 'analog'],
  2: ['humidity', 'analog'],
  3: ['temperature', 'analog'],
  4: ['current', 'analog'],
  5: ['dcvoltage', 'analog'],
  6: ['airflow', 'display'],
  7: ['drycontact', 'contact'],
  8: ['drycontact', 'contact'],
  9: ['motion', 'switch'],
  10: ['water', 'switch'],
  11: ['security', 'switch'],
  12: ['siren', 'output'],
  13: ['relay', 'output'],
  14: ['acvoltage', 'switch'],
  // VRMS, IRMS, watts and watt-hours of a meter.
  15: ['acvoltage', 'analog'],
  16: ['current', 'analog'],
  17: ['power', 'analog'],
  18: ['energy', 'analog'],
  19: ['relay', 'output'],
  20: ['temperature', 'analog'],
  21: ['smoke', 'switch'],
  22: ['drycontact', 'contact'],
  23: ['temperature', 'analog'],
  24: ['rope', 'switch'],
  25: ['fuel', 'analog'],
  26: ['tank', 'analog'],
  31: ['drycontact', 'contact'],
  // The same of plus devices.
  34: ['current', 'analog'],
  35: ['acvoltage', 'analog'],
  36: ['power', 'analog'],
  37: ['energy', 'analog'],
  39: ['power', 'analog'],
  49: ['other', 'display', 'aside'],
  50: ['other', 'display', 'aside'],
  52: ['other', 'display', 'aside'],
  53: ['current', 'analog'],
  54: ['power', 'analog'],
  86: ['other', 'display', 'aside'],
  87: ['other', 'display', 'aside'],
  88: ['other', 'display', 'aside'],
  92: ['tank', 'analog'],
  93: ['tank', 'analog'],
  95: ['tank', 'analog'],
  96: ['tank', 'analog'],
  97: ['tank', 'analog'],
  98: ['tank', 'analog'],
  99: ['tank', 'analog'],
  118: ['current', 'analog'],
  128: ['thermostat', 'analog'],
  129: ['virtual', 'analog'],
  130: ['sound', 'analog'],
  131: ['motion', 'switch'],
  132: ['other', 'display', 'aside'],
  133: ['board', 'display', 'aside'],
  134: ['power', 'analog'],
  137: ['other', 'display', 'aside'],
  138: ['door', 'door'],
  139: ['other', 'display', 'aside'],
  224: ['camera', 'switch'],
  255: ['other', 'display', 'aside'],
};

/** Below this, a type may also stand in a table of its own kind. */
export const firstWithoutTable = 86;

/** What a row of a common table is, by its type and, for what both measure, its unit. */
export function commonNature(type: number, unit: string): Nature {
  const [kind, scale, aside] = natures[type] ?? (['other', 'display'] as const);
  if (kind === 'temperature' && unit === '%') return ['humidity', scale];
  if (kind === 'humidity' && (unit === 'C' || unit === 'F')) return ['temperature', scale];
  return aside === undefined ? [kind, scale] : [kind, scale, aside];
}
