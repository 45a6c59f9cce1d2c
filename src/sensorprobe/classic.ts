import type { Kind } from './kind.ts';
import { madeOnce } from './made_once.ts';
import { virtualColumns, virtualOptional, virtualTexts } from './securityprobe.ts';
import type { Scale } from './status.ts';
import { akcp, type ColumnNumbers, classicLimits, type Table } from './table.ts';

// sensorProbe2, 4, 8, X20, X60: everything is under E.1, rows are counted from 0, and row 0 is port 1.
/** The sensors and the settings of the device are under this. */
export const classicSensors = `${akcp}.1.2.2.1`;

/** The expansion parts' tables are under this. */
export const expansions = `${classicSensors}.19`;

/** 1 where the rows of the classic tables count from 1, not from 0 (cameraProbe8). */
export const indexMode = `${classicSensors}.101`;

const shared = { tree: classicSensors, index: 'integer', first: 0 } as const;

export const temperatures: Table = {
  ...shared,
  entry: `${classicSensors}.16.1`,
  kind: 'temperature',
  scale: 'analog',
  // Unit 0 is Fahrenheit, 1 is Celsius. Raw is tenths of a degree; value and limits are whole degrees.
  columns: { name: 1, value: 3, status: 4, online: 5, ...classicLimits, unit: 12, raw: 14 },
  units: { 0: 'F', 1: 'C' },
};

/** The same of an HHMS board, whose column 14 is a status for tests. */
export const plainTemperatures: Table = {
  ...temperatures,
  columns: { name: 1, value: 3, status: 4, online: 5, ...classicLimits, unit: 12 },
  unproven: true,
};

/** Every analog sensor but temperatures; which one a row is, the switch row of the same port tells. */
export const humidities: Table = {
  ...shared,
  entry: `${classicSensors}.17.1`,
  kind: 'humidity',
  scale: 'analog',
  // Column 13 is what the A/D converter counts (0 online, 786 to 869 offline, seen): never a percentage, so never read.
  columns: { name: 1, value: 3, status: 4, online: 5, ...classicLimits },
};

/** What an analog sensor other than humidity is, by the type of its switch row, and the columns that say its unit. */
export const analogTypes: Readonly<Record<number, readonly [kind: Kind, details: ColumnNumbers]>> = {
  2: ['current', { unit: 34 }],
  5: ['dcvoltage', { unit: 27, mode: 26 }],
  8: ['airflow', {}],
  12: ['acvoltage', { unit: 27, mode: 26 }],
};

/** In `mode`, 1 is the unit that stands there, 2 is per cent. */
export const percentMode = 2;

/**
 * One row per port, and more for what is attached to it; a row's type says what it is. A row whose port carries a
 * temperature or humidity sensor is offline, has that sensor's type and no name (seen). Rows from 8 on, those of X20
 * and X60, have none (seen): they are contacts.
 */
export const switches: Table = {
  ...shared,
  entry: `${classicSensors}.18.1`,
  kind: 'drycontact',
  scale: 'switch',
  columns: { name: 1, status: 3, online: 4, type: 9 },
};

/** The same of an HHMS board, whose column 9 is a status for tests. */
export const plainSwitches: Table = { ...switches, columns: { name: 1, status: 3, online: 4 }, unproven: true };

/**
 * More of a switch row, read where it decides: 0 is in, 1 is out; 0 is normally closed, 1 is normally open. `rope` is
 * the place of a leak on a rope.
 */
export const switchDetails = { direction: 6, normalState: 7, rope: 49, ropeUnit: 51 } as const;

/** The user's words for an output that is on or off. */
export const outputTexts = { 8: 26, 9: 27 } as const;

/** Types of analog sensors: such a row is only a placeholder for a port. */
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
export const arrayPorts = [1, 2, 3, 4, 5, 6, 7, 8] as const;

const state = { name: 2, status: 4, online: 5 } as const;
const measure = { ...state, value: 3, ...classicLimits } as const;

type Part = readonly [number: number, kind: Kind, scale: Scale, columns: ColumnNumbers, more?: Partial<Table>];

/** Expansion parts of which every port has a table of its own. */
const partsOfPorts: readonly Part[] = [
  [29, 'relay', 'output', state, { texts: outputTexts }],
  [33, 'temperature', 'analog', { ...measure, unit: 12, raw: 14 }, { units: temperatures.units ?? {} }],
  [37, 'drycontact', 'contact', { ...state, normalState: 7, direction: 8 }, { texts: outputTexts }],
];

const otherParts: readonly Part[] = [
  [26, 'current', 'analog', measure],
  [27, 'acvoltage', 'analog', measure],
  // Active power or apparent.
  [28, 'power', 'analog', { ...measure, mode: 43 }, { units: { 0: 'W', 1: 'VA' } }],
  // A counter: neither a status nor whether it is online.
  [32, 'energy', 'information', { name: 2, value: 3 }],
  [30, 'virtual', 'analog', virtualColumns, { optional: virtualOptional }],
  [31, 'virtual', 'analog', state, { texts: virtualTexts }],
  [34, 'camera', 'switch', state],
  [35, 'motion', 'switch', state],
  [36, 'sound', 'analog', measure],
];

/** The numbers under `expansions` that are known, those with a table for each port first. */
export const expansionNumbers = {
  ofPorts: partsOfPorts.map(([number]) => number),
  others: otherParts.map(([number]) => number),
} as const;

/** Tables of expansion parts: built from the MIB. */
export const expansionTables = madeOnce((): readonly Table[] => {
  const ofPorts = partsOfPorts.flatMap((part) =>
    arrayPorts.map((port): Table => ({ ...tableOf(part, `${part[0]}.${port}`), port })),
  );
  return [...ofPorts, ...otherParts.map((part) => tableOf(part, String(part[0])))];
});

function tableOf([, kind, scale, columns, more]: Part, place: string): Table {
  return { ...shared, entry: `${expansions}.${place}.2.1`, kind, scale, columns, unproven: true, ...more };
}

/** Status and online of a whole HHMS board stand among its settings. */
export const hhmsStatus = `${classicSensors}.9`;

/** The first of the tables for power modules and meters, which no other device has. */
export const hhmsPower = `${classicSensors}.40.1`;

/** What HHMS boards have beside the great tables: the board itself, serial ports, power modules with outlets, meters. */
export const hhmsTables: readonly Table[] = [
  {
    ...{ ...shared, tree: hhmsStatus, entry: classicSensors, kind: 'board', scale: 'switch', aside: true },
    ...{ columns: { status: 9, online: 10 }, unproven: true },
  },
  hhms('19', 'other', 'switch', { name: 1, status: 3, online: 4 }),
  hhms('40', 'other', 'switch', { name: 1, status: 2, online: 3 }),
  hhms('40', 'relay', 'outlet', { name: 5, status: 6, online: 3 }),
  // Its limits are watts.
  hhms('41', 'power', 'analog', {
    ...{ name: 1, exact: 4, status: 5, online: 6 },
    ...{ highWarning: 8, highCritical: 9, lowWarning: 10, lowCritical: 11 },
  }),
];

function hhms(table: string, kind: Kind, scale: Scale, columns: ColumnNumbers): Table {
  return { ...shared, entry: `${classicSensors}.${table}.1`, kind, scale, columns, unproven: true, unit: '' };
}
