import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customaryFolder } from '../../tools/installed.ts';
import { late, lateName } from '../../tools/late.ts';
import { handlers, plugins } from '../../tools/plugins.ts';

const healthy = 'test/fixtures/clusterip/healthy';
const args = ['--vip', '192.168.56.20', '--node', `file:${healthy}/n1.txt`, '--node', `file:${healthy}/n2.txt`];

describe('the installed plugins', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-install-'));
    const { status, stderr } = install(folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function tool(name: string, ...rest: readonly string[]) {
    return spawnSync(process.execPath, ['tools/run.mjs', `tools/${name}.ts`, ...rest], {
      encoding: 'utf8',
      timeout: 180_000,
    });
  }
  const install = (...rest: readonly string[]) => tool('install', ...rest);

  function run(file: string, ...rest: readonly string[]) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [file, ...rest], { encoding: 'utf8' });
    return { stdout, stderr, status };
  }

  function filesIn(inner: string): readonly string[] {
    const entries = readdirSync(inner, { withFileTypes: true, recursive: true });
    return entries
      .filter((one) => one.isFile())
      .map((one) => path.relative(inner, path.join(one.parentPath, one.name)))
      .sort();
  }

  test('are all there, with a code cache each', () => {
    const names = [...plugins, ...handlers].map(({ name }) => name);
    expect(readdirSync(folder).sort()).toEqual([...names, 'cluster_node_snapshot', 'rackwatch'].sort());
    // What only --explain loads has not run, and has no code cache.
    const inner = [...names, ...Object.keys(late).map(lateName)].flatMap((name) =>
      name === 'late/findings' ? [`${name}.cjs`] : [`${name}.cache`, `${name}.cjs`],
    );
    const licences = ['LICENSE', 'THIRD-PARTY-LICENSES'];
    expect(filesIn(path.join(folder, 'rackwatch'))).toEqual([...inner, ...licences, 'rackwatch'].sort());
    const beside = readFileSync(path.join(folder, 'rackwatch/THIRD-PARTY-LICENSES'), 'utf8');
    expect(beside).toBe(readFileSync('dist/THIRD-PARTY-LICENSES', 'utf8'));
  });

  test('have the command rackwatch with them, which finds them', () => {
    const target = mkdtempSync(path.join(tmpdir(), 'rackwatch-config-'));
    const { status, stderr } = run(path.join(folder, 'rackwatch/rackwatch'), 'install-config', '--dir', target);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const commands = readFileSync(path.join(target, 'rackwatch-commands.conf'), 'utf8');
    expect(commands).toContain(`command = [ "${folder}/check_cluster_buckets" ]`);
    rmSync(target, { recursive: true });
  });

  test('say what the built ones say', () => {
    const installed = run(path.join(folder, 'check_cluster_buckets'), ...args);
    expect(installed).toEqual(run('dist/check_cluster_buckets', ...args));
    expect(installed.status).toBe(0);
  });

  test('run through a link, and with a cache that fits no Node', () => {
    const link = path.join(folder, 'linked');
    symlinkSync(path.join(folder, 'check_cluster_buckets'), link);
    writeFileSync(path.join(folder, 'rackwatch/check_cluster_buckets.cache'), 'no cache');
    expect(run(link, ...args).status).toBe(0);
    rmSync(path.join(folder, 'rackwatch/check_cluster_buckets.cache'));
    expect(run(link, ...args).status).toBe(0);
    rmSync(link);
  });

  test.each([
    ['is damaged', 'this is no program ('],
    ['is gone', null],
  ])('are UNKNOWN when their bundle %s', (_, text) => {
    const bundle = path.join(folder, 'rackwatch/check_cluster_buckets.cjs');
    if (text === null) rmSync(bundle);
    else writeFileSync(bundle, text);
    const { stdout, stderr, status } = run(path.join(folder, 'check_cluster_buckets'), ...args);
    expect(stdout).toMatch(/^\[UNKNOWN\] check_cluster_buckets cannot start: .+; install it anew\n$/);
    expect({ stderr, status }).toEqual({ stderr: '', status: 3 });
  });

  test('come again over what is there', () => {
    expect(install(folder).status).toBe(0);
    expect(run(path.join(folder, 'check_cluster_buckets'), ...args).status).toBe(0);
  });

  test('go again, and nothing else with them', () => {
    const neighbour = path.join(folder, 'check_ping');
    writeFileSync(neighbour, 'of another package');
    const { status, stdout, stderr } = tool('uninstall', folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`removed ${path.join(folder, 'check_cluster_buckets')}\n`);
    expect(readdirSync(folder)).toEqual(['check_ping']);
    rmSync(neighbour);
    const again = tool('uninstall', folder);
    expect(again.stderr).toBe(`uninstall-plugins: nothing of Rackwatch is installed in ${folder}\n`);
    expect(again.status).toBe(1);
  });

  test('need a folder that can be written, and only one', () => {
    expect(install('--help').stderr).toMatch(/usage: npm run install-plugins/);
    expect(install(folder, folder).status).toBe(2);
    const { status, stderr } = install('/proc/rackwatch');
    expect(stderr).toMatch(/^install-plugins: ENOENT/);
    expect(status).toBe(1);
  });
});

test('the folder is the one of the distribution unless said', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'rackwatch-root-'));
  expect(customaryFolder(root)).toBeUndefined();
  mkdirSync(path.join(root, 'usr/lib/nagios/plugins'), { recursive: true });
  expect(customaryFolder(root)).toBe(path.join(root, 'usr/lib/nagios/plugins'));
  // RHEL may have both, one of them from a package for 32 bits.
  mkdirSync(path.join(root, 'usr/lib64/nagios/plugins'), { recursive: true });
  expect(customaryFolder(root)).toBe(path.join(root, 'usr/lib64/nagios/plugins'));
  rmSync(root, { recursive: true });
});
