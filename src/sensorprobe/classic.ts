import type { Kind } from './kind.ts';
import type { Scale } from './status.ts';
import { akcp, type ColumnNumbers, classicLimits, type Table } from './table.ts';

// sensorProbe2, 4, 8, X20, X60: everything stands under E.1, rows are counted from 0, and row 0 is port 1.
const sensors = `${akcp}.1.2.2.1`;

/** Under this stand the expansion parts' tables. */
export const expansions = `${sensors}.19`;

export const temperatures: Table = {
  entry: `${sensors}.16.1`,
  kind: 'temperature',
  scale: 'analog',
  // Unit 0 is Fahrenheit, 1 is Celsius. Raw is tenths of a degree; value and limits are whole degrees.
  columns: { name: 1, value: 3, status: 4, online: 5, ...classicLimits, unit: 12, raw: 14 },
};

export const humidities: Table = {
  entry: `${sensors}.17.1`,
  kind: 'humidity',
  scale: 'analog',
  // Column 13 is what the A/D converter counts (0 online, 786 to 869 offline, seen): never a percentage, so never read.
  columns: { name: 1, value: 3, status: 4, online: 5, ...classicLimits },
  unit: '%',
};

/**
 * One row a port, and more for what hangs on it; what a row is says its type. A row whose port carries a temperature or
 * humidity sensor is offline, has that sensor's type and no name (seen).
 */
export const switches: Table = {
  entry: `${sensors}.18.1`,
  kind: 'drycontact',
  scale: 'switch',
  columns: { name: 1, status: 3, online: 4, type: 9 },
};

/** More of a switch row, read where it decides: 0 is in, 1 is out; 0 is normally closed, 1 is normally open. */
export const switchDetails = { direction: 6, normalState: 7, rope: 49 } as const;

/** Types of analog sensors: such a row only holds the place of a port. */
export const placeholders: readonly number[] = [1, 2, 3, 5, 8];

/** `sensorType` of a switch row. */
export const switchTypes: Readonly<Record<number, readonly [kind: Kind, scale: Scale]>> = {
  1: ['other', 'switch'],
  2: ['other', 'switch'],
  3: ['other', 'switch'],
  4: ['water', 'switch'],
  5: ['other', 'switch'],
  6: ['security', 'switch'],
  8: ['other', 'switch'],
  9: ['siren', 'output'],
  10: ['drycontact', 'contact'],
  12: ['acvoltage', 'switch'],
  13: ['relay', 'output'],
  14: ['motion', 'switch'],
};

/** The port numbers in the OIDs of the expansion tables. */
const ports = [1, 2, 3, 4, 5, 6, 7, 8] as const;

const state = { name: 2, status: 4, online: 5 } as const;
const measure = { ...state, value: 3, ...classicLimits } as const;

/** Tables of expansion parts: built from the MIB. */
export const expansionTables: readonly Table[] = [
  ...ports.map((port): Table => ({ ...part(`29.${port}`, 'relay', 'output', state), port })),
  ...ports.map(
    (port): Table => ({
      ...part(`33.${port}`, 'temperature', 'analog', { ...measure, unit: 12, raw: 14 }),
      port,
    }),
  ),
  ...ports.map((port): Table => ({ ...part(`37.${port}`, 'drycontact', 'contact', state), port })),
  part('26', 'current', 'analog', measure),
  part('27', 'acvoltage', 'analog', measure),
  part('28', 'energy', 'analog', measure),
  part('32', 'energy', 'analog', measure),
  part('30', 'virtual', 'analog', { ...state, ...classicLimits }),
  part('31', 'virtual', 'switch', state),
  part('34', 'other', 'switch', state),
  part('35', 'motion', 'switch', state),
  part('36', 'other', 'switch', state),
];

function part(table: string, kind: Kind, scale: Scale, columns: ColumnNumbers): Table {
  return { entry: `${expansions}.${table}.2.1`, kind, scale, columns, unproven: true };
}
