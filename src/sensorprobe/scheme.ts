import type { Kind } from './kind.ts';
import type { Scale } from './status.ts';
import { type ColumnNumbers, newerLimits, type Table } from './table.ts';

// One column scheme for the tables of securityProbe (E.2.3, E.2.5) and plus (E.3.5) devices. A table does not have
// every column; one that it does not define is not a missing cell.
const state = { name: 2, status: 6, online: 8, acknowledged: 70 } as const;
const switchLike = { ...state, direction: 22, normalState: 23 } as const;
const unitless = { ...state, value: 4, ...newerLimits } as const;
const measure = { ...unitless, unit: 5 } as const;
// Raw is tenths for temperature (23 and 231 seen).
const temperature = { ...measure, raw: 20 } as const;

// The columns of the texts that a user can give to statuses.
const analogTexts = { 2: 48, 3: 50, 4: 46, 5: 49, 6: 47, 7: 51 } as const;
const switchTexts = { 2: 48, 4: 46, 6: 46, 8: 52, 9: 53 } as const;
/** A custom sensor has sixteen statuses of its own, from 16 on, with a text each. */
const customTexts = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [16 + i, 120 + i]));

type Line = readonly [number: number, kind: Kind, scale: Scale, columns: ColumnNumbers, more?: Partial<Table>];

const unproven = true;
const lines: readonly Line[] = [
  [2, 'temperature', 'analog', temperature],
  [3, 'humidity', 'analog', unitless, { unit: '%' }],
  [4, 'drycontact', 'contact', switchLike],
  [5, 'current', 'analog', measure, { unproven }],
  [6, 'dcvoltage', 'analog', measure, { unproven }],
  // A measured percentage with the statuses of a switch.
  [7, 'airflow', 'switch', unitless, { unit: '%', texts: analogTexts }],
  [8, 'motion', 'switch', switchLike],
  [9, 'water', 'switch', switchLike],
  [10, 'security', 'switch', switchLike, { unproven }],
  [11, 'siren', 'output', switchLike, { unproven }],
  [12, 'relay', 'output', switchLike, { unproven }],
  [13, 'acvoltage', 'switch', switchLike, { unproven }],
  [14, 'smoke', 'switch', switchLike, { unproven }],
  // Neither a unit nor tenths.
  [20, 'thermostat', 'analog', unitless, { unit: '', unproven, limits: 'either' }],
  // Its value is the place of a leak.
  [21, 'rope', 'switch', { ...state, rope: 4, unit: 5 }, { unproven, optional: ['unit'] }],
  // The whole number may be the exact one times ten (seen in a report), which is given as text and as float.
  [22, 'power', 'analog', { ...measure, exact: 66, float: 67 }, { unproven }],
  [24, 'fuel', 'analog', measure, { unproven }],
  [26, 'tank', 'analog', measure, { unproven }],
  // No column says whether a door is online.
  [27, 'door', 'door', { name: 2, status: 6, acknowledged: 70 }, { texts: {} }],
  [28, 'temperature', 'analog', temperature, { unproven }],
  // Tower lights, which are outputs. Nobody acknowledges them, nor custom sensors.
  [29, 'other', 'display', { name: 2, status: 6, online: 8 }, { aside: true, unproven, texts: {} }],
  [31, 'other', 'custom', { name: 2, status: 6, online: 8 }, { unproven, texts: customTexts }],
];

// Lists every sensor. Its own are those that are nowhere else: virtual ones, meters, sound, buzzers, ...
const common: Line = [
  1,
  'other',
  'display',
  { name: 2, type: 3, value: 4, unit: 5, status: 6, online: 8, raw: 20, acknowledged: 70, float: 99 },
  { common: true, optional: ['unit', 'value'], texts: { ...analogTexts, 8: 52, 9: 53 } },
];

/** The tables under a root, the common one last, with what they have in common. */
export function tablesUnder(
  root: string,
  shared: Pick<Table, 'index' | 'first' | 'limits' | 'acked'>,
): readonly Table[] {
  const { limits, ...rest } = shared;
  return [...lines, common].map(([number, kind, scale, columns, more]) => ({
    entry: `${root}.${number}.1`,
    tree: root,
    kind,
    scale,
    columns,
    texts: scale === 'analog' ? analogTexts : switchTexts,
    ...rest,
    ...(columns.raw === undefined || limits === undefined ? {} : { limits }),
    ...more,
  }));
}

/** The numbers of tables that are known under such a root: tables of a newer MIB may be between them. */
export const tableNumbers: readonly number[] = [common, ...lines].map(([number]) => number);
