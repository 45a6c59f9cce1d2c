import { describe, expect, test } from 'vitest';
import { compareOids } from '../../src/snmp/oid.ts';
import type { Varbind } from '../../src/snmp/session.ts';
import { type Columns, type Plan, Walk } from '../../src/snmp/walk.ts';

// A table of two columns; row 2 lacks its second cell, as devices do now and then. Something else stands behind it.
const cells = new Map<string, number>([
  ...[0, 1, 2, 3, 4].map((row): [string, number] => [`9.1.1.${row}`, row]),
  ...[0, 1, 3, 4].map((row): [string, number] => [`9.1.2.${row}`, row]),
  ['9.5.0', 1],
]);
const table: Columns = { oids: ['9.1.1', '9.1.2'], rows: 3, index: 'integer' };

function next(known: ReadonlyMap<string, number>, from: string): Varbind {
  const oid = [...known.keys()].sort(compareOids).find((one) => compareOids(one, from) > 0);
  return oid === undefined ? { oid: from, kind: 'end' } : { oid, kind: 'cell', value: known.get(oid) ?? 0 };
}

/** Answers as an honest agent would, with at most so many values. */
function answer({ call }: Plan, most = 100, known: ReadonlyMap<string, number> = cells): readonly Varbind[] {
  if (call.kind === 'get')
    return call.oids.map((oid) => {
      const value = known.get(oid);
      return value === undefined ? { oid, kind: 'none' } : { oid, kind: 'cell', value };
    });
  if (call.kind === 'next') return call.oids.map((oid) => next(known, oid));
  const found = call.oids.slice(0, call.single).map((oid) => next(known, oid));
  let row = call.oids.slice(call.single);
  for (let i = 0; i < call.repetitions; i++) {
    const varbinds = row.map((oid) => next(known, oid));
    found.push(...varbinds);
    row = varbinds.map(({ oid }) => oid);
  }
  return found.slice(0, most);
}

/** Reads all that is wanted; gives the number of requests. */
function readAll(walk: Walk, size: number, most = 100, known: ReadonlyMap<string, number> = cells): number {
  for (let requests = 0; requests < 200; requests++) {
    const plan = walk.plan(size);
    if (plan === undefined) return requests;
    expect(walk.take(plan, answer(plan, most, known))).toBeUndefined();
  }
  throw new Error('no end');
}

describe.each([
  ['GETBULK', true],
  ['GETNEXT', false],
])('reading by %s', (_, withBulk) => {
  test('finds every cell of a table, whatever is missing in it', () => {
    const walk = new Walk(withBulk);
    walk.want({ columns: [table] });
    expect(readAll(walk, 100)).toBeLessThanOrEqual(2);
    expect(Object.fromEntries(walk.columns.get('9.1.1') ?? [])).toEqual({ 0: 0, 1: 1, 2: 2, 3: 3, 4: 4 });
    expect(Object.fromEntries(walk.columns.get('9.1.2') ?? [])).toEqual({ 0: 0, 1: 1, 3: 3, 4: 4 });
    expect(walk.whole).toEqual(new Set(table.oids));
  });

  test.each([1, 2, 3, 5, 7, 24])('finds the same %d values at a time', (size) => {
    const walk = new Walk(withBulk);
    walk.want({ columns: [table], next: ['9.1', '9.6'], cells: ['9.5.0', '9.5.1'] });
    readAll(walk, size);
    expect(walk.size).toBe(cells.size + 1);
    expect(walk.cells).toEqual(
      new Map([
        ['9.1.1.0', 0],
        ['9.5.0', 1],
      ]),
    );
    expect(walk.following).toEqual(
      new Map([
        ['9.1', '9.1.1.0'],
        ['9.6', null],
      ]),
    );
  });

  test('finds rows whose index has several parts', () => {
    const dotted = new Map([...cells].map(([oid, value]) => [oid.replace(/\.(\d+)$/, '.0.0.0.$1.0'), value] as const));
    const walk = new Walk(withBulk);
    walk.want({ columns: [{ ...table, index: 'dotted' }] });
    readAll(walk, 24, 100, dotted);
    expect(walk.size).toBe(9);
  });
});

describe.each([
  ['GETBULK', true],
  ['GETNEXT', false],
])('what an answer by %s has shown to be empty', (_, withBulk) => {
  const asked = () => {
    const walk = new Walk(withBulk);
    walk.want({ next: ['9.1.2.3', '9.5', '9.6'] });
    readAll(walk, 100);
    return walk;
  };

  test.each([
    ['between two objects', '9.2', '9.5.0'],
    ['after an object', '9.1.2.4.1', '9.5.0'],
    ['where it begins', '9.5', '9.5.0'],
    ['after the end', '9.6.1', null],
  ])('is not asked for again %s', (_, from, following) => {
    const walk = asked();
    // 9.1.2.4 is there.
    walk.want({ next: ['9.1.2.4'] });
    expect(readAll(walk, 100)).toBe(1);
    walk.want({ next: [from] });
    expect(walk.done).toBe(true);
    expect(walk.following.get(from)).toBe(following);
  });

  test.each(['9.1', '9.1.2.4', '9.5.0'])('is asked for at %s, where something may be', (from) => {
    const walk = asked();
    walk.want({ next: [from] });
    expect(readAll(walk, 100)).toBe(1);
    expect(walk.following.get(from)).toBe(next(cells, from).kind === 'end' ? null : next(cells, from).oid);
  });
});

