import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withPgpool } from '../../../tools/simulated_pgpool.ts';
import { withProbe } from '../../../tools/simulated_probe.ts';
import { runPlugin } from '../../run_plugin.ts';

const nodes = process.env['RACKWATCH_NODES'] ?? path.resolve('node_modules/.cache/rackwatch-nodes');
const versions = existsSync(nodes) ? readdirSync(nodes).sort() : [];
const why = versions.length === 0 ? 'no other Node here: run test/lab/prepare_nodes' : null;
if (process.env['RACKWATCH_LAB'] === 'required') {
  for (const line of ['18.19.', '18.20.', '20.', '22.', '24.', '26.'])
    if (!versions.some((version) => version.startsWith(line)))
      throw new Error(`the plugins cannot be run on Node ${line}: run test/lab/prepare_nodes`);
}

const recorded = path.resolve('test/fixtures/clusterip/healthy');
const replay = ['--vip', '192.168.56.20', '-N', `n1=file:${recorded}/n1.txt`, '-N', `n2=file:${recorded}/n2.txt`];

/** Writes the names of Node's own modules that a program has loaded to standard error at its end. */
const namesModules = `
process.on('exit', () => {
  const names = process.moduleLoadList.map((name) => name.replace('NativeModule ', ''));
  require('node:fs').writeSync(2, names.join(' '));
});`;

describe.skipIf(why !== null)(`the plugins on every Node line${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string;
  let modules: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-nodes-'));
    execFileSync(process.execPath, ['tools/run.mjs', 'tools/install.ts', folder], { stdio: 'pipe' });
    modules = path.join(folder, 'modules.cjs');
    writeFileSync(modules, namesModules);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // What is built, and what is installed: there V8's code cache is that of the Node that installed it.
  const places = () => [path.resolve('dist/check_cluster_buckets'), path.join(folder, 'check_cluster_buckets')];

  test.each(versions)('Node %s', { timeout: 300_000 }, async (version) => {
    const node = path.join(nodes, version);
    expect(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()).toBe(`v${version}`);
    for (const plugin of places()) {
      const judged = await runPlugin(plugin, replay, { node });
      expect(judged.stdout).toMatch(
        /^\[OK\] 192\.168\.56\.20: 2 buckets on 2 nodes, each on exactly one \| buckets_total=2/,
      );
      expect({ code: judged.code, stderr: judged.stderr }).toEqual({ code: 0, stderr: '' });
      const asked = await runPlugin(plugin, ['--vip', '192.0.2.1', '-N', 'local', '-N', 'x=file:/no/file'], { node });
      expect(asked.stdout).toMatch(/^\[CRITICAL\] 192\.0\.2\.1: /);
      expect(asked.stdout).toMatch(/local (?:stands by|has)|no reached node/);
      expect({ code: asked.code, stderr: asked.stderr }).toEqual({ code: 2, stderr: '' });
      const wrong = await runPlugin(plugin, ['--nothing'], { node });
      expect(wrong.stdout).toBe('[UNKNOWN] unknown option "--nothing" (see --help)\n');
      expect({ code: wrong.code, stderr: wrong.stderr }).toEqual({ code: 3, stderr: '' });
      const json = await runPlugin(plugin, [...replay, '--output-format', 'json'], { node });
      expect(JSON.parse(json.stdout)).toMatchObject({ state: 'OK', exitCode: 0 });
    }
    for (const place of [path.resolve('dist'), folder]) {
      const pgpool = await withPgpool('test/fixtures/pgpool/02-detached.psv', (port) =>
        runPlugin(path.join(place, 'check_pgpool'), ['-H', 'localhost', '-p', String(port), '-U', 'monitor'], { node }),
      );
      expect(pgpool.stdout).toMatch(
        /^\[WARNING] localhost: standby 1 \(db2:5432\) detached though PostgreSQL is running/,
      );
      expect({ code: pgpool.code, stderr: pgpool.stderr }).toEqual({ code: 1, stderr: '' });
      const probe = await withProbe('test/fixtures/sensorprobe/sensorprobe4-six-sensors.snmp', (port) =>
        runPlugin(path.join(place, 'check_sensorprobe'), ['-H', '127.0.0.1', '-p', String(port)], {
          node,
          env: { PATH: '/usr/bin:/bin', NODE_OPTIONS: `--require=${modules}` },
        }),
      );
      expect(probe.stdout).toMatch(/^\[OK] 127\.0\.0\.1: 6 sensors OK, 6 offline rows ignored \|/);
      expect(probe.code).toBe(0);
      // What a primary of node:cluster loads, and a probe's check does without.
      const loaded = probe.stderr.split(' ');
      expect(loaded).toContain('dgram');
      for (const module of ['child_process', 'net', 'crypto']) expect(loaded).not.toContain(module);
    }
  });
});

const old = versions.filter((version) => version.startsWith('18.'));

describe.skipIf(why !== null)(`a Node that is too old to build${why === null ? '' : ` (skipped: ${why})`}`, () => {
  test.each(old)(
    '%s says in one sentence which one is needed, where it is, and that the plugins run all the same',
    (version) => {
      for (const script of ['build', 'demo', 'install', 'generate']) {
        const { stdout, stderr, status } = spawnSync(
          path.join(nodes, version),
          ['tools/run.mjs', `tools/${script}.ts`],
          {
            encoding: 'utf8',
          },
        );
        expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
        expect(stderr).toMatch(
          /^[^\n]*needs Node 20\.19 or newer and this is Node 18\.\d+\.\d+: [^\n]*nodejs\.org[^\n]*run on Node 18\.19[^\n]*\.\n$/,
        );
      }
    },
  );
});
