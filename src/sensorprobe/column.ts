import type { Reading, Row, Value, Wanted } from './survey.ts';
import { type ColumnNumbers, type Field, fieldsIn, type Table } from './table.ts';

// Maps the names of fields to their OIDs.

type Columns = NonNullable<Wanted['columns']>[number];

/** The OIDs of columns by entry and number, made once for all probes. */
const columnOids = new Map<string, Map<number, string>>();

function columnOf(entry: string, column: number): string {
  const known = columnOids.get(entry)?.get(column);
  if (known !== undefined) return known;
  const oid = `${entry}.${column}`;
  const siblings = columnOids.get(entry);
  if (siblings === undefined) columnOids.set(entry, new Map([[column, oid]]));
  else siblings.set(column, oid);
  return oid;
}

/** Some columns of a table as a whole; `rows` is how many it usually has. */
export function columnsOf({ entry, index }: Table, columns: ColumnNumbers, rows: number): Columns {
  return { oids: Object.values(columns).map((column) => columnOf(entry, column)), rows, index };
}

/** The OIDs of some cells of a row. */
export function cellsOf({ entry }: Table, columns: ColumnNumbers, index: string): readonly string[] {
  return Object.values(columns).map((column) => `${columnOf(entry, column)}.${index}`);
}

/** The column of the user's text for the status that a row has, where there is one. */
export function textColumn({ texts }: Table, status: Value | undefined): ColumnNumbers {
  const text = typeof status === 'number' ? texts?.[status] : undefined;
  return text === undefined ? {} : { text };
}

/** The rows of a table that was read by columns; none while one of them has not been read to its end. */
export function rowsOf(reading: Reading, table: Table, first: 0 | 1): readonly Row[] {
  const { columns } = table;
  if (Object.values(columns).some((column) => !reading.whole.has(columnOf(table.entry, column)))) return [];
  const fields = fieldsOf(reading, table, columns);
  return indexesOf(reading, table, columns).map((index) => ({
    ...{ table, index, first },
    cells: pickFrom(reading, fields, index),
  }));
}

/** The index of every row that has a cell in one of the columns, in the order of the device. */
export function indexesOf(reading: Reading, { entry }: Table, columns: ColumnNumbers): readonly string[] {
  const indexes = new Set<string>();
  for (const column of Object.values(columns)) {
    for (const index of reading.columns.get(columnOf(entry, column))?.keys() ?? []) indexes.add(index);
  }
  return [...indexes].sort(byNumbers);
}

/** Orders indexes number by number. */
export function byNumbers(a: string, b: string): number {
  if (!a.includes('.') && !b.includes('.')) return Number(a) - Number(b);
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  const at = left.findIndex((number, i) => number !== right[i]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
}

/** The cells of one row, wherever they were read. */
export function pick(reading: Reading, table: Table, columns: ColumnNumbers, index: string): Row['cells'] {
  return pickFrom(reading, fieldsOf(reading, table, columns), index);
}

/** A field, its column, and the column's cells where it was read completely. */
type Source = { readonly field: Field; readonly oid: string; readonly whole: ReadonlyMap<string, Value> | undefined };

function fieldsOf({ columns: read }: Reading, { entry }: Table, columns: ColumnNumbers): readonly Source[] {
  return fieldsIn(columns).map(([field, column]) => {
    const oid = columnOf(entry, column);
    return { field, oid, whole: read.get(oid) };
  });
}

function pickFrom({ cells }: Reading, sources: readonly Source[], index: string): Row['cells'] {
  const row: Partial<Record<Field, Value>> = {};
  for (const { field, oid, whole } of sources) {
    const value = whole?.get(index) ?? cells.get(`${oid}.${index}`);
    if (value !== undefined) row[field] = value;
  }
  return row;
}
