import { existsSync, readdirSync } from 'node:fs';
import checkClusterBuckets from '../plugins/check_cluster_buckets.ts';
import checkClusterVip from '../plugins/check_cluster_vip.ts';
import checkSourceAddress from '../plugins/check_source_address.ts';
import { judgePgpool, readWatchdog, reportPgpool } from '../src/pgpool/index.ts';
import { readCommandLine } from '../src/plugin/command_line.ts';
import type { Plugin, Report } from '../src/plugin/index.ts';
import { leavings, targetOf, vipOf } from './lab/wholeway/leaving.ts';
import { capture, captured, limits, noAnswer, noWishes } from './pgpool/capture.ts';
import { reportOf } from './sensorprobe/replay.ts';

/** A report on something recorded, and what it is about. */
export type Recorded = { readonly name: string; readonly plugin: string; readonly report: Report };

const vip = '192.168.56.20';

/** What all plugins say of the recordings of clusters, of what leaves them, of probes and of Pgpools. */
export async function recordedReports(): Promise<readonly Recorded[]> {
  const clusters = readdirSync('test/fixtures/clusterip').map((name) => `test/fixtures/clusterip/${name}`);
  const pairs = readdirSync('test/fixtures/vip').map((name) => `test/fixtures/vip/${name}`);
  const several = readdirSync('test/fixtures/vips').map((name) => `test/fixtures/vips/${name}`);
  const wishes = { ...noWishes, warning: limits('delay=100', 'children=80'), critical: limits('up=2:') };
  return [
    ...(await Promise.all([
      ...clusters.map((folder) => runOn(checkClusterBuckets, folder, ['--vip', vip, '-w', '1:', '-c', '0:1'])),
      ...several.map((folder) => runOn(checkClusterBuckets, folder, ['--vip', 'all', '-w', '1:', '-c', '0:1'])),
      ...clusters.map((folder) => runOn(checkClusterVip, folder, ['--vip', vip])),
      ...pairs.map((folder) => runOn(checkClusterVip, folder, ['--vip', '192.0.2.100', '--expect', 'one'])),
      ...leavings.map((leaving) => {
        const args = ['--source', vipOf(leaving), '--target', targetOf(leaving)];
        return runOn(checkSourceAddress, `test/fixtures/leaving/${leaving.name}`, args);
      }),
    ])),
    ...recordings().flatMap((name) =>
      [false, true].map((dewPoint): Recorded => {
        const report = reportOf(name, { dewPoint, unit: dewPoint ? 'F' : undefined });
        return {
          name: `${name}${dewPoint ? ' in Fahrenheit, with the dew point' : ''}`,
          plugin: 'check_sensorprobe',
          report,
        };
      }),
    ),
    ...readdirSync('test/fixtures/pgpool').flatMap((file): readonly Recorded[] => {
      const name = file.replace(/\.\w+$/, '');
      const watched = file.includes('watchdog') && file.endsWith('.txt');
      if (!watched && !(file.endsWith('.psv') && existsSync(`test/fixtures/pgpool/${name}.pcp`))) return [];
      const { told } = capture(watched ? '00-healthy' : name);
      const watchdog = watched ? readWatchdog({ stdout: captured(file), stderr: '' }) : undefined;
      const report = reportPgpool(judgePgpool({ ...noAnswer, told, watchdog }, wishes), wishes);
      return [{ name, plugin: 'check_pgpool', report }];
    }),
  ];
}

/** A run inside this process on the snapshots of a folder. */
async function runOn(plugin: Plugin, folder: string, args: readonly string[]): Promise<Recorded> {
  const files = readdirSync(folder).filter((file) => /^n\d+\.txt$/.test(file));
  const nodes = files.flatMap((file) => ['--node', `${file.replace('.txt', '')}=file:${folder}/${file}`]);
  const request = readCommandLine(plugin, [...args, ...nodes], {});
  if (request.kind !== 'run') throw new Error(`refused: ${JSON.stringify(request)}`);
  const context = { verbosity: 0, timeoutMs: 60_000, timeLeft: () => 60_000, stage: () => {} } as const;
  const report = await plugin.run(request.values, { ...context, signal: new AbortController().signal });
  return { name: `${plugin.name} on ${folder}`, plugin: plugin.name, report };
}

function recordings(): readonly string[] {
  const files = readdirSync('test/fixtures/sensorprobe', { recursive: true, encoding: 'utf8' });
  return files.flatMap((file) => (file.endsWith('.snmp') ? [file.replace('.snmp', '')] : [])).sort();
}
