import {
  expansions,
  hhmsPower,
  hhmsStatus,
  hhmsTables,
  humidities,
  indexMode,
  switches,
  temperatures,
} from './classic.ts';
import { readClassic } from './classic_reader.ts';
import { columnsOf } from './column.ts';
import { foundIn, type Gap, gaps } from './gap.ts';
import { joined } from './join.ts';
import { plusSensors, plusTables } from './plus.ts';
import { boardsRoot, securitySensors, securityTables } from './securityprobe.ts';
import { readSparse } from './sparse.ts';
import { type Summary, summariesOf, summaryHeads } from './summary.ts';
import { akcp, type Family, type Field, type Table } from './table.ts';

/** A cell's content: a number, an OID or address, or the bytes of a text. */
export type Value = number | string | Uint8Array;

/** What to read from a probe next: see `Wanted` of the room that reads. */
export type Wanted = {
  readonly next?: readonly string[];
  readonly cells?: readonly string[];
  readonly columns?: readonly Columns[];
};
type Columns = { readonly oids: readonly string[]; readonly rows: number; readonly index: 'integer' | 'dotted' };

/** Everything that has been read from a probe so far. */
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
  /** What an index of one number counts ports from. */
  readonly first: 0 | 1;
  /** A switch row of a kind that has no type at all. */
  readonly typeless?: boolean;
  readonly cells: Readonly<Partial<Record<Field, Value>>>;
};

/** Everything that a probe reported, table by table. */
export type Survey = {
  /** undefined: no AKCP device answered. */
  readonly family: Family | undefined;
  /** What the device calls itself (sysDescr). */
  readonly description: Value | undefined;
  readonly rows: readonly Row[];
  /** The device's summaries of many sensors. */
  readonly summaries: readonly Summary[];
  /** Tables that answer but are not known, as far as one look at each gap shows. */
  readonly unknown: readonly string[];
  /** An instance that no such object can have: what the agent says cannot be true. */
  readonly strange: string | undefined;
};

type Reader<Told = readonly Row[]> = Generator<Wanted, Told, Reading>;

// sysDescr by what comes before its one cell.
const description = '1.3.6.1.2.1.1.1';

const roots = [
  ...[humidities.entry, switches.entry, expansions, boardsRoot],
  ...[securitySensors.plain, securitySensors.dotted, plusSensors],
];

/** What shows HHMS boards: settings and tables that no other device has there. */
const hhmsHeads = [...new Set([hhmsStatus, ...hhmsTables.slice(1).map(({ entry }) => entry)])];

// Settings stand on both sides of `indexMode`, so that nothing else shows whether it is there.
const heads = [description, akcp, ...roots, ...summaryHeads.slice(0, 2), indexMode, hhmsStatus, hhmsPower];
// Most devices have none of these, which what comes after the heads before them shows: then they cost nothing.
const moreHhms = hhmsHeads.filter((head) => !heads.includes(head));
const moreSummaries = summaryHeads.slice(2);

/**
 * Says step by step what to read of a probe, gets what came, and gives the rows of its tables. It determines the family
 * from what the agent answers, unless it is given; a device that answers in several trees is read in all of them. Rows
 * of tables that could not be read whole are left out.
 */
export function* survey(family: Family | undefined): Reader<Survey> {
  const first = family === undefined || family === 'classic' ? [columnsOf(temperatures, temperatures.columns, 4)] : [];
  const { trouble } = yield { next: heads, columns: first };
  // What has been read until then counts, whatever becomes of this.
  const reading = yield { next: moreHhms };
  const found = family ?? familyOf(reading);
  if (found === undefined || trouble !== undefined) return { ...toldBy(reading, found), rows: [], unknown: [] };
  const trees = readTrees(found, family === undefined, reading);
  const { result, unknown, last } = yield* alongside(trees, gapsOf(reading, found), moreSummaries);
  return { ...toldBy(last, found), rows: result, unknown };
}

function toldBy(reading: Reading, family: Family | undefined): Omit<Survey, 'rows' | 'unknown'> {
  return {
    family,
    description: reading.cells.get(`${description}.0`),
    summaries: summariesOf(reading),
    strange: strangeOf(reading),
  };
}

