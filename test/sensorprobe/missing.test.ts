import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stateOf } from '../../src/plugin/index.ts';
import { akcp } from '../fixtures/sensorprobe/recording.ts';
import { answerOf, recorded, reportOn } from './replay.ts';

/** Cells that alone say something: a summary, a whole board's status, the status of what only signals. */
const onlyWitness = new RegExp(
  `^${akcp.replaceAll('.', '\\.')}\\.(?:1\\.1\\.(?:2|10)\\.|1\\.2\\.2\\.1\\.9\\.0|2\\.2\\.\\d\\.1\\.[67]\\.|3\\.5\\.1\\.1\\.6\\.0\\.0\\.0\\.4\\.0)`,
);

const devices = ['invented', 'reported'].flatMap((folder) =>
  readdirSync(`test/fixtures/sensorprobe/${folder}`).map((name) => `${folder}/${name.replace('.snmp', '')}`),
);

test.each(devices)(
  '%s: a cell that the probe leaves out turns no alarm into OK',
  (device) => {
    const cells = recorded(device);
    const before = stateOf(reportOn([answerOf(cells)]));
    // The large ones repeat themselves.
    if (before === 'OK' || cells.length > 200) return;
    const hidden = cells.filter(
      (cell) =>
        !onlyWitness.test(cell.oid) && stateOf(reportOn([answerOf(cells.filter((other) => other !== cell))])) === 'OK',
    );
    expect(hidden.map(({ oid }) => oid)).toEqual([]);
  },
  60_000,
);
