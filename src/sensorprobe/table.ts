import type { Kind } from './kind.ts';
import type { Scale } from './status.ts';

/** The three generations of devices, each with its own tables. */
export type Family = 'classic' | 'securityprobe' | 'plus';

/** What a column holds. */
export type Field =
  | 'name'
  | 'value'
  | 'raw'
  | 'unit'
  | 'status'
  | 'online'
  | 'lowCritical'
  | 'lowWarning'
  | 'highWarning'
  | 'highCritical'
  | 'direction'
  | 'normalState'
  | 'type'
  | 'rope'
  | 'acknowledged'
  | 'float';

/** The number of each column under a table's entry. */
export type ColumnNumbers = Readonly<Partial<Record<Field, number>>>;

/** Every field there is, in the order in which cells are asked for. */
const fields: readonly Field[] = [
  'name',
  'value',
  'raw',
  'unit',
  'status',
  'online',
  'lowCritical',
  'lowWarning',
  'highWarning',
  'highCritical',
  'direction',
  'normalState',
  'type',
  'rope',
  'acknowledged',
  'float',
];

type Columns = readonly (readonly [field: Field, column: number])[];

const known = new WeakMap<ColumnNumbers, Columns>();

/** The fields that some columns hold, with the column of each. */
export function fieldsIn(columns: ColumnNumbers): Columns {
  const before = known.get(columns);
  if (before !== undefined) return before;
  const found: (readonly [Field, number])[] = [];
  for (const field of fields) {
    const column = columns[field];
    if (column !== undefined) found.push([field, column]);
  }
  known.set(columns, found);
  return found;
}

/** One table of a MIB. */
export type Table = {
  /** The OID of its entry: column and row index follow. */
  readonly entry: string;
  readonly kind: Kind;
  readonly scale: Scale;
  readonly columns: ColumnNumbers;
  /** What a unit column does not say: `%` for humidity, or nothing. */
  readonly unit?: string;
  /** The port where the table says it, not the row's index (from 1). */
  readonly port?: number;
  /** How the limits are counted: whole numbers unless said, tenths, or either. */
  readonly limits?: 'tenths' | 'either';
  /** The table lists what stands in the others, too: only rows that stand in no other count. */
  readonly common?: true;
  /** Counts only when it is asked for by kind, or cries. */
  readonly aside?: true;
  /** Built from the MIB; no real device's answer has been seen. */
  readonly unproven?: true;
};

/** The enterprise number of AKCP. */
export const akcp = '1.3.6.1.4.1.3854';

/** Limits of the classic tables: high before low. */
export const classicLimits = { highWarning: 7, highCritical: 8, lowWarning: 9, lowCritical: 10 } as const;

/** Limits of the newer tables: the other way round. */
export const newerLimits = { lowCritical: 9, lowWarning: 10, highWarning: 11, highCritical: 12 } as const;
