import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import checkClusterVip from '../plugins/check_cluster_vip.ts';
import checkSourceAddress from '../plugins/check_source_address.ts';
import { type Answer, judgePgpool, readWatchdog } from '../src/pgpool/index.ts';
import { readCommandLine } from '../src/plugin/command_line.ts';
import type { Finding } from '../src/plugin/index.ts';
import { type Ask, type Asked, askAbout, askInside, clusterOf, inside } from '../test/lab/netns/ask.ts';
import { readRecording } from '../test/lab/netns/recording.ts';
import { scenarios } from '../test/lab/netns/scenarios.ts';
import { readOutcome } from '../test/lab/uml/uml.ts';
import { leavings, targetOf, vipOf } from '../test/lab/wholeway/leaving.ts';
import { readSituation } from '../test/lab/wholeway/recordings.ts';
import { situations } from '../test/lab/wholeway/situations.ts';
import { capture, captured, noAnswer, noWishes } from '../test/pgpool/capture.ts';
import { reportOf } from '../test/sensorprobe/replay.ts';
import { plugins } from './plugins.ts';

/** A run of a plugin on what was recorded: its name says where that lies. More options of the plugin may be given. */
export type RecordedRun = {
  readonly name: string;
  readonly findings: (options?: readonly string[]) => Promise<readonly Finding[]>;
};

const vip4 = '192.168.56.20';
const vipInside = askInside(checkClusterVip);
const sourceInside = askInside(checkSourceAddress);

/** Every recording of the labs with the question that its test asks. */
export function recordedRuns(): readonly RecordedRun[] {
  return [
    ...readdirSync('test/fixtures/clusterip').flatMap((name) => {
      const { snapshots } = readOutcome(`test/fixtures/clusterip/${name}`);
      const cluster = { vip: vip4, nodes: Object.keys(snapshots), snapshots, options: [] };
      return [
        about(`clusterip/${name}`, inside, cluster),
        about(`clusterip/${name} (check_cluster_vip)`, vipInside, cluster),
      ];
    }),
    ...scenarios.map((scenario) => {
      const name = `netns/${scenario.name}.txt`;
      return about(name, inside, clusterOf(scenario, readRecording(scenario)?.snapshots ?? {}));
    }),
    ...situations.flatMap((situation) => {
      const { ipv6, nodes, options, vip } = situation;
      const snapshots = readSituation(situation)?.snapshots ?? {};
      const cluster = { vip: ipv6 ? 'fd00:56::20' : vip4, nodes, snapshots, options };
      const name = `wholeway/${situation.name}.txt`;
      return [
        about(name, inside, cluster),
        ...(vip === null
          ? []
          : [about(`${name} (check_cluster_vip)`, vipInside, { ...cluster, options: vip.options })]),
      ];
    }),
    ...leavings.map((leaving): RecordedRun => {
      const folder = `leaving/${leaving.name}`;
      const args = ['--source', vipOf(leaving), '--target', targetOf(leaving)];
      return {
        name: folder,
        findings: () =>
          said(sourceInside, [...args, ...nodeArgs(`test/fixtures/${folder}`), '--output-format', 'json']),
      };
    }),
    ...recordingsOfProbes().map((name) => ({
      name: `sensorprobe/${name}.snmp`,
      findings: async () => reportOf(name).findings,
    })),
    ...readdirSync('test/fixtures/pgpool').flatMap((file) => {
      const name = file.replace(/\.\w+$/, '');
      if (file.endsWith('.psv') && existsSync(`test/fixtures/pgpool/${name}.pcp`))
        return [pgpool(`pgpool/${name}`, { told: capture(name).told })];
      if (!file.includes('watchdog')) return [];
      const watchdog = readWatchdog({ stdout: captured(file), stderr: '' });
      return [pgpool(`pgpool/${name}`, { told: capture('00-healthy').told, watchdog })];
    }),
  ];
}

function pgpool(name: string, answer: Partial<Answer>): RecordedRun {
  return { name, findings: async () => judgePgpool({ ...noAnswer, ...answer }, noWishes).faults };
}

/** A run of a plugin with its arguments; a word in `{}` is a folder of fixtures, and stands for the nodes in it. */
export function runOf(line: string): RecordedRun {
  const [name = '', ...words] = line.split(' ');
  const args = words.flatMap((word) =>
    word.startsWith('{') ? nodeArgs(`test/fixtures/${word.slice(1, -1)}`) : [word],
  );
  return { name: line.replaceAll(/[{}]/g, ''), findings: () => findingsOf(name, [...args, '--output-format', 'json']) };
}

/** Inside this process, which is quicker; what is refused says the built plugin itself. */
async function findingsOf(name: string, args: readonly string[]): Promise<readonly Finding[]> {
  const plugin = plugins.find((one) => one.name === name);
  if (plugin === undefined) throw new Error(`there is no plugin ${name}`);
  if (readCommandLine(plugin, args, {}).kind === 'run') return said(askInside(plugin), args);
  const { stdout } = spawnSync(process.execPath, [path.resolve('dist', name), ...args], { encoding: 'utf8' });
  return JSON.parse(stdout).findings;
}

function about(name: string, ask: Ask, cluster: Asked): RecordedRun {
  return {
    name,
    findings: async (options = []) =>
      (await askAbout(ask, { ...cluster, options: [...cluster.options, ...options] }, [])).findings,
  };
}

async function said(ask: Ask, args: readonly string[]): Promise<readonly Finding[]> {
  return (await ask(args)).findings;
}

function nodeArgs(folder: string): readonly string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  return files.flatMap((file) => ['--node', `${file.replace('.txt', '')}=file:${folder}/${file}`]);
}

function recordingsOfProbes(): readonly string[] {
  const files = readdirSync('test/fixtures/sensorprobe', { recursive: true, encoding: 'utf8' });
  return files.flatMap((file) => (file.endsWith('.snmp') ? [file.replace('.snmp', '')] : [])).sort();
}
