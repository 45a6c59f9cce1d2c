import { expect, test } from 'vitest';
import { survey } from '../../src/sensorprobe/index.ts';
import { compareOids } from '../../src/snmp/oid.ts';
import type { Varbind } from '../../src/snmp/session.ts';
import { Walk } from '../../src/snmp/walk.ts';
import { recorded } from './replay.ts';

const settings = '1.3.6.1.4.1.3854.1.2.2.1';

/** Where real probes have settings behind its tables, which take no part in a check. */
const real = [20, 23, 30, 37, 39, 50, 60, 70, 80, 90, 100, 102, 108, 110, 113];

test('what a real probe has is known after one request, before its other tables are read', () => {
  const oids = recorded('sensorprobe2').map(({ oid }) => oid);
  const known = [...new Set([...oids, ...real.map((number) => `${settings}.${number}.0`)])].sort(compareOids);
  const next = (from: string): Varbind => {
    const oid = known.find((one) => compareOids(one, from) > 0);
    return oid === undefined ? { oid: from, kind: 'end' } : { oid, kind: 'cell', value: 1 };
  };
  const walk = new Walk(true);
  const reader = survey(undefined);
  let step = reader.next();
  let requests = 0;
  while (step.done !== true && !step.value.columns?.some(({ oids: [oid] }) => oid?.startsWith(`${settings}.17.`))) {
    walk.want(step.value);
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
    step = reader.next({ ...walk, cells: walk.cells, trouble: undefined });
  }
  expect(step.done).toBe(false);
  expect(requests).toBe(1);
});