test('an agent that gives less than was asked is asked on from there', () => {
  const walk = new Walk(true);
  walk.want({ columns: [table], next: ['9.5'] });
  readAll(walk, 100, 2);
  expect(walk.size).toBe(10);
});

test('a table with more rows than usual gets all the room of an answer', () => {
  const many = new Map(Array.from({ length: 68 }, (_, row) => [`9.1.1.${row}`, row] as const));
  const walk = new Walk(true);
  walk.want({ columns: [{ oids: ['9.1.1'], rows: 8, index: 'integer' }] });
  expect(readAll(walk, 100, 100, many)).toBe(2);
});

describe('an answer that cannot be true is refused', () => {
  const asked = (withBulk = true): { walk: Walk; plan: Plan } => {
    const walk = new Walk(withBulk);
    walk.want({ columns: [{ ...table, oids: ['9.1.1'] }] });
    const plan = walk.plan(100);
    if (plan === undefined) throw new Error('nothing to ask');
    return { walk, plan };
  };
  const cell = (oid: string): Varbind => ({ oid, kind: 'cell', value: 1 });

  test.each<[string, readonly Varbind[], RegExp]>([
    ['nothing', [], /without a single value/],
    ['what was before', [cell('9.1.0')], /after 9\.1\.1: its tables would never end/],
    ['the same for ever', [cell('9.1.1.0'), cell('9.1.1.0')], /never end/],
    ['more than was asked', Array.from({ length: 9 }, (_, i) => cell(`9.1.1.${i}`)), /at most 4 were asked/],
    ['what cannot be read', [{ oid: '9.1.1.0', kind: 'broken' }], /cannot be read/],
    ['no such instance for what comes next', [{ oid: '9.1.1.0', kind: 'none' }], /says that nothing is at/],
  ])('%s', (_, varbinds, reason) => {
    const { walk, plan } = asked();
    expect(walk.take(plan, varbinds)).toMatch(reason);
  });

  test('an end of the MIB before something that it has shown', () => {
    const { walk, plan } = asked();
    expect(walk.take(plan, [cell('9.1.1.0'), { oid: '9.1.1.0', kind: 'end' }])).toBeUndefined();
    walk.want({ next: ['9.2'] });
    const second = walk.plan(100);
    if (second === undefined) throw new Error('nothing to ask');
    expect(walk.take(second, [cell('9.5.0')])).toMatch(/nothing comes after 9\.1\.1\.0, and shows 9\.5\.0/);
  });

  test('another cell than the one asked for', () => {
    const walk = new Walk(true);
    walk.want({ cells: ['9.5.0'] });
    const plan = walk.plan(100);
    if (plan === undefined) throw new Error('nothing to ask');
    expect(walk.take(plan, [cell('9.5.1')])).toMatch(/gives 9\.5\.1 where 9\.5\.0 was asked for/);
  });

  test('fewer values than a GETNEXT has', () => {
    const { walk, plan } = asked(false);
    expect(walk.take(plan, [cell('9.1.1.0')])).toMatch(/gives 1 values where 4 were asked for/);
  });
});

test('noSuchName of version 1 ends what stands behind it as well, and loses no row before it', () => {
  const walk = new Walk(false);
  walk.want({ columns: [{ oids: ['9.5'], rows: 4, index: 'integer' }] });
  const plan = walk.plan(10);
  if (plan === undefined) throw new Error('nothing to ask');
  // 9.5 has a next one, 9.5.0 and all after it have none.
  expect(walk.takeEnd(plan, 2)).toBeUndefined();
  const again = walk.plan(10);
  expect(again?.call.oids).toEqual(['9.5']);
  if (again === undefined) throw new Error('nothing to ask');
  expect(walk.take(again, [{ oid: '9.5.0', kind: 'cell', value: 7 }])).toBeUndefined();
  const last = walk.plan(10);
  expect(last?.call.oids).toEqual(['9.5.0']);
  if (last === undefined) throw new Error('nothing to ask');
  expect(walk.takeEnd(last, 1)).toBeUndefined();
  expect(walk.plan(10)).toBeUndefined();
  expect([...(walk.columns.get('9.5') ?? [])]).toEqual([['0', 7]]);
});
