import { arrayPorts, classicSensors, expansionNumbers, expansions } from './classic.ts';
import { madeOnce } from './made_once.ts';
import { plusSensors } from './plus.ts';
import { tableNumbers } from './scheme.ts';
import { boardsRoot, securitySensors } from './securityprobe.ts';
import type { Reading } from './survey.ts';
import { akcp } from './table.ts';

/** Numbers under an OID where nothing is known: from the first to before the second. */
export type Gap = {
  readonly root: string;
  readonly from: number;
  readonly to: number;
  /** The OID whose successor shows whether something is there. */
  readonly probe: string;
};

/**
 * Where a newer firmware may have tables of its own, by the tree that a device has. The settings of E.1.2.2.1 reach to
 * 125 in the MIB.
 */
export const gaps = {
  classic: madeOnce(() => [
    gapAfter(`${akcp}.1`, 7),
    gapAfter(classicSensors, 125),
    gapAfter(`${akcp}.1.2.2`, 1),
    ...gapsBetween(expansions, [1, ...expansionNumbers.ofPorts, ...expansionNumbers.others]),
    ...expansionNumbers.ofPorts.map((table) => gapAfter(`${expansions}.${table}`, arrayPorts.length)),
  ]),
  security: madeOnce(() => [
    gapAfter(boardsRoot, 6),
    ...gapsBetween(securitySensors.plain, tableNumbers),
    ...gapsBetween(securitySensors.dotted, [...tableNumbers, 129]),
    gapAfter(`${securitySensors.dotted}.129`, 4),
    gapAfter(`${akcp}.2`, 5),
  ]),
  plus: madeOnce(() => gapsBetween(plusSensors, tableNumbers)),
  always: madeOnce(() => [gapAfter(`${akcp}.3`, 5), gapAfter(akcp, 3)]),
} as const satisfies Readonly<Record<string, () => readonly Gap[]>>;

function gapAfter(root: string, number: number): Gap {
  return gapOf(root, number + 1, Number.POSITIVE_INFINITY);
}

/** The gaps between and after numbers, from 1 on. */
function gapsBetween(root: string, numbers: readonly number[]): readonly Gap[] {
  const known = [0, ...new Set(numbers)].sort((a, b) => a - b);
  return known
    .map((number, i) => gapOf(root, number + 1, known[i + 1] ?? Number.POSITIVE_INFINITY))
    .filter(({ from, to }) => from < to);
}

function gapOf(root: string, from: number, to: number): Gap {
  return { root, from, to, probe: `${root}.${from}` };
}

/** What is in a gap: the table, if it is one and not a setting (an entry, a column and an index), and the gap after it. */
export type Found = { readonly table: string | undefined; readonly rest: Gap };

/** What was found in a gap; null when there is nothing. */
export function foundIn(gap: Gap, { following }: Pick<Reading, 'following'>): Found | null {
  const next = following.get(gap.probe);
  if (typeof next !== 'string' || !next.startsWith(`${gap.root}.`)) return null;
  const [number = 0, ...below] = next
    .slice(gap.root.length + 1)
    .split('.')
    .map(Number);
  if (number < gap.from || number >= gap.to) return null;
  const table = below.length < 3 ? undefined : `${gap.root}.${number}`;
  return { table, rest: gapOf(gap.root, number + 1, gap.to) };
}
