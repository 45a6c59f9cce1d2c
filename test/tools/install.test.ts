import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plugins } from '../../tools/plugins.ts';

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

  function install(...rest: readonly string[]) {
    return spawnSync(process.execPath, ['tools/run.mjs', 'tools/install.ts', ...rest], {
      encoding: 'utf8',
      timeout: 15_000,
    });
  }

  function run(file: string, ...rest: readonly string[]) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [file, ...rest], { encoding: 'utf8' });
    return { stdout, stderr, status };
  }

  test('are all there, with a code cache each', () => {
    const names = plugins.map(({ name }) => name);
    expect(readdirSync(folder).sort()).toEqual([...names, 'cluster_node_snapshot', 'rackwatch'].sort());
    const inner = names.flatMap((name) => [`${name}.cache`, `${name}.cjs`]);
    expect(readdirSync(path.join(folder, 'rackwatch')).sort()).toEqual(inner.sort());
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

  test('need a folder that can be written', () => {
    expect(install().stderr).toMatch(/^Usage: npm run install-plugins/);
    const { status, stderr } = install('/proc/rackwatch');
    expect(stderr).toMatch(/^install-plugins: ENOENT/);
    expect(status).toBe(1);
  });
});
