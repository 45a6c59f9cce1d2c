import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { daemonPath, type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';

const exporter = '/usr/bin/prometheus-node-exporter';
const promtool = '/usr/bin/promtool';
const why = whyNoLab([exporter, promtool]);
const script = path.resolve('icinga-conf/prometheus/rackwatch_textfile');
const alerts = path.resolve('icinga-conf/prometheus/rackwatch-alerts.yml');
const address = '127.0.0.1:19100';
const vip = '192.168.56.20';

/** The nodes of a recorded cluster, or one of them alone. */
function nodes(situation: string, ...names: readonly string[]): readonly string[] {
  return names.flatMap((name) => [
    '--node',
    `${name}=file:${path.resolve('test/fixtures/clusterip', situation, name)}.txt`,
  ]);
}

describe.skipIf(why !== null)(`rackwatch_textfile and a real node exporter${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    lab = openLab('prometheus', 'copied');
    folder = lab.sub('textfiles');
    const options = ['--collector.disable-defaults', '--collector.textfile'];
    const daemon = spawn(
      exporter,
      [...options, `--collector.textfile.directory=${folder}`, `--web.listen-address=${address}`],
      { stdio: 'ignore' },
    );
    lab.undo(() => daemon.kill());
    await until('the node exporter', 10, async () => (await scrape()).includes('node_textfile_scrape_error'));
  });
  afterAll(() => lab?.close());

  async function scrape(): Promise<string> {
    const answer = await fetch(`http://${address}/metrics`);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.text();
  }

  /** What the exporter serves of the plugins. */
  async function served(): Promise<readonly string[]> {
    return (await scrape()).split('\n').filter((line) => line.startsWith('rackwatch_'));
  }

  function run(...args: readonly string[]) {
    const { status, stderr } = spawnSync(script, args, {
      encoding: 'utf8',
      env: { PATH: daemonPath, RACKWATCH_TEXTFILES: folder },
    });
    return { status, stderr };
  }

  /** A plugin that does what these lines of shell say. */
  function plugin(name: string, lines: string): string {
    const file = path.join(lab.folder, name);
    writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    return file;
  }

  const buckets = () => path.join(lab.plugins, 'check_cluster_buckets');
  const written = { status: 0, stderr: '' };

  test('what several checks of one cluster say is served side by side, limits and all', async () => {
    expect(run('web', buckets(), '--vip', vip, '-w', '1:', ...nodes('bucket-lost', 'n1', 'n2'))).toEqual(written);
    // The same plugin and VIP: without a label of its own, the exporter would refuse all of its metrics.
    expect(run('web-n1', buckets(), '--vip', vip, '--expect-buckets', '1', ...nodes('healthy', 'n1'))).toEqual(written);
    const lines = await served();
    const about = `check="web",plugin="check_cluster_buckets",vip="${vip}"`;
    expect(lines).toContain(`rackwatch_check_state{${about}} 2`);
    expect(lines).toContain(
      'rackwatch_check_findings{check="web",code="bucket-lost",plugin="check_cluster_buckets",state="CRITICAL",vip="192.168.56.20"} 1',
    );
    expect(lines).toContain(`rackwatch_cluster_buckets_lost{${about}} 1`);
    expect(lines).toContain(`rackwatch_check_state{${about.replace('web', 'web-n1')}} 0`);
    expect(await scrape()).toContain('node_textfile_scrape_error 0');
    expect(readdirSync(folder).sort()).toEqual(['rackwatch_web-n1.prom', 'rackwatch_web.prom']);
    // It comes to the same for promtool, as one file.
    const one = readFileSync(path.join(folder, 'rackwatch_web.prom'));
    expect(spawnSync(promtool, ['check', 'metrics'], { input: one, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  test.each([
    ['is killed on its way', 'printf "# HELP x y\\nx 1\\n"; kill -9 $$'],
    ['says something else', 'echo "[OK] fine | x=1"'],
    ['says nothing', 'exit 0'],
  ])('a plugin that %s leaves UNKNOWN, not the OK from before', async (_, lines) => {
    const healthy = ['--vip', vip, ...nodes('healthy', 'n1', 'n2')];
    expect(run('turning', buckets(), ...healthy)).toEqual(written);
    const states = async () =>
      (await served()).filter((line) => line.startsWith('rackwatch_check_state{check="turning"'));
    expect(await states()).toEqual([expect.stringMatching(/ 0$/)]);
    expect(run('turning', plugin('check_broken', lines), ...healthy).status).toBe(0);
    expect(await states()).toEqual(['rackwatch_check_state{check="turning",plugin="check_broken"} 3']);
    expect((await served()).filter((line) => line.includes('check="turning"'))).toHaveLength(1);
  });

  test('a plugin that is not there, and a usage error, are UNKNOWN', async () => {
    expect(run('absent', '/nowhere/check_cluster_buckets', '--vip', vip).status).toBe(0);
    expect(run('usage', buckets(), '--vpi', vip).status).toBe(0);
    const lines = await served();
    expect(lines).toContain('rackwatch_check_state{check="absent",plugin="check_cluster_buckets"} 3');
    expect(lines).toContain('rackwatch_check_state{check="usage",plugin="check_cluster_buckets"} 3');
  });

  test('on a signal the file goes, and nothing else stays', async () => {
    const file = path.join(folder, 'rackwatch_slow.prom');
    writeFileSync(file, 'rackwatch_check_state{check="slow"} 0\n');
    const started = path.join(lab.folder, 'started');
    const slow = spawn(script, ['slow', plugin('check_slow', `touch ${started}; exec sleep 60`)], {
      stdio: 'ignore',
      detached: true,
      env: { PATH: daemonPath, RACKWATCH_TEXTFILES: folder },
    });
    const ended = once(slow, 'exit');
    await until('its run', 10, () => existsSync(started));
    // As systemd does it: the whole group.
    process.kill(-(slow.pid ?? 0), 'SIGTERM');
    expect(await ended).toEqual([1, null]);
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('where the file cannot be written, the old one goes and the end is 1', () => {
    const healthy = ['--vip', vip, ...nodes('healthy', 'n1', 'n2')];
    expect(run('full', buckets(), ...healthy)).toEqual(written);
    const file = path.join(folder, 'rackwatch_full.prom');
    expect(existsSync(file)).toBe(true);
    plugin('mv', 'exit 1');
    const { status, stderr } = spawnSync(script, ['full', buckets(), ...healthy], {
      encoding: 'utf8',
      env: { PATH: `${lab.folder}:${daemonPath}`, RACKWATCH_TEXTFILES: folder },
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: `rackwatch_textfile: ${file} cannot be written\n` });
    expect(existsSync(file)).toBe(false);
  });

  test.each([[''], ['../x'], ['a b'], ['a.b']])('a name such as %j is refused', (name) => {
    expect(run(name, buckets()).status).toBe(2);
  });

  test('the shipped alerts are rules, and fire on what was written, on its age and on its absence', () => {
    const file = path.join(lab.folder, 'alerts.test.yml');
    writeFileSync(file, alertsTest);
    const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', file], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
    expect(status).toBe(0);
  });
});

/** The state of one check over half an hour, minute by minute, and the age of its file. */
const alertsTest = `
rule_files: ["${alerts}"]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'rackwatch_check_state{check="web",plugin="p",vip="192.0.2.1"}'
        values: '0x9 2x9 _x40'
      - series: 'rackwatch_check_state{check="web",plugin="p"}'
        values: '_x20 3x9 _x30'
      - series: 'node_textfile_mtime_seconds{file="/x/rackwatch_web.prom"}'
        values: '0x60'
    alert_rule_test:
      - { eval_time: 4m, alertname: RackwatchCritical, exp_alerts: [] }
      - { eval_time: 4m, alertname: RackwatchStale, exp_alerts: [] }
      - eval_time: 6m
        alertname: RackwatchStale
        exp_alerts:
          - exp_labels: { severity: warning, file: /x/rackwatch_web.prom }
            exp_annotations: { summary: /x/rackwatch_web.prom is 6m 0s old }
      - eval_time: 13m
        alertname: RackwatchCritical
        exp_alerts:
          - exp_labels: { severity: critical, check: web, plugin: p, vip: 192.0.2.1 }
            exp_annotations:
              summary: web is CRITICAL
              description: The codes are in rackwatch_check_findings; --explain CODE says what each means and what to do.
      - eval_time: 27m
        alertname: RackwatchUnknown
        exp_alerts:
          - exp_labels: { severity: warning, check: web, plugin: p }
            exp_annotations: { summary: web is UNKNOWN }
      - { eval_time: 27m, alertname: RackwatchGone, exp_alerts: [] }
      - eval_time: 42m
        alertname: RackwatchGone
        exp_alerts:
          - exp_labels: { severity: warning, check: web, plugin: p }
            exp_annotations: { summary: web has given no state for some minutes }
`;