function familyOf(reading: Reading): Family | undefined {
  if (exists(reading, plusSensors)) return 'plus';
  if (exists(reading, securitySensors.dotted) || exists(reading, securitySensors.plain)) return 'securityprobe';
  return exists(reading, akcp) ? 'classic' : undefined;
}

function exists({ following }: Reading, root: string): boolean {
  return following.get(root)?.startsWith(`${root}.`) === true;
}

/** Whether a table that was read by columns has a row. */
function isThere({ columns }: Reading, { entry, columns: numbers }: Table): boolean {
  return Object.values(numbers).some((column) => (columns.get(`${entry}.${column}`)?.size ?? 0) > 0);
}

/** sysDescr and a summary have one instance, 0. */
function strangeOf({ following }: Reading): string | undefined {
  return [description, ...summaryHeads]
    .map((head) => ({ head, next: following.get(head) }))
    .find(({ head, next }) => next?.startsWith(`${head}.`) === true && next !== `${head}.0`)
    ?.next?.slice(0, 60);
}

/** Reads what there is, the most exact first: a later tree adds what the ones before do not have. */
function* readTrees(family: Family, open: boolean, first: Reading): Reader {
  const has = (root: string, own: Family) => (open ? exists(first, root) : family === own);
  const isClassic =
    family === 'classic' ||
    (open &&
      (isThere(first, temperatures) ||
        [humidities.entry, switches.entry, expansions].some((root) => exists(first, root))));
  const rows = yield* readSparse([
    ...(has(plusSensors, 'plus') ? plusTables() : []),
    ...(has(securitySensors.dotted, 'securityprobe') ? securityTables.dotted() : []),
    ...(has(securitySensors.plain, 'securityprobe') ? securityTables.plain() : []),
    ...(exists(first, boardsRoot) ? securityTables.boards() : []),
  ]);
  const classic = isClassic ? yield* readClassic(first, { exists: (root) => exists(first, root), hhmsHeads }) : [];
  const of = (...trees: readonly string[]) =>
    rows.filter(({ table }) => trees.some((tree) => table.tree === tree || table.tree.startsWith(`${tree}.`)));
  return joined([of(plusSensors), of(securitySensors.dotted), of(securitySensors.plain), classic, of(boardsRoot)]);
}

/** The gaps of the trees that a device has; there are none in a tree that is empty. */
function gapsOf(reading: Reading, family: Family): readonly Gap[] {
  const empty = roots.filter((root) => reading.following.has(root) && !exists(reading, root));
  const isClassic = reading.following.get(akcp)?.startsWith(`${akcp}.1.`) === true;
  const isSecurity = [boardsRoot, securitySensors.plain, securitySensors.dotted].some((root) => exists(reading, root));
  return [
    ...(isClassic ? gaps.classic() : []),
    ...(isSecurity ? gaps.security() : []),
    ...(family === 'plus' ? gaps.plus() : []),
    ...gaps.always(),
  ].filter(({ root }) => !empty.some((tree) => root === tree || root.startsWith(`${tree}.`)));
}

/**
 * Looks into gaps with the requests that are made anyway: at what is there, once each, and after it with the next
 * request. The first of these requests asks what comes after `also`, too.
 */
function* alongside<Told>(
  reader: Reader<Told>,
  all: readonly Gap[],
  also: readonly string[],
): Reader<{ readonly result: Told; readonly unknown: readonly string[]; readonly last: Reading }> {
  const unknown = new Set<string>();
  let open = all;
  let step = reader.next();
  let last: Reading | undefined;
  while (step.done !== true) {
    const { next = [], ...wanted } = step.value;
    const reading = yield {
      ...wanted,
      next: [...next, ...(last === undefined ? also : []), ...open.map(({ probe }) => probe)],
    };
    const found = open.flatMap((gap) => foundIn(gap, reading) ?? []);
    for (const { table } of found) if (table !== undefined) unknown.add(table);
    open = found.map(({ rest }) => rest);
    last = reading;
    step = reader.next(reading);
  }
  return { result: step.value, unknown: [...unknown], last: last ?? (yield { next: also }) };
}
