import { describe, expect, test } from 'vitest';
import { Diagram, type Edge, everything, nothing } from '../../src/netfilter/model/diagram.ts';
import { random } from '../fuzz/random.ts';

// Held against brute force: a set of a few variables is the list of all its assignments.

const bits = 8;
const assignments = Array.from({ length: 2 ** bits }, (_, i) => i);
const field = { first: 0, bits };

type Set256 = ReadonlySet<number>;
type Pair = { readonly edge: Edge; readonly set: Set256 };

function membersOf(diagram: Diagram, edge: Edge): readonly number[] {
  return assignments.filter((one) => diagram.holds(edge, (variable) => ((one >> (bits - 1 - variable)) & 1) === 1));
}

function expectSame(diagram: Diagram, { edge, set }: Pair): void {
  expect(membersOf(diagram, edge)).toEqual(assignments.filter((one) => set.has(one)));
}

/** Sets made by the operations themselves, from intervals and lists of values. */
function makeSets(diagram: Diagram, seed: number, count: number): readonly Pair[] {
  const chance = random(seed);
  const pairs: Pair[] = [];
  const filtered = (test: (one: number) => boolean): Set256 => new Set(assignments.filter(test));
  for (let i = 0; i < count; i++) {
    const [a, b] = [pairs[chance.below(Math.max(1, pairs.length))], pairs[chance.below(Math.max(1, pairs.length))]];
    if (a === undefined || b === undefined || chance.below(3) === 0) {
      const [low = 0, to = 0, from = 0, high = 0] = Array.from({ length: 4 }, () => chance.below(256)).sort(
        (x, y) => x - y,
      );
      const whole = from <= to + 1 || chance.below(2) === 0;
      const spans = whole
        ? [[low, high]]
        : [
            [low, to],
            [from, high],
          ];
      pairs.push({
        edge: diagram.among(
          field,
          spans.map(([first = 0, last = 0]) => ({ low: BigInt(first), high: BigInt(last) })),
        ),
        set: filtered((one) => spans.some(([first = 0, last = 0]) => one >= first && one <= last)),
      });
    } else {
      const made: readonly Pair[] = [
        { edge: diagram.and(a.edge, b.edge), set: filtered((one) => a.set.has(one) && b.set.has(one)) },
        { edge: diagram.or(a.edge, b.edge), set: filtered((one) => a.set.has(one) || b.set.has(one)) },
        { edge: diagram.diff(a.edge, b.edge), set: filtered((one) => a.set.has(one) && !b.set.has(one)) },
        { edge: a.edge ^ 1, set: filtered((one) => !a.set.has(one)) },
      ];
      const one = made[chance.below(made.length)];
      if (one !== undefined) pairs.push(one);
    }
  }
  return pairs;
}

