import { beforeAll, describe, expect, test, vi } from 'vitest';
import { devices } from '../../fixtures/sensorprobe/devices.ts';
import { invented } from './invented.ts';
import { buildPlugin, type Outcome, patient, type Run } from './plugin.ts';
import { reported } from './reported.ts';
import { type Expected, limits, type Situation, situations } from './situations.ts';
import { startSnmpd, whyNoSnmpd } from './snmpd.ts';

// On a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const why = whyNoSnmpd();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the snmp lab cannot run: ${why}`);

/** What the plugin says of a sensor as JSON; the fields that are its promise to users. */
type Sensor = {
  readonly kind: string;
  readonly port: number;
  readonly name: string;
  readonly value: number | null;
  readonly unit: string | null;
  readonly state: Expected[2];
  readonly online: boolean | null;
  readonly limits: Readonly<Record<'lowCritical' | 'lowWarning' | 'highWarning' | 'highCritical', number | null>>;
};

describe
  .skipIf(why !== null)
  .concurrent(`check_sensorprobe on a real snmpd${why === null ? '' : ` (skipped: ${why})`}`, () => {
    let run: Run;
    beforeAll(() => {
      run = buildPlugin();
    });

    async function check(recording: string, args: readonly string[]): Promise<Outcome> {
      const snmpd = await startSnmpd(recording);
      const outcome = await run(['-H', '127.0.0.1', '-p', String(snmpd.port), ...patient, ...args]);
      await snmpd.stop();
      expect(outcome.stderr).toBe('');
      return outcome;
    }

    async function holds([recording, code, expected]: Situation, args: readonly string[]): Promise<void> {
      const { stdout, code: got } = await check(recording, ['--output-format', 'json', ...args]);
      const sensors: readonly Sensor[] = JSON.parse(stdout).data?.sensors ?? [];
      expect(wordsOf(sensors)).toEqual(expected.map((row) => row.join(' | ')).sort());
      for (const [, name, wanted] of limits.filter(([where]) => where === recording)) {
        expect([name, limitsOf(sensors, name)]).toEqual([name, wanted]);
      }
      expect(got, stdout).toBe(code);
    }

    test.each(situations)('%s ends with exit code %i', (...situation) => holds(situation, []));

    test.each(reported.flatMap((situation) => (['1', '2c'] as const).map((version) => ({ situation, version }))))(
      '$situation.0 ends with exit code $situation.1 on version $version',
      ({ situation, version }) => holds(situation, ['-P', version]),
    );

    const asked = invented.flatMap((one) => (['1', '2c'] as const).map((version) => ({ ...one, version })));
    test.each(asked)('$device asked $args ends with exit code $code on version $version', async (one) => {
      const { device, args = [], version, sensors, says } = one;
      const recording = `invented/${device}`;
      const { stdout, code } = await check(recording, ['-P', version, ...args]);
      if (says !== undefined) expect(stdout).toMatch(says);
      expect(code, stdout).toBe(one.code);
      if (sensors === undefined) return;
      const json = await check(recording, ['-P', version, '--output-format', 'json', ...args]);
      expect(wordsOf(JSON.parse(json.stdout).data.sensors)).toEqual(sensors.map((row) => row.join(' | ')).sort());
    });

    test('every recording of a probe has its expectation', () => {
      const hostile = ['sensorprobe2-hostile-names', 'sensorprobe2-no-names', 'sensorprobe2-rope-water'];
      const devicesAsked = new Set(invented.map(({ device }) => `invented/${device}`));
      expect([...situations.map(([recording]) => recording), ...hostile, ...devicesAsked].sort()).toEqual(
        Object.keys(devices).sort(),
      );
    });
  });

/** What is judged of the sensors of a probe, and those of which it is not known whether they are online. */
function wordsOf(sensors: readonly Sensor[]): readonly string[] {
  return sensors
    .filter(({ online }) => online !== false)
    .map(words)
    .sort();
}

function words(sensor: Sensor): string {
  const { kind, port, name, state } = sensor;
  return [`${kind} ${port} ${name}`, valueWords(sensor), state].join(' | ');
}

/** The value and unit of an analog sensor; nothing for a switch, which has no value. */
function valueWords({ value, unit }: Sensor): string {
  if (unit !== null && unit !== '') return `${value ?? 'none'} ${unit}`;
  return value === null ? '' : String(value);
}

function limitsOf(sensors: readonly Sensor[], name: string): readonly (number | null | undefined)[] {
  const { lowCritical, lowWarning, highWarning, highCritical } = sensors.find((one) => one.name === name)?.limits ?? {};
  return [lowCritical, lowWarning, highWarning, highCritical];
}
