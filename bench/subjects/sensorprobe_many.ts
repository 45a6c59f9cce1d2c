import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { startSnmpd, whyNoSnmpd } from '../../test/lab/snmp/snmpd.ts';
import { freeUdpPort } from '../../test/lab/snmp/udp.ts';
import { installed } from '../installed.ts';
import { median, plainEnvironment, type Subject } from '../pairs.ts';

const addresses = Array.from({ length: 200 }, (_, i) => `127.0.1.${i + 1}`);

export const subject: Subject = {
  title: 'check_sensorprobe: 200 probes in one process',
  about:
    'CPU time of the plugin’s own process, in milliseconds, by which a run with 200 probes of six sensors (twelve rows) exceeds a run with one, for each probe more. One snmpd stands for all of them. Load on the machine makes the figure larger.',
  measure: async (rounds) => {
    const why = whyNoSnmpd();
    if (why !== null) return { skipped: why };
    const port = await freeUdpPort();
    const snmpd = await startSnmpd('sensorprobe4-six-sensors', { listen: { addresses, port } });
    try {
      return await installed(async ({ plugin, file }) => {
        const [hook, result] = [file('hook.cjs'), file('cpu')];
        writeFileSync(
          hook,
          `process.on('exit', () => {
            const { user, system } = process.cpuUsage();
            require('fs').writeFileSync(${JSON.stringify(result)}, String((user + system) / 1000));
          });`,
        );
        const cpu = (count: number) => {
          const hosts = addresses.slice(0, count).flatMap((address) => ['-H', address]);
          const { program, args } = plugin('check_sensorprobe', ...hosts, '-p', String(port), '-t', '60');
          const env = { ...plainEnvironment(), NODE_OPTIONS: `--require=${hook}` };
          const { status } = spawnSync(program, args, { stdio: 'ignore', env });
          if (status !== 0) throw new Error(`check_sensorprobe ended with ${status}`);
          return Number(readFileSync(result, 'utf8'));
        };
        const runs = Array.from({ length: Math.max(5, Math.round(rounds / 3)) }, () => ({
          one: cpu(1),
          all: cpu(addresses.length),
        }));
        const more = median(runs.map(({ one, all }) => (all - one) / (addresses.length - 1)));
        const one = median(runs.map((pair) => pair.one));
        return [
          { what: 'a run with one probe', figure: `${one.toFixed(1)} ms`, ratio: null, limit: null },
          { what: 'each probe more', figure: `${more.toFixed(2)} ms`, ratio: more, limit: 1.2 },
        ];
      });
    } finally {
      await snmpd.stop();
    }
  },
};
