import type { Kind } from './kind.ts';
import type { Scale } from './status.ts';

/** The three generations of devices, each with its own tables. */
export type Family = 'classic' | 'securityprobe' | 'plus';

/**
 * What a column holds. `exact` is a number written out as text, `factor` what a raw value is divided by, `mode` how a
 * value is to be read, `worst` the worst status of the sensors on a board, `text` the user's own word for the row's
 * status, and `overall` the status that the common table gives the same row.
 */
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
  | 'ropeUnit'
  | 'acknowledged'
  | 'float'
  | 'exact'
  | 'factor'
  | 'mode'
  | 'worst'
  | 'text'
  | 'overall';

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
  'ropeUnit',
  'acknowledged',
  'float',
  'exact',
  'factor',
  'mode',
  'worst',
  'text',
  'overall',
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
  /** Its role: the common table of a tree lists what the others of that tree have. */
  readonly tree: string;
  readonly kind: Kind;
  readonly scale: Scale;
  readonly columns: ColumnNumbers;
  /** The columns of the texts that a user can give to statuses, by status. */
  readonly texts?: Readonly<Record<number, number>>;
  /** What a unit column does not say: `%` for humidity, or nothing. */
  readonly unit?: string;
  /** The units that its unit or mode column counts, where it holds a number. */
  readonly units?: Readonly<Record<number, string>>;
  /** The port where the table says it, not the row's index (from 1). */
  readonly port?: number;
  /** How the index is written, and whether it counts ports from 0 or 1 (where it is one number). */
  readonly index: 'integer' | 'dotted';
  readonly first?: 0 | 1;
  /** How the limits are counted: whole numbers unless said, tenths, or either. */
  readonly limits?: 'tenths' | 'either';
  /** Columns that a row may lack. */
  readonly optional?: readonly Field[];
  /** Numbers of `acknowledged` that mean it. */
  readonly acked?: readonly number[];
  /** The table also lists what is in the others: only rows that are in no other count. */
  readonly common?: true;
  /** Counts only when it is asked for by kind, or warns. */
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
