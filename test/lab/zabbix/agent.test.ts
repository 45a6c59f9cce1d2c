import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plugins } from '../../../tools/plugins.ts';
import { shippedLines, understood } from '../../consumers/shipped_lines.ts';
import { accountOf, giveTo } from '../poller/account.ts';
import { daemonPath, type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';

const program = '/usr/sbin/zabbix_agentd';
const why = whyNoLab([program]);
const port = 11050;
const shipped = 'icinga-conf/zabbix/rackwatch.conf';
const lines = shippedLines(shipped, /^#UserParameter=([\w.]+),(.*)$/gm);

describe('the shipped items of the Zabbix agent', () => {
  test('are one for each plugin', () => {
    const named = new Set(lines.map(([, , command = '']) => path.basename(command.split(' ')[0] ?? '')));
    expect([...named].sort()).toEqual(plugins.map(({ name }) => name).sort());
  });

  test.each(lines.map(([, key = '', command = '']) => [key, command] as const))('%s: %s', (_, command) => {
    expect(understood(command)).toMatchObject({ kind: 'run', format: 'json', timeoutMs: 12_000 });
  });
});

describe.skipIf(why !== null)(`a real Zabbix agent${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let config: string;
  beforeAll(async () => {
    lab = openLab('zabbix', 'copied');
    const folder = lab.sub('agent');
    const fixtures = path.resolve('test/fixtures/clusterip');
    const nodes = (situation: string) =>
      ['n1', 'n2'].map((name) => `--node ${name}=file:${fixtures}/${situation}/${name}.txt`).join(' ');
    const [first = ''] = lines.find(([, key]) => key === 'rackwatch.buckets') ?? [];
    const real = (situation: string) =>
      first
        .replace(/^#/, '')
        .replace('rackwatch.buckets', `rackwatch.${situation}`)
        .replace('--node node1 --node admin@node2', nodes(situation))
        .replace('/usr/lib/nagios/plugins', lab.plugins);
    config = path.join(folder, 'agentd.conf');
    const items = path.join(folder, 'rackwatch.conf');
    // As shipped, and what somebody makes of its examples.
    writeFileSync(
      items,
      `${readFileSync(shipped, 'utf8')}${['healthy', 'bucket-lost'].map(real).join('\n')}
UserParameter=rackwatch.usage,${lab.plugins}/check_cluster_vip --vipp x --output-format json
UserParameter=rackwatch.slow,sleep 5; echo late
`,
    );
    const settings = [`LogFile=${folder}/log`, `PidFile=${folder}/pid`, 'Server=127.0.0.1', 'ListenIP=127.0.0.1'];
    writeFileSync(
      config,
      [...settings, `ListenPort=${port}`, 'StartAgents=2', 'Timeout=3', `Include=${items}`, ''].join('\n'),
    );
    giveTo(accountOf('zabbix'), folder);
    const daemon = spawn(program, ['-f', '-c', config], { stdio: 'ignore', env: { PATH: daemonPath } });
    const ended = once(daemon, 'exit');
    lab.undo(async () => {
      daemon.kill();
      await ended;
    });
    await until('the Zabbix agent', 10, async () => (await ask('agent.ping')) === '1');
  });
  afterAll(() => lab?.close());

  /** What the agent answers a server (or zabbix_get) that asks for an item. */
  async function ask(key: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    const length = Buffer.alloc(8);
    length.writeUInt32LE(Buffer.byteLength(key));
    socket.write(Buffer.concat([Buffer.from('ZBXD\x01'), length, Buffer.from(key)]));
    const answer = await buffer(socket);
    if (answer.subarray(0, 5).toString() !== 'ZBXD\x01') throw new Error(`not an agent: ${answer}`);
    return answer.subarray(13).toString();
  }

  test('gives the report as JSON, whatever the exit code is', async () => {
    const good = JSON.parse(await ask('rackwatch.healthy'));
    expect(good).toMatchObject({ state: 'OK', exitCode: 0 });
    const bad = JSON.parse(await ask('rackwatch.bucket-lost'));
    expect(bad).toMatchObject({
      state: 'CRITICAL',
      exitCode: 2,
      summary: '192.168.56.20: bucket 2 of 2 on no node, 50 % of client addresses get no answer',
    });
    expect(bad.findings[0].code).toBe('bucket-lost');
    expect(bad.perfdata).toContainEqual(expect.objectContaining({ label: 'buckets_lost', value: 1 }));
    expect(JSON.parse(await ask('rackwatch.usage'))).toMatchObject({
      exitCode: 3,
      findings: [{ code: 'usage-error' }],
    });
  });

  test('ends what takes longer than its own time limit, and has no value then', async () => {
    expect(await ask('rackwatch.slow')).toMatch(/^ZBX_NOTSUPPORTED\0Timeout while executing/);
  });

  test('says the same by hand', () => {
    const { stdout } = spawnSync(program, ['-c', config, '-t', 'rackwatch.bucket-lost'], {
      encoding: 'utf8',
      env: { PATH: daemonPath },
    });
    expect(stdout).toMatch(/^rackwatch\.bucket-lost +\[t\|\{"state":"CRITICAL","exitCode":2,/);
  });
});
