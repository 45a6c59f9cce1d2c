import { expect, test } from 'vitest';
import { type Reading, survey } from '../../src/sensorprobe/index.ts';
import { compareOids } from '../../src/snmp/oid.ts';
import type { Varbind } from '../../src/snmp/session.ts';
import { Walk } from '../../src/snmp/walk.ts';
import { recorded } from './replay.ts';

const settings = '1.3.6.1.4.1.3854.1.2.2.1';

/** Where real probes have settings behind its tables, which take no part in a check. */
const real = [20, 23, 30, 37, 39, 50, 60, 70, 80, 90, 100, 102, 108, 110, 113];

/** Has a walk read all that it wants of an agent with these OIDs; gives the number of requests. */
function readAll(walk: Walk, oids: readonly string[]): number {
  const known = [...new Set(oids)].sort(compareOids);
  const next = (from: string): Varbind => {
    const oid = known.find((one) => compareOids(one, from) > 0);
    return oid === undefined ? { oid: from, kind: 'end' } : { oid, kind: 'cell', value: 1 };
  };
  let requests = 0;
  for (let plan = walk.plan(100); plan !== undefined; plan = walk.plan(100)) {
    const { call, items, repeated } = plan;
    requests += 1;
    let row = repeated.map(({ cursor }) => cursor);
    const rows = Array.from({ length: call.kind === 'bulk' ? call.repetitions : 0 }, () => {
      const varbinds = row.map(next);
      row = varbinds.map(({ oid }) => oid);
      return varbinds;
    });
    expect(walk.take(plan, [...items.map(({ from }) => next(from)), ...rows.flat()])).toBeUndefined();
  }
  return requests;
}

/** What a walk has read, and why there is no more. */
function readingOf({ cells, columns, following, whole }: Walk, trouble?: string): Reading {
  return { cells, columns, following, whole, trouble };
}

const sensorProbe2 = recorded('sensorprobe2').map(({ oid }) => oid);

test('what a real probe has is known after one request, before its other tables are read', () => {
  const oids = [...sensorProbe2, ...real.map((number) => `${settings}.${number}.0`)];
  const walk = new Walk(true);
  const reader = survey(undefined);
  let step = reader.next();
  let requests = 0;
  while (step.done !== true && !step.value.columns?.some(({ oids: [oid] }) => oid?.startsWith(`${settings}.17.`))) {
    walk.want(step.value);
    requests += readAll(walk, oids);
    step = reader.next(readingOf(walk));
  }
  expect(step.done).toBe(false);
  expect(requests).toBe(1);
});

test('a probe that sums up its modules is asked for all of them with the request for its tables', () => {
  const modules = [1, 2, 5].map((module) => `1.3.6.1.4.1.3854.1.1.10.${module}.0`);
  const walk = new Walk(true);
  const reader = survey(undefined);
  let requests = 0;
  let step = reader.next();
  while (step.done !== true) {
    walk.want(step.value);
    requests += readAll(walk, [...sensorProbe2, ...modules]);
    step = reader.next(readingOf(walk));
  }
  expect(step.value.summaries).toHaveLength(4);
  expect(requests).toBe(2);
});

test('what the first answer told counts when the probe stops before it has told of its meters', () => {
  const walk = new Walk(true);
  const reader = survey(undefined);
  let step = reader.next();
  if (step.done !== true) walk.want(step.value);
  readAll(walk, [...sensorProbe2, `${settings}.40.1.1.0`]);
  step = reader.next(readingOf(walk));
  if (step.done !== true) walk.want(step.value);
  expect(walk.done).toBe(false);
  while (step.done !== true) step = reader.next(readingOf(walk, 'stopped answering'));
  expect(step.value.rows.map(({ table }) => table.kind)).toEqual(['temperature', 'temperature']);
});
