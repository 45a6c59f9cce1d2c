import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { type Mark, marked, newMark } from '../../node/marked.ts';
import { runPlugin, type Surroundings } from '../../run_plugin.ts';
import { timed } from '../../timed.ts';
import { listen } from '../ssh/sshd.ts';

const needed = ['/usr/bin/ssh', '/usr/lib/nagios/plugins/check_nrpe', '/usr/bin/setpriv'];
const missing = needed.filter((tool) => !existsSync(tool));
const why =
  process.getuid?.() !== 0
    ? 'it takes on other user ids, which needs root'
    : missing.length > 0
      ? `${missing.join(', ')} missing`
      : null;
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the host lab cannot run: ${why}`);

const recorded = path.resolve('test/fixtures/clusterip/healthy');
const files = ['-N', `n1=file:${recorded}/n1.txt`, '-N', `n2=file:${recorded}/n2.txt`];

/** A shell that first does something to itself, then becomes the plugin. */
const after = (what: string): Surroundings => ({ wrapper: ['sh', '-c', `${what}; exec "$@"`, 'sh'] });

const everywhere: readonly (readonly [string, Surroundings])[] = [
  ['with 20 open files', after('ulimit -n 20')],
  ['with 1 GB of address space', after('ulimit -v 1048576')],
  ['as a user id without an account', { wrapper: ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'] }],
  ['without HOME', { wrapper: ['env', '-u', 'HOME'] }],
  ['with nothing in its environment', { env: {} }],
  ['in a directory that is gone', after('d=$(mktemp -d); cd "$d"; rmdir "$d"')],
  ['with standard input closed', after('exec <&-')],
  ['with standard error closed', after('exec 2>&-')],
  ['in a limit of 2 s of processor time', after('ulimit -t 2')],
];

describe.skipIf(why !== null)(`on a host with its limits${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string;
  let mark: Mark;
  let silent: Awaited<ReturnType<typeof listen>>;
  beforeAll(async () => {
    // Everybody may look into it: the plugin is run as others, too.
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-host-'));
    bundle('plugins/check_cluster_buckets.ts', path.join(folder, 'check_cluster_buckets'));
    await runPlugin('-e', [`require('fs').chmodSync(${JSON.stringify(folder)}, 0o755)`]);
    silent = await listen(() => {});
  });
  afterAll(async () => {
    await silent.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    mark = newMark();
  });
  afterEach(() => {
    const left = marked(mark);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    expect(left).toEqual([]);
  });

  const run = (args: readonly string[], over: Surroundings = {}) =>
    runPlugin(path.join(folder, 'check_cluster_buckets'), ['--vip', '192.168.56.20', ...args], { mark, ...over });
  const hanging = () => [
    ...['-N', `ssh=ssh://127.0.0.1:${silent.port}`, '-N', `nrpe=nrpe://127.0.0.1:${silent.port}`],
    ...['--ssh-config', 'none'],
  ];

  test.each(everywhere)('%s, saved snapshots are judged', async (_, surroundings) => {
    const { code, stdout, stderr } = await run(files, surroundings);
    expect(stdout).toMatch(/^\[OK\] 192\.168\.56\.20: 2 buckets on 2 nodes, each on exactly one/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.each(everywhere)('%s, this host and nodes that hang give a verdict in time', timed, async (_, surroundings) => {
    const { code, stdout, stderr, milliseconds } = await run(
      ['-t', '3', ...files.slice(0, 2), '-N', 'local', ...hanging()],
      surroundings,
    );
    expect(stdout).toMatch(/^\[CRITICAL\] 192\.168\.56\.20: /);
    expect(stdout).toMatch(/local (?:stands by|is unreachable)|local: cannot read/);
    expect(stdout).toMatch(/ssh is unreachable: \S/);
    expect(stdout).toMatch(/nrpe is unreachable: \S/);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(milliseconds).toBeLessThan(3500);
  });

  test('with standard output closed, the exit code is that of the verdict and nothing is written elsewhere', async () => {
    // Node opens /dev/null where a standard descriptor is closed.
    for (const [args, verdict] of [
      [files, 0],
      [['--help'], 3],
      [['--nothing'], 3],
    ] as const) {
      const { code, stdout, stderr } = await run(args, after('exec >&-'));
      expect({ code, stdout, stderr }).toEqual({ code: verdict, stdout: '', stderr: '' });
    }
  });

  test('with standard output on a full disk, the exit code is 3', async () => {
    const { code, stderr } = await run(files, after('exec >/dev/full'));
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
  });

  test('with its reader gone, it ends with 3, says nothing and leaves nothing', async () => {
    const args = [
      path.join(folder, 'check_cluster_buckets'),
      '--vip',
      '192.168.56.20',
      '-t',
      '2',
      '-N',
      'local',
      ...hanging(),
    ];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', [mark.name]: mark.value },
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise<number | null>((resolve) => {
      child.once('close', resolve);
    });
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s in the middle, with ssh and check_nrpe running: one line, 3, and nothing is left',
    async (signal) => {
      const { code, stdout, stderr } = await run(hanging(), {
        meanwhile(child) {
          const timer = setInterval(() => {
            const running = marked(mark).map(({ command }) => command);
            if (!running.some((one) => one.startsWith('ssh ')) || !running.some((one) => one.includes('check_nrpe')))
              return;
            clearInterval(timer);
            child.kill(signal);
          }, 20);
        },
      });
      expect(stdout).toBe(`[UNKNOWN] check_cluster_buckets: ended by ${signal} while asking ssh, nrpe\n`);
      expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    },
  );

  test('with 19 or 20 open files, 40 saved snapshots are judged, installed or not', async () => {
    const installed = path.join(folder, 'installed');
    execFileSync(process.execPath, ['tools/run.mjs', 'tools/install.ts', installed], { stdio: 'pipe' });
    const many = Array.from({ length: 20 }, (_, i) => [
      ...['-N', `a${i}=file:${recorded}/n1.txt`, '-N', `b${i}=file:${recorded}/n2.txt`],
    ]).flat();
    for (const plugin of [folder, installed].map((place) => path.join(place, 'check_cluster_buckets')))
      for (const limit of [19, 20]) {
        const args = ['--vip', '192.168.56.20', ...many];
        const { code, stdout, stderr } = await runPlugin(plugin, args, { mark, ...after(`ulimit -n ${limit}`) });
        expect(stdout).toMatch(/^\[CRITICAL\] 192\.168\.56\.20: buckets 1 and 2 of 2 on a0, /);
        expect(stdout).not.toMatch(/unreachable|EMFILE|open files/);
        expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
      }
  });

  test('with 32 open files, nodes that need a tool wait for each other', async () => {
    const locals = Array.from({ length: 6 }, (_, i) => ['-N', `l${i}=local`]).flat();
    const { stdout } = await run(['-t', '9', ...files.slice(0, 2), ...locals], after('ulimit -n 32'));
    expect(stdout).not.toMatch(/is unreachable/);
  });

  test('with too few open files for a tool, each node that needs one says so', async () => {
    const { code, stdout, stderr } = await run(['-t', '4', ...files.slice(0, 2), '-N', 'local'], after('ulimit -n 24'));
    expect(stdout).toMatch(/n1 holds bucket 1/);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const none = await run(['-t', '3', ...files.slice(0, 2), '-N', 'local', ...hanging()], after('ulimit -n 20'));
    expect(none.stdout).toContain('cannot be run: too few open files allowed (ulimit -n)');
    expect({ code: none.code, stderr: none.stderr }).toEqual({ code: 2, stderr: '' });
  });
});
