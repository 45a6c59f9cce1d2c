/** A cell as text; null where the server sent NULL, undefined where there is no such column. */
export type Cell = string | null | undefined;

/** A row of an answer by the names of its columns, whatever their order. */
export type Row = Readonly<Record<string, Cell>>;

/** A word whatever its spelling, empty for NULL; null where there is no such column. */
export function wordOf(cell: Cell): string | null {
  return cell === undefined ? null : (cell ?? '').trim().toLowerCase();
}

/** A whole number that is not negative; null for anything else. */
export function wholeOf(cell: Cell): number | null {
  return typeof cell === 'string' && /^\s*\d{1,15}\s*$/.test(cell) ? Number(cell) : null;
}
