import {
  expansions,
  expansionTables,
  humidities,
  switchDetails,
  switches,
  switchTypes,
  temperatures,
} from './classic.ts';
import { plusSensors, plusTables } from './plus.ts';
import { securitySensors, securityTables } from './securityprobe.ts';
import { akcp, type ColumnNumbers, type Family, type Field, fieldsIn, type Table } from './table.ts';

/** A cell's content: a number, an OID or address, or the bytes of a text. */
export type Value = number | string | Uint8Array;

/** What shall be read of a probe next: see `Wanted` of the room that reads. */
export type Wanted = {
  readonly next?: readonly string[];
  readonly cells?: readonly string[];
  readonly columns?: readonly Columns[];
};
type Columns = { readonly oids: readonly string[]; readonly rows: number; readonly index: 'integer' | 'dotted' };

/** All that has been read of a probe so far. */
export type Reading = {
  readonly cells: ReadonlyMap<string, Value>;
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, Value>>;
  readonly following: ReadonlyMap<string, string | null>;
  readonly whole: ReadonlySet<string>;
  /** Set when the probe gave up in the middle: nothing more comes. */
  readonly trouble: unknown;
};

/** A row of a table: its index in dotted numbers, and the cells that the probe gave. */
export type Row = {
  readonly table: Table;
  readonly index: string;
  readonly cells: Readonly<Partial<Record<Field, Value>>>;
};

/** Everything that a probe told, table by table. */
export type Survey = {
  /** undefined: no AKCP device answered. */
  readonly family: Family | undefined;
  /** What the device says of itself (sysDescr). */
  readonly description: Value | undefined;
  readonly rows: readonly Row[];
  /** The index of a row that no such table can have, which is left out: what the agent says of it cannot be true. */
  readonly strange: string | undefined;
};

type Reader = Generator<Wanted, Survey, Reading>;

// sysDescr by what comes before its one cell.
const description = '1.3.6.1.2.1.1.1';

/**
 * Says step by step what to read of a probe, gets what came, and gives the rows of its tables. It finds out the family by
 * what the agent answers, unless it is told. Rows of tables that could not be read whole are left out.
 */
export function* survey(family: Family | undefined): Reader {
  const heads = [akcp, expansions, securitySensors.plain, securitySensors.dotted, plusSensors];
  const first = family === undefined || family === 'classic' ? [columnsOf(temperatures, temperatures.columns, 4)] : [];
  const reading = yield { next: [description, ...heads], columns: first };
  const found = family ?? familyOf(reading);
  const about = { family: found, description: reading.cells.get(`${description}.0`) };
  if (found === undefined || reading.trouble !== undefined) return { ...about, ...checked([]) };
  if (found === 'classic') return { ...about, ...checked(yield* readClassic(reading)) };
  if (found === 'plus') return { ...about, ...checked(yield* readSparse(plusTables, 'dotted')) };
  const plain = !exists(reading, securitySensors.dotted);
  const rows = yield* readSparse(securityTables[plain ? 'plain' : 'dotted'], plain ? 'integer' : 'dotted');
  return { ...about, ...checked(rows) };
}

/** More ports than any device has, expansions included. */
const mostPorts = 4096;

/** Rows are counted by one small number, or by the five of a dotted index. */
function checked(rows: readonly Row[]): Pick<Survey, 'rows' | 'strange'> {
  const strange = rows.find(isStrange);
  return strange === undefined
    ? { rows, strange: undefined }
    : { rows: rows.filter((row) => !isStrange(row)), strange: strange.index };
}

function isStrange({ index }: Row): boolean {
  const parts = index.split('.');
  return (parts.length !== 1 && parts.length !== 5) || parts.some((part) => Number(part) > mostPorts);
}

function familyOf(reading: Reading): Family | undefined {
  if (exists(reading, plusSensors)) return 'plus';
  if (exists(reading, securitySensors.dotted) || exists(reading, securitySensors.plain)) return 'securityprobe';
  return exists(reading, akcp) ? 'classic' : undefined;
}

function exists({ following }: Reading, root: string): boolean {
  return following.get(root)?.startsWith(`${root}.`) === true;
}

/** The three great tables in whole columns, then what is open about switches, then expansion parts where there are any. */
function* readClassic(first: Reading): Generator<Wanted, readonly Row[], Reading> {
  const thermometers = rowsOf(first, temperatures, temperatures.columns);
  const ports = thermometers.length;
  const reading = yield {
    columns: [
      columnsOf(humidities, humidities.columns, ports),
      // Small devices have a row a port, those with 8 ports and more have dozens.
      columnsOf(switches, switches.columns, ports < 8 ? ports : Number.POSITIVE_INFINITY),
    ],
  };
  const great = [
    ...thermometers,
    ...rowsOf(reading, humidities, humidities.columns),
    ...rowsOf(reading, switches, switches.columns),
  ];
  if (reading.trouble !== undefined) return great;
  const unclear = great.filter((row) => row.table === switches && Object.keys(openOf(row)).length > 0);
  const cells = unclear.flatMap((row) => cellsOf(switches, openOf(row), row.index));
  const parts = exists(first, expansions) ? expansionTables : [];
  const detailed = yield { cells, next: parts.map(({ entry }) => entry) };
  const rows = great.map((row) => {
    if (!unclear.includes(row)) return row;
    return { ...row, cells: { ...row.cells, ...pick(detailed, switches, openOf(row), row.index) } };
  });
  const present = parts.filter(({ entry }) => exists(detailed, entry));
  if (detailed.trouble !== undefined) return great.filter((row) => !unclear.includes(row));
  return present.length === 0 ? rows : [...rows, ...(yield* readSparse(present, 'integer'))];
}

