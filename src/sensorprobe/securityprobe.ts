import { madeOnce } from './made_once.ts';
import { tablesUnder } from './scheme.ts';
import type { Scale } from './status.ts';
import { akcp, type ColumnNumbers, classicLimits, type Field, type Table } from './table.ts';

// securityProbe: the same sensors stand under E.2.5 (with a dotted index) and under E.2.3 (with one number, from 1 in the
// MIB); what the first does not have is taken from the second. Limits of temperatures occur in whole degrees and in
// tenths. An acknowledged alarm is 2, one that is not 1.
export const securitySensors = { dotted: `${akcp}.2.5`, plain: `${akcp}.2.3` } as const;

/** Virtual sensors of a securityProbe: what no column of the common scheme says of them. */
const virtual = `${securitySensors.dotted}.129`;

/** Under this stand expansion boards and meters, each as a whole. */
export const boardsRoot = `${akcp}.2.2`;

/** What a virtual sensor that measures has; its value is the raw one, divided by a factor. */
export const virtualColumns = {
  ...{ name: 2, status: 4, online: 5, value: 13, unit: 27, factor: 52 },
  ...classicLimits,
} as const;
/** A classic device may leave out what it has not computed. */
export const virtualOptional: readonly Field[] = [
  ...(['value', 'unit', 'factor'] as const),
  ...(['highWarning', 'highCritical', 'lowWarning', 'lowCritical'] as const),
];
/** A virtual switch has texts for critical and normal. */
export const virtualTexts = { 2: 27, 4: 26, 6: 26 } as const;

const shared = { index: 'dotted', unproven: true, tree: securitySensors.dotted } as const;

export const securityTables: Readonly<Record<'dotted' | 'plain' | 'boards', () => readonly Table[]>> = {
  dotted: madeOnce(() => [
    ...tablesUnder(securitySensors.dotted, { index: 'dotted', limits: 'either', acked: [2] }),
    {
      ...{ ...shared, entry: `${virtual}.2.1`, kind: 'virtual', scale: 'analog' },
      ...{ columns: virtualColumns, optional: virtualOptional },
    },
    {
      ...{ ...shared, entry: `${virtual}.4.1`, kind: 'virtual', scale: 'analog' },
      ...{ columns: { name: 2, status: 4, online: 5 }, texts: virtualTexts },
    },
  ]),
  plain: madeOnce(() =>
    tablesUnder(securitySensors.plain, { index: 'integer', first: 1, limits: 'either', acked: [2] }),
  ),
  boards: madeOnce(() => [
    board(1, { worst: 6 }),
    board(2, { worst: 7 }),
    board(3, { worst: 6 }),
    board(4, { worst: 7 }),
    board(5, { worst: 7 }),
  ]),
};

/** A board is offline (0), starting (1) or normal (2), which the MIB says of the first of these tables alone. */
function board(table: number, worst: ColumnNumbers): Table {
  const scale: Scale = 'board';
  return {
    ...{ entry: `${boardsRoot}.${table}.1`, tree: `${boardsRoot}.${table}`, kind: 'board', scale, index: 'integer' },
    ...{ first: 1, aside: true, unproven: true, columns: { name: 2, status: 5, ...worst } },
  };
}
