import {
  analogTypes,
  expansions,
  expansionTables,
  hhmsTables,
  humidities,
  indexMode,
  outputTexts,
  plainSwitches,
  plainTemperatures,
  switchDetails,
  switches,
  switchTypes,
  temperatures,
} from './classic.ts';
import { cellsOf, columnsOf, pick, rowsOf, textColumn } from './column.ts';
import { readSparse } from './sparse.ts';
import type { Reading, Row, Wanted } from './survey.ts';
import type { ColumnNumbers } from './table.ts';

type Reader = Generator<Wanted, readonly Row[], Reading>;

/**
 * The three great tables in whole columns, then what is not yet known about their rows, then the tables of expansion
 * parts and HHMS boards where there are any.
 */
export function* readClassic(
  first: Reading,
  { exists, hhmsHeads }: { readonly exists: (root: string) => boolean; readonly hhmsHeads: readonly string[] },
): Reader {
  const isHhms = hhmsHeads.some(exists);
  const [warm, switched] = isHhms ? [plainTemperatures, plainSwitches] : [temperatures, switches];
  const from = first.cells.get(`${indexMode}.0`) === 1 ? 1 : 0;
  const ports = first.columns.get(`${temperatures.entry}.1`)?.size ?? 0;
  const reading = yield {
    columns: [
      columnsOf(humidities, humidities.columns, ports),
      // Small devices have a row a port, those with 8 ports and more have dozens.
      columnsOf(switched, switched.columns, ports < 8 ? ports : Number.POSITIVE_INFINITY),
    ],
  };
  const contacts = withTypes(rowsOf(reading, switched, from));
  const types = new Map(isHhms ? [] : contacts.map(({ index, cells }) => [index, cells.type]));
  const analogs = rowsOf(reading, humidities, from).map((row): Row => {
    const type = types.get(row.index);
    return type === undefined ? row : { ...row, cells: { ...row.cells, type } };
  });
  const great = [...rowsOf(reading, warm, from), ...analogs, ...contacts];
  if (reading.trouble !== undefined) return great;
  const parts = exists(expansions) ? expansionTables() : [];
  const unclear = new Map<Row, ColumnNumbers>();
  for (const row of great) {
    const open = openOf(row);
    if (Object.keys(open).length > 0) unclear.set(row, open);
  }
  const cells = [...unclear].flatMap(([row, open]) => cellsOf(row.table, open, row.index));
  const detailed =
    cells.length === 0 && parts.length === 0 ? reading : yield { cells, next: parts.map(({ entry }) => entry) };
  if (detailed.trouble !== undefined) return great.filter((row) => !unclear.has(row));
  const rows = great.map((row) => {
    const open = unclear.get(row);
    if (open === undefined) return row;
    return { ...row, cells: { ...row.cells, ...pick(detailed, row.table, open, row.index) } };
  });
  const present = parts.filter(({ entry }) => detailed.following.get(entry)?.startsWith(`${entry}.`) === true);
  const more = yield* readSparse([...present, ...(isHhms ? hhmsTables : [])]);
  return [...rows, ...more.map((row) => ({ ...row, first: from }) satisfies Row)];
}

/** Rows of X20 and X60 have no type; one that is followed by rows with a type has only lost it. */
function withTypes(rows: readonly Row[]): readonly Row[] {
  const last = rows.map(({ cells }) => cells.type !== undefined).lastIndexOf(true);
  return rows.map((row, i) => (i > last ? { ...row, typeless: true } : row));
}

/**
 * What else must be known about a row that is online. For a switch: a level (8, 9) is that of an output, or good or bad
 * by what is normal for a contact; a water sensor may be a rope. For an analog sensor: its unit, by its type.
 */
function openOf({ table, cells: { status, type, online } }: Row): ColumnNumbers {
  if (online === 2) return {};
  const number = typeof type === 'number' ? type : -1;
  if (table === humidities) return analogTypes[number]?.[1] ?? {};
  if (table !== switches && table !== plainSwitches) return {};
  const { direction, normalState, rope, ropeUnit } = switchDetails;
  const level = status === 8 || status === 9;
  const [kind, scale] = switchTypes[number] ?? ['drycontact', 'contact'];
  return {
    ...(level && scale === 'contact' ? { normalState } : {}),
    ...(level && scale !== 'output' ? { direction } : {}),
    ...(level ? textColumn({ ...table, texts: outputTexts }, status) : {}),
    ...(kind === 'water' ? { rope, ropeUnit } : {}),
  };
}