/**
 * What else must be known of a switch that is online: a level (8, 9) is that of an output, or good or bad by what is
 * normal for a contact; a water sensor may be a rope.
 */
function openOf({ cells: { status, type, online } }: Row): ColumnNumbers {
  const { direction, normalState, rope } = switchDetails;
  if (online === 2) return {};
  const [kind, scale] = switchTypes[typeof type === 'number' ? type : -1] ?? [];
  const level = status === 8 || status === 9;
  return {
    ...(level && scale === 'contact' ? { normalState } : {}),
    ...(level && scale !== 'output' ? { direction } : {}),
    ...(kind === 'water' ? { rope } : {}),
  };
}

/**
 * Many tables with few rows: names and statuses show the rows, everything else is asked for cell by cell. Two columns,
 * since a row may lack a cell.
 */
function* readSparse(tables: readonly Table[], index: Columns['index']): Generator<Wanted, readonly Row[], Reading> {
  const keys = (table: Table): ColumnNumbers => ({ name: table.columns.name ?? 0, status: table.columns.status ?? 0 });
  const reading = yield { columns: tables.map((table) => ({ ...columnsOf(table, keys(table), 1), index })) };
  if (reading.trouble !== undefined) return [];
  const found = tables.map((table) => ({ table, indexes: indexesOf(reading, table, keys(table)) }));
  const elsewhere = new Set(found.flatMap(({ table, indexes }) => (table.common ? [] : indexes)));
  const rows = found.flatMap(({ table, indexes }) =>
    indexes.filter((one) => !table.common || !elsewhere.has(one)).map((one) => ({ table, index: one })),
  );
  const details = ({ columns: { name, status, ...rest } }: Table): ColumnNumbers => rest;
  const cells = rows.flatMap(({ table, index: one }) => cellsOf(table, details(table), one));
  // A row that lacks both keys in its own table looks as if it stood in the common one alone: another cell shows it.
  const alone = rows.filter(({ table }) => table.common);
  const others = tables.filter(({ common }) => !common);
  const strays = alone.flatMap(({ index: one }) => others.map((table) => ({ table, index: one })));
  const signs = strays.flatMap(({ table, index: one }) => cellsOf(table, signOf(table), one));
  const detailed = cells.length === 0 ? reading : yield { cells: [...cells, ...signs] };
  if (detailed.trouble !== undefined) return [];
  const strayed = strays.filter(
    ({ table, index: one }) => Object.keys(pick(detailed, table, signOf(table), one)).length > 0,
  );
  const known = rows.filter(({ table, index: one }) => !table.common || strayed.every((stray) => stray.index !== one));
  const rest = strayed.flatMap(({ table, index: one }) => cellsOf(table, details(table), one));
  const last = rest.length === 0 ? detailed : yield { cells: rest };
  if (last.trouble !== undefined) return [];
  return [...known, ...strayed].map(({ table, index: one }) => ({
    table,
    index: one,
    cells: pick(last, table, table.columns, one),
  }));
}

/** A column beside the keys that every row of a table should have. */
function signOf({ columns: { online, acknowledged } }: Table): ColumnNumbers {
  return online === undefined ? { acknowledged: acknowledged ?? 0 } : { online };
}

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

function columnsOf({ entry }: Table, columns: ColumnNumbers, rows: number): Columns {
  return { oids: Object.values(columns).map((column) => columnOf(entry, column)), rows, index: 'integer' };
}

function cellsOf({ entry }: Table, columns: ColumnNumbers, index: string): readonly string[] {
  return Object.values(columns).map((column) => `${columnOf(entry, column)}.${index}`);
}

/** The rows of a table that was read by columns; none while one of them is not read to its end. */
function rowsOf(reading: Reading, table: Table, columns: ColumnNumbers): readonly Row[] {
  if (Object.values(columns).some((column) => !reading.whole.has(columnOf(table.entry, column)))) return [];
  const fields = fieldsOf(reading, table, columns);
  return indexesOf(reading, table, columns).map((index) => ({ table, index, cells: pickFrom(reading, fields, index) }));
}

/** The index of every row that has a cell in one of the columns, in the order of the device. */
function indexesOf(reading: Reading, { entry }: Table, columns: ColumnNumbers): readonly string[] {
  const indexes = new Set<string>();
  for (const column of Object.values(columns)) {
    for (const index of reading.columns.get(columnOf(entry, column))?.keys() ?? []) indexes.add(index);
  }
  return [...indexes].sort(byNumbers);
}

function byNumbers(a: string, b: string): number {
  if (!a.includes('.') && !b.includes('.')) return Number(a) - Number(b);
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  const at = left.findIndex((number, i) => number !== right[i]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
}

/** The cells of one row, wherever they were read. */
function pick(reading: Reading, table: Table, columns: ColumnNumbers, index: string): Row['cells'] {
  return pickFrom(reading, fieldsOf(reading, table, columns), index);
}

/** A field, its column, and the column's cells where it was read whole. */
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
