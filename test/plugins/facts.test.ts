import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { checkPgpool } from '../../tools/simulated_pgpool.ts';
import { checkProbe } from '../../tools/simulated_probe.ts';

const folder = 'test/fixtures';

function run(line: string): readonly string[] {
  const [program = '', ...args] = line.split(' ');
  return spawnSync(process.execPath, [`dist/${program}`, ...args], { encoding: 'utf8' })
    .stdout.trimEnd()
    .split('\n');
}

const commands = [
  `check_cluster_buckets --vip 192.168.56.20 -N n1=file:${folder}/clusterip/healthy/n1.txt -N gone=file:no-such-file`,
  `check_cluster_vip --vip 192.0.2.100 -N n1=file:${folder}/vip/load-sharing/n1.txt -N gone=file:no-such-file`,
  `check_source_address --source 192.0.2.100 --target 198.51.100.1 -N n1=file:${folder}/source/source-set/n1.txt -N gone=file:no-such-file`,
];

describe('-vv shows the facts of each node as short lines for people', () => {
  test.each(commands)('%s', (command) => {
    const lines = run(`${command} -vv`);
    expect(lines).toContain('n1:');
    expect(lines.slice(lines.indexOf('gone:'), lines.indexOf('gone:') + 2)).toEqual([
      'gone:',
      '  no answer  no-such-file: no such file',
    ]);
    // Nobody reads JSON at night.
    expect(lines.filter((line) => /^\s*[{[]"/.test(line))).toEqual([]);
    expect(run(`${command} -v`)).not.toContain('n1:');
  });

  test('of a cluster member: address, interface, rule, buckets and hash', () => {
    const text = run(`${commands[0]} -vv`).join('\n');
    expect(text).toMatch(/^ {2}VIP {9}192\.168\.56\.20\/24 on eth1 \(secondary\)$/m);
    expect(text).toMatch(
      /^ {2}interface {3}eth1: veth, state UP, 02:00:00:00:00:01, BROADCAST MULTICAST UP LOWER_UP$/m,
    );
    expect(text).toMatch(/^ {2}rule {8}clusterip by iptables-legacy in filter INPUT, on eth1: -A INPUT .*CLUSTERIP/m);
    expect(text).toMatch(/^ {2}holds {7}bucket 1 of 2$/m);
    expect(text).toMatch(/^ {2}hash {8}clusterip of sourceip, seed 0$/m);
  });

  test('of a route: source, interface and gateway', () => {
    expect(run(`${commands[2]} -vv`).join('\n')).toMatch(
      /^ {2}route {2}198\.51\.100\.1: from 192\.0\.2\.100 by eth0 via 192\.0\.2\.1$/m,
    );
  });

  test('of a probe: every row in a table, offline ones too', async () => {
    const recording = `${folder}/sensorprobe/sensorprobe2-too-warm.snmp`;
    const { stdout } = await checkProbe(recording, ['-H', 'probe1', '-vv']);
    expect(stdout).toMatch(/^index {2}kind {9}port {2}name +value +limits +status +label$/m);
    expect(stdout).toMatch(/^0 {6}temperature {2}1 {5}Room +29\.1 C {2}5 15 28 32 +highWarning {2}Room$/m);
    expect(stdout).toMatch(/^0 {6}drycontact {3}1 .* offline/m);
    expect(stdout).not.toContain('{"');
  });

  test('of a Pgpool: every backend in a table', async () => {
    const { stdout } = await checkPgpool(`${folder}/pgpool/02-detached.psv`, ['-H', 'pgpool1', '-U', 'monitor', '-vv']);
    expect(stdout).toMatch(/^backend {2}place +status +PostgreSQL +role +its own role +delay +replication +since$/m);
    expect(stdout).toMatch(/^1 {8}db2:5432 +down +up +standby +standby /m);
    expect(stdout).not.toContain('{"');
  });
});
