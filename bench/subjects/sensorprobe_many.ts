import { startSnmpd, whyNoSnmpd } from '../../test/lab/snmp/snmpd.ts';
import { freeUdpPort } from '../../test/lab/snmp/udp.ts';
import { cpuMeter } from '../cpu.ts';
import { installed } from '../installed.ts';
import { median, type Row, type Subject } from '../pairs.ts';

const addresses = Array.from({ length: 200 }, (_, i) => `127.0.1.${i + 1}`);

export const subject: Subject = {
  title: 'check_sensorprobe: 200 probes in one process',
  about:
    'CPU time of the plugin’s own process, in milliseconds, by which a run with 200 probes of six sensors (twelve rows) exceeds a run with one, for each probe more. One snmpd stands for all of them. A busy machine makes the milliseconds larger (a core that is shared does less in each), hardly the ratio to what `node` needs for an empty file.',
  measure: async (rounds) => {
    const why = whyNoSnmpd();
    if (why !== null) return { skipped: why };
    const port = await freeUdpPort();
    const snmpd = await startSnmpd('sensorprobe4-six-sensors', { listen: { addresses, port }, ownValues: true });
    try {
      return await installed(async ({ plugin, empty, file }) => {
        const cpu = cpuMeter(file);
        const probes = (count: number) => {
          const hosts = addresses.slice(0, count).flatMap((address) => ['-H', address]);
          return plugin('check_sensorprobe', ...hosts, '-p', String(port), '-t', '60');
        };
        const runs = Array.from({ length: Math.max(5, Math.round(rounds / 3)) }, () => {
          const [start, one, all] = [cpu(empty), cpu(probes(1)), cpu(probes(addresses.length))];
          return { start, one, more: (all - one) / (addresses.length - 1) };
        });
        const start = median(runs.map((run) => run.start));
        const one = median(runs.map((run) => run.one));
        const more = median(runs.map((run) => run.more));
        const row = (what: string, own: number, limit: number | null, ratio: number): Row => ({
          what,
          figure: `${own.toFixed(2)} ms CPU`,
          ratio,
          limit,
        });
        return [
          row('one probe, against an empty file', one, null, one / start),
          row('each probe more, against an empty file', more, null, more / start),
          row('each probe more, in milliseconds', more, 1.2, more),
        ];
      });
    } finally {
      await snmpd.stop();
    }
  },
};
