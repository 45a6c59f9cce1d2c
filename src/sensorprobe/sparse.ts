import { textOf } from './cell.ts';
import { cellsOf, columnsOf, indexesOf, pick, textColumn } from './column.ts';
import { firstWithoutTable } from './common.ts';
import type { Reading, Row, Wanted } from './survey.ts';
import type { ColumnNumbers, Table } from './table.ts';

/** A row that shows in the columns that were read of all tables. */
type Found = { readonly table: Table; readonly index: string };

/**
 * Many tables with few rows: names and statuses show the rows, everything else is asked for cell by cell. Two columns,
 * since a row may lack a cell.
 */
export function* readSparse(tables: readonly Table[]): Generator<Wanted, readonly Row[], Reading> {
  if (tables.length === 0) return [];
  const reading = yield { columns: tables.map((table) => columnsOf(table, keysOf(table), 1)) };
  if (reading.trouble !== undefined) return [];
  const found = tables.flatMap((table) =>
    indexesOf(reading, table, keysOf(table)).map((index): Found => ({ table, index })),
  );
  const twins = twinsOf(reading, found);
  const listed = new Set(twins.values());
  const rows = found.filter((row) => !listed.has(row));
  const strays = straysOf(reading, tables, rows);
  const cells = rows.flatMap((row) => detailsOf(reading, row));
  const signs = strays.flatMap(({ table, index }) => cellsOf(table, signOf(table), index));
  const detailed = cells.length === 0 ? reading : yield { cells: [...cells, ...signs] };
  if (detailed.trouble !== undefined) return [];
  const strayed = strays.filter(
    ({ table, index }) => Object.keys(pick(detailed, table, signOf(table), index)).length > 0,
  );
  const placed = new Set(strayed.map(placeOf));
  const rest = strayed.flatMap((row) => detailsOf(detailed, row));
  const last = rest.length === 0 ? detailed : yield { cells: rest };
  if (last.trouble !== undefined) return [];
  const known = rows.filter((row) => row.table.common !== true || !placed.has(placeOf(row)));
  const first = firstOf(found);
  return [...known, ...strayed].map((row) => rowOf(last, row, first(row.table), twins.get(row)));
}

/** What shows the rows of a table; of a common one also the type, which says whether a row may belong elsewhere. */
function keysOf({ columns: { name, status, value, type }, common }: Table): ColumnNumbers {
  return {
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? (value === undefined ? {} : { value }) : { status }),
    ...(common === true && type !== undefined ? { type } : {}),
  };
}

function detailsOf(reading: Reading, { table, index }: Found): readonly string[] {
  const keys = keysOf(table);
  const details = Object.fromEntries(Object.entries(table.columns).filter(([field]) => !(field in keys)));
  const { status } = pick(reading, table, keys, index);
  return cellsOf(table, { ...details, ...textColumn(table, status) }, index);
}

/**
 * The row of the common table that lists the same sensor as a row of another table: the one of its index, unless the
 * names differ, else one of its name, for tables that count their rows each by itself.
 */
function twinsOf(reading: Reading, found: readonly Found[]): ReadonlyMap<Found, Found> {
  const keysAt = (row: Found) => pick(reading, row.table, keysOf(row.table), row.index);
  const nameOf = (row: Found) => textOf(keysAt(row).name);
  const commons = new Map(found.filter(({ table }) => table.common === true).map((row) => [placeOf(row), row]));
  const typed = found.filter(({ table }) => table.common !== true);
  const twins = new Map<Found, Found>();
  const claim = (row: Found, twin: Found | undefined) => {
    if (twin === undefined) return;
    twins.set(row, twin);
    commons.delete(placeOf(twin));
  };
  for (const row of typed) {
    const twin = commons.get(placeOf(row));
    if (twin !== undefined && areAlike(keysAt(row), keysAt(twin))) claim(row, twin);
  }
  for (const row of typed) {
    const name = nameOf(row);
    if (twins.has(row) || name === '') continue;
    claim(
      row,
      [...commons.values()].find((twin) => twin.table.tree === row.table.tree && nameOf(twin) === name),
    );
  }
  return twins;
}

/**
 * Whether two rows of one index are of one sensor: by their names, one of which may be cut short, else by their
 * statuses.
 */
function areAlike(a: Row['cells'], b: Row['cells']): boolean {
  const [left, right] = [textOf(a.name), textOf(b.name)];
  if (left !== '' && right !== '') return left.startsWith(right) || right.startsWith(left);
  return a.status === undefined || b.status === undefined || a.status === b.status;
}

/** A row is one of its tree, wherever in it. */
function placeOf({ table: { tree }, index }: Found): string {
  return `${tree} ${index}`;
}

/**
 * A row that lacks both keys in its own table looks as if it were only in the common one: another cell shows it. What
 * has a type that no such table is for needs no look.
 */
function straysOf(reading: Reading, tables: readonly Table[], rows: readonly Found[]): readonly Found[] {
  return rows.flatMap(({ table, index }) => {
    if (table.common !== true) return [];
    const { type } = pick(reading, table, keysOf(table), index);
    if (typeof type === 'number' && type >= firstWithoutTable) return [];
    return (
      tables
        .filter(({ tree, common }) => tree === table.tree && common !== true)
        // What shows by itself is another sensor.
        .filter((other) => !rows.some((row) => row.table === other && row.index === index))
        .map((other): Found => ({ table: other, index }))
    );
  });
}

/** A column beside the keys that every row of a table should have. */
function signOf({ columns: { online, acknowledged } }: Table): ColumnNumbers {
  if (online !== undefined) return { online };
  return acknowledged === undefined ? {} : { acknowledged };
}

/** Whether the rows of a table count from 1: as its MIB says, unless one of its tree has the index 0. */
function firstOf(found: readonly Found[]): (table: Table) => 0 | 1 {
  const fromZero = new Set(found.filter(({ index }) => index === '0').map(({ table }) => table.tree));
  return ({ tree, first = 0 }) => (fromZero.has(tree) ? 0 : first);
}

function rowOf(reading: Reading, { table, index }: Found, first: 0 | 1, twin: Found | undefined): Row {
  const keys = pick(reading, table, keysOf(table), index);
  const cells = pick(reading, table, { ...table.columns, ...textColumn(table, keys.status) }, index);
  const overall = twin === undefined ? undefined : pick(reading, twin.table, keysOf(twin.table), twin.index).status;
  return { table, index, first, cells: overall === undefined ? cells : { ...cells, overall } };
}
