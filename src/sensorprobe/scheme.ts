import type { Kind } from './kind.ts';
import type { Scale } from './status.ts';
import { type ColumnNumbers, newerLimits, type Table } from './table.ts';

// One column scheme for the tables of securityProbe (E.2.3, E.2.5) and plus (E.3.5) devices. A table does not have every
// column; one that it does not define is no missing cell.
const state = { name: 2, status: 6, online: 8, acknowledged: 70 } as const;
const switchLike = { ...state, direction: 22, normalState: 23 } as const;
const measure = { ...state, value: 4, unit: 5, ...newerLimits } as const;
// Raw is tenths for temperature (23 and 231 seen).
const temperature = { ...measure, raw: 20 } as const;
const { unit: _, ...unitless } = measure;

type Line = readonly [number: number, kind: Kind, scale: Scale, columns: ColumnNumbers, more?: Partial<Table>];

const lines: readonly Line[] = [
  [2, 'temperature', 'analog', temperature],
  [3, 'humidity', 'analog', unitless, { unit: '%' }],
  [4, 'drycontact', 'contact', switchLike],
  [5, 'current', 'analog', measure, { unproven: true }],
  [6, 'dcvoltage', 'analog', measure, { unproven: true }],
  // A measured percentage with the statuses of a switch.
  [7, 'airflow', 'switch', unitless, { unit: '%' }],
  [8, 'motion', 'switch', switchLike],
  [9, 'water', 'switch', switchLike],
  [10, 'security', 'switch', switchLike, { unproven: true }],
  [11, 'siren', 'output', switchLike, { unproven: true }],
  [12, 'relay', 'output', switchLike, { unproven: true }],
  [13, 'acvoltage', 'switch', switchLike, { unproven: true }],
  [14, 'smoke', 'switch', switchLike, { unproven: true }],
  [21, 'rope', 'switch', state, { unproven: true }],
  [22, 'power', 'analog', measure, { unproven: true }],
  [24, 'fuel', 'analog', measure, { unproven: true }],
  [26, 'tank', 'analog', measure, { unproven: true }],
  // No column says whether a door is online.
  [27, 'door', 'door', { name: 2, status: 6, acknowledged: 70 }],
  [28, 'temperature', 'analog', temperature, { unproven: true }],
  // Tower lights, which are outputs.
  [29, 'other', 'display', state, { aside: true, unproven: true }],
  [31, 'other', 'switch', state, { unproven: true }],
];

const thermostat: Line = [20, 'thermostat', 'analog', temperature, { unproven: true }];

// Lists every sensor. Its own are those that stand nowhere else: buzzer, tower light, handle lock, flow.
const common: Line = [
  1,
  'other',
  'display',
  { name: 2, type: 3, value: 4, unit: 5, status: 6, online: 8, acknowledged: 70, float: 99 },
  { common: true },
];

/** The tables under a root, the common one last; `limits` says how temperatures' limits are counted there. */
export function tablesUnder(root: string, limits: 'tenths' | 'either', withThermostat: boolean): readonly Table[] {
  return [...lines, ...(withThermostat ? [thermostat] : []), common].map(([number, kind, scale, columns, more]) => ({
    entry: `${root}.${number}.1`,
    kind,
    scale,
    columns,
    ...more,
    ...(columns.raw === undefined ? {} : { limits }),
  }));
}
