import { buildPlugin, patient, type Run } from '../../test/lab/snmp/plugin.ts';
import { type Snmpd, startSnmpd, whyNoSnmpd } from '../../test/lab/snmp/snmpd.ts';
import { startRelay } from '../../test/lab/snmp/udp.ts';
import type { Row, Subject } from '../pairs.ts';

type Version = '2c' | '1';

/** A recording, what it is, and the most requests that a check of it shall take. */
const probes: readonly [recording: string, what: string, limits: Readonly<Partial<Record<Version, number>>>][] = [
  ['sensorprobe8', 'sensorProbe8, 84 rows', { '2c': 8, '1': 30 }],
  ['sensorprobe4-six-sensors', 'sensorProbe4, 12 rows', {}],
  ['sensorprobe4', 'sensorProbe4 with expansion parts, 26 rows', {}],
  ['securityprobe', 'securityProbe, 9 rows', {}],
  ['spx-plus', 'SPX+, 15 rows', {}],
];

export const subject: Subject = {
  title: 'check_sensorprobe: requests',
  about:
    'Datagrams that the plugin sends for a full check, counted on the wire before a real snmpd, which cuts an answer at 100 values. Round trips decide how long a probe far away takes. Other plugins that are in use today need 34 to 1595 for the first of these probes.',
  measure: async () => {
    const why = whyNoSnmpd();
    if (why !== null) return { skipped: why };
    const run = buildPlugin();
    const rows: Row[] = [];
    for (const [recording, what, limits] of probes) {
      const snmpd = await startSnmpd(recording);
      try {
        for (const version of ['2c', '1'] as const) {
          const requests = await count(run, snmpd, version);
          const limit = limits[version] ?? null;
          rows.push({ what: `${what}, v${version}`, figure: `${requests} requests`, ratio: limit && requests, limit });
        }
      } finally {
        await snmpd.stop();
      }
    }
    return rows;
  },
};

async function count(run: Run, { port }: Snmpd, version: Version): Promise<number> {
  const relay = await startRelay(port);
  // Patient, so that a busy machine makes no request to be repeated.
  const { code, stdout } = await run(['-H', '127.0.0.1', '-p', String(relay.port), '-P', version, ...patient]);
  await relay.stop();
  if (code !== 0) throw new Error(stdout);
  return relay.requests();
}