describe('sets of assignments, against brute force over eight variables', () => {
  const diagram = new Diagram();
  const pairs = makeSets(diagram, 7, 400);

  test('intersection, union, difference and complement hold the right assignments', () => {
    for (const pair of pairs) expectSame(diagram, pair);
  });

  test('equal sets are equal numbers, whatever they were made of', () => {
    const known = new Map<string, Edge>();
    for (const { edge, set } of pairs) {
      const key = [...set].sort((a, b) => a - b).join();
      expect(known.get(key) ?? edge).toBe(edge);
      known.set(key, edge);
    }
    expect(known.size).toBeGreaterThan(100);
  });

  test('quantified variables can be anything', () => {
    for (const { edge, set } of pairs.slice(0, 150)) {
      for (const [first, last] of [
        [0, 2],
        [3, 5],
        [6, 7],
        [0, 7],
      ] as const) {
        const mask =
          assignments.length -
          1 -
          Array.from({ length: last - first + 1 }, (_, i) => 1 << (bits - 1 - first - i)).reduce((a, b) => a | b, 0);
        const kept = new Set([...set].map((one) => one & mask));
        const wanted = new Set(assignments.filter((one) => kept.has(one & mask)));
        expectSame(diagram, { edge: diagram.exists(edge, first, last), set: wanted });
      }
    }
  });

  test('a shadow has the values of a field, and intervals list them', () => {
    for (const { edge, set } of pairs.slice(0, 150)) {
      for (const part of [
        { first: 0, bits: 3 },
        { first: 2, bits: 4 },
        { first: 5, bits: 3 },
      ]) {
        const shift = bits - part.first - part.bits;
        const valueIn = (one: number) => (one >> shift) & (2 ** part.bits - 1);
        const values = new Set([...set].map(valueIn));
        const wanted = new Set(assignments.filter((one) => values.has(valueIn(one))));
        expectSame(diagram, { edge: diagram.shadow(edge, part), set: wanted });
        const listed = diagram.intervals(edge, part).flatMap(({ low, high }) => {
          return Array.from({ length: Number(high - low) + 1 }, (_, i) => Number(low) + i);
        });
        expect(listed).toEqual([...values].sort((a, b) => a - b));
        const touching = diagram
          .intervals(edge, part)
          .some(({ low }, i, all) => i > 0 && all[i - 1]?.high === low - 1n);
        expect(touching).toBe(false);
      }
    }
  });

  test('fractions are those of all assignments, and the rests below a variable make the whole', () => {
    for (const { edge, set } of pairs) {
      expect(diagram.fraction(edge)).toBe(set.size / assignments.length);
      const rests = [...diagram.rests(edge, 4)];
      expect(rests.reduce((sum, [rest, share]) => sum + share * diagram.fraction(rest), 0)).toBeCloseTo(
        set.size / 256,
        12,
      );
      expect(rests.reduce((sum, [, share]) => sum + share, 0)).toBe(1);
    }
  });

  test('values that meet a test are found by it', () => {
    const odd = diagram.where(field, (value) => value % 3 === 1);
    expectSame(diagram, { edge: odd, set: new Set(assignments.filter((one) => one % 3 === 1)) });
    expect(diagram.where(field, () => true)).toBe(everything);
    expect(diagram.where(field, () => false)).toBe(nothing);
  });

  test('values that a field cannot have, and intervals that end before they begin, are in nothing', () => {
    expect(diagram.among(field, [{ low: 300n, high: 400n }])).toBe(nothing);
    expect(diagram.among(field, [{ low: 9n, high: 3n }])).toBe(nothing);
    expect(diagram.among(field, [])).toBe(nothing);
  });

  test('many intervals stand on top of a set of the variables below', () => {
    const [upper, lower] = [
      { first: 0, bits: 4 },
      { first: 4, bits: 4 },
    ];
    const below = diagram.among(lower, [{ low: 2n, high: 11n }]);
    const spans = [0n, 3n, 4n, 9n, 15n].map((value) => ({ low: value, high: value }));
    expect(diagram.among(upper, spans, below)).toBe(diagram.and(diagram.among(upper, spans), below));
    expect(diagram.among(upper, [{ low: 0n, high: 15n }], below)).toBe(below);
  });

  test('an unknown variable leaves open what hangs on it, and nothing else', () => {
    const low = diagram.among(field, [{ low: 0n, high: 127n }]);
    expect(diagram.holds(low, (variable) => (variable === 0 ? false : null))).toBe(true);
    expect(diagram.holds(low, (variable) => (variable === 0 ? null : false))).toBe(null);
  });
});

describe('bounds on the work', () => {
  const spans = (diagram: Diagram) => {
    let sum: Edge = nothing;
    for (let i = 0n; i < 2000n; i++) {
      const span = { low: i * 977n * 2039n, high: i * 977n * 2039n + 5n };
      sum = diagram.or(sum, diagram.among({ first: 0, bits: 32 }, [span]));
    }
    return sum;
  };

  test('more nodes than allowed end the work, the same every time, and what was made before stays right', () => {
    const diagram = new Diagram();
    const before = diagram.among(field, [{ low: 3n, high: 90n }]);
    expect(
      diagram.bounded(
        500,
        () => false,
        () => spans(diagram),
      ),
    ).toEqual({ cause: 'size' });
    expect(
      diagram.bounded(
        500,
        () => false,
        () => spans(diagram),
      ),
    ).toEqual({ cause: 'size' });
    expect(membersOf(diagram, before)).toEqual(assignments.filter((one) => one >= 3 && one <= 90));
    expect(
      diagram.bounded(
        1_000_000,
        () => false,
        () => diagram.fraction(spans(diagram)),
      ),
    ).toEqual({
      done: 12_000 / 2 ** 32,
    });
  });

  test('work that is too late ends', () => {
    const diagram = new Diagram();
    expect(
      diagram.bounded(
        1_000_000,
        () => true,
        () => spans(diagram),
      ),
    ).toEqual({ cause: 'time' });
  });
});
