/** Lines of a table: each cell but the last of a row padded to its column, two blanks between columns, no blanks at the end. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => (i < row.length - 1 || row.length === columns ? (row[i] ?? '').length : 0))),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A fact as `-vv` shows it: what it is, and its value. */
export type FactRow = readonly [what: string, value: string];

/** The facts about one thing under its name, indented: a word repeated from the line above is left out. */
export function factLines(title: string, rows: readonly FactRow[]): readonly string[] {
  const cells = rows.map(([what, value], i) => [rows[i - 1]?.[0] === what ? '' : what, value]);
  return [`${title}:`, ...tableLines(cells).map((line) => `  ${line}`)];
}
