import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { checkPgpool } from './simulated_pgpool.ts';
import { checkProbe } from './simulated_probe.ts';

// Shows the real plugins on clusters that were recorded on a real kernel, and on simulated sensor probes and Pgpools: each
// command, exactly what Icinga would receive, and the exit code.

/** A recording under test/fixtures, what happened there, and how it is asked, less the nodes. */
type Situation = readonly [folder: string, story: string, command: string];

const buckets = 'check_cluster_buckets --vip 192.168.56.20';
const failover = 'check_cluster_vip --vip 192.0.2.100 --expect one';
const sharing = 'check_cluster_vip --vip 192.0.2.100/24';
const source = 'check_source_address --source 192.0.2.100 --target 198.51.100.1';

const situations: readonly Situation[] = [
  ['clusterip/healthy', 'every bucket on exactly one node', buckets],
  ['clusterip/takeover', 'node 1 has taken over the bucket of node 2', buckets],
  ['clusterip/bucket-lost', 'node 2 gave up its bucket, and nobody took it', buckets],
  ['clusterip/bucket-doubled', 'a takeover that was not undone: two answers for half of the clients', buckets],
  ['clusterip/three-nodes-one-lost', 'three nodes, one bucket on none of them', buckets],
  ['clusterip/seed-differs', 'every proc file looks healthy, and half of the clients are served wrongly', buckets],
  ['clusterip/vip-missing', 'node 2 holds its bucket, but has lost the address', buckets],
  [
    'clusterip/hand-written-established-first',
    'a firewall in front of the cluster rule: connections open, then hang',
    buckets,
  ],
  ['clusterip/mac-differs', 'two cluster MACs for one address', buckets],
  ['vip/load-sharing', 'a load-sharing address, with its MAC, on both nodes', sharing],
  ['vip/load-sharing-mac-on-one', 'node 2 has the address, but does not listen to the cluster MAC', sharing],
  ['vip/failover', 'a failover address on exactly one node', failover],
  ['vip/split-brain', 'both nodes of a failover pair have the address', failover],
  ['vip/nobody', 'neither node has it', failover],
  ['source/source-set', 'what leaves the active node carries the cluster address', `${source} --if-active 192.0.2.100`],
  ['source/source-not-set', 'it does not: the route has lost its source', `${source} --if-active 192.0.2.100`],
  ['source/vip-removed', 'the address was removed, and the routes went with it', source],
];

for (const [situation, story, command] of situations) {
  const folder = `test/fixtures/${situation}`;
  const nodes = readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort();
  const specs = nodes.map((file) => `--node ${file.replace('.txt', '')}=file:${folder}/${file}`);
  const line = [command, ...specs].join(' ');
  const [plugin, ...args] = line.split(' ');
  process.stdout.write(`# ${story}\n$ ${line}\n`);
  const { stdout, stderr, status } = spawnSync(process.execPath, [`dist/${plugin}`, ...args], { encoding: 'utf8' });
  process.stdout.write(`${stdout}${stderr}exit code ${status}\n\n`);
}

const probes = [
  ['sensorprobe8', '', 'a SensorProbe8: 11 sensors in range, 73 rows with nothing plugged in'],
  ['sensorprobe8-several-faults', '', 'a rack too hot at the back, an open door, and dry air'],
  ['sensorprobe8-missing-cells', '', 'a device that leaves out cells now and then: those sensors are UNKNOWN'],
  ['spx-plus', '-w temperature=18:30 -c temperature=10:35', 'own ranges in place of those on the device'],
  ['spx-plus-door-held-open', '--dew-point -w dewspread=5:', 'a door held open, and the distance to the dew point'],
] as const;

async function showProbes(): Promise<void> {
  for (const [recording, more, story] of probes) {
    const args = ['-H', 'probe1', ...more.split(' ').filter((arg) => arg !== '')];
    const { stdout, stderr, code } = await checkProbe(`test/fixtures/sensorprobe/${recording}.snmp`, args);
    process.stdout.write(`# ${story}\n$ check_sensorprobe ${args.join(' ')}\n${stdout}${stderr}exit code ${code}\n\n`);
  }
}

const dog = 'test/fixtures/pgpool/34-watchdog-quorum-lost.txt';
const pgpools = [
  ['00-healthy.psv', '', 'a Pgpool with a primary and a standby, all well'],
  ['02-detached.psv', '', 'a standby that was detached months ago, and whose PostgreSQL runs'],
  ['01-replay-paused.psv', '-w delay=1000000', 'a standby that falls behind'],
  ['11-standby-promoted.psv', '', 'a standby that was promoted behind the back of Pgpool'],
  [`00-healthy.psv,${dog}`, '--pcp-port 9898', 'two of three Pgpools are gone, and with them the quorum'],
] as const;

async function showPgpools(): Promise<void> {
  for (const [recording, more, story] of pgpools) {
    const args = ['-H', 'pgpool1', '-U', 'monitor', ...more.split(' ').filter((arg) => arg !== '')];
    const { stdout, stderr, code } = await checkPgpool(`test/fixtures/pgpool/${recording}`, args);
    process.stdout.write(`# ${story}\n$ check_pgpool ${args.join(' ')}\n${stdout}${stderr}exit code ${code}\n\n`);
  }
}

showProbes().then(showPgpools);
