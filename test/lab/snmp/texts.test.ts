import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildPlugin, patient, type Run } from './plugin.ts';
import { type Snmpd, startSnmpd, whyNoSnmpd } from './snmpd.ts';
import { texts } from './texts.ts';

// On a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const why = whyNoSnmpd();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the snmp lab cannot run: ${why}`);

describe
  .skipIf(why !== null)
  .concurrent(`check_sensorprobe words what a real snmpd says${why === null ? '' : ` (skipped: ${why})`}`, () => {
    let run: Run;
    const agents = new Map<string, Snmpd>();
    beforeAll(async () => {
      run = buildPlugin();
      const recordings = [...new Set(texts.map(({ recording }) => recording))];
      await Promise.all(recordings.map(async (recording) => agents.set(recording, await startSnmpd(recording))));
    });
    afterAll(() => Promise.all([...agents.values()].map((agent) => agent.stop())));

    test.each(texts)('$what', async ({ recording, args, code, lines }) => {
      const outcome = await run(['-H', '127.0.0.1', '-p', String(agents.get(recording)?.port), ...patient, ...args]);
      expect(outcome.stdout).toBe(lines.map((line) => `${line}\n`).join(''));
      expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code, stderr: '' });
    });
  });
