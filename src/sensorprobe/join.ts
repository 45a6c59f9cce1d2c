import { textOf } from './cell.ts';
import type { Row } from './survey.ts';

/**
 * The rows of several trees as those of one device, each sensor once. A device may list its sensors in several trees,
 * and some in one of them alone; the index differs from tree to tree, the name does not. The first tree counts, but a
 * row of a table of its own kind says more than one of a common table. Offline rows are taken from the first tree only.
 */
export function joined(trees: readonly (readonly Row[])[]): readonly Row[] {
  const [first = [], ...others] = trees.filter((rows) => rows.length > 0);
  return others.reduce(withMore, first);
}

function withMore(rows: readonly Row[], others: readonly Row[]): readonly Row[] {
  const twins = new Map<string, Row[]>();
  for (const row of rows) {
    const name = textOf(row.cells.name);
    twins.set(name, [...(twins.get(name) ?? []), row]);
  }
  const better = new Map<Row, Row>();
  const more: Row[] = [];
  for (const row of others) {
    const twin = takeTwin(twins.get(textOf(row.cells.name)) ?? [], row);
    if (twin === undefined || isWorse(row, twin)) {
      if (row.cells.online !== 2) more.push(row);
    } else if (twin.table.common === true && row.table.common !== true) better.set(twin, row);
  }
  return [...rows.map((row) => better.get(row) ?? row), ...more];
}

/** Whether a row says, or may say, something bad that its twin does not say: then it may be another sensor of that name. */
function isWorse({ table, cells: { status } }: Row, twin: Row): boolean {
  if (status === undefined) return table.columns.status !== undefined && twin.cells.status !== undefined;
  return typeof status === 'number' && status > 2 && status < 8 && status !== twin.cells.status;
}

/** Takes the row of that name out of the list, best one of the same kind of table. */
function takeTwin(same: Row[], { table }: Row): Row | undefined {
  const alike = same.findIndex((row) => row.table.kind === table.kind);
  const other = same.findIndex((row) => row.table.common === true || table.common === true);
  const at = alike >= 0 ? alike : other;
  return at < 0 ? undefined : same.splice(at, 1)[0];
}
