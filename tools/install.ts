import { spawn, spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { bundleApart } from './bundle.ts';
import { innerFolder, withFolder } from './installed.ts';
import { plugins } from './plugins.ts';

// Installs the built plugins into a folder: one executable a plugin, the script that runs on cluster nodes, and beside
// them a folder `rackwatch` with the bundles and V8's code caches. Usage: npm run install-plugins -- [DIR], the
// distribution's plugin folder unless said.

function install(target: string): void {
  const inner = innerFolder(target);
  // Not recursively: a folder that nobody has made yet is most likely a slip of the pen.
  for (const one of [target, inner]) if (!existsSync(one)) mkdirSync(one);
  accessSync(target, constants.W_OK);
  for (const { name } of plugins) {
    const launcher = path.join(target, name);
    for (const file of bundleApart(`plugins/${name}.ts`, path.join(inner, `${name}.cjs`))) {
      chmodSync(file, 0o644);
      // V8 tells sources apart by their length alone.
      rmSync(file.replace(/cjs$/, 'cache'), { force: true });
    }
    put('tools/launcher.cjs', launcher, 0o755);
    if (name === 'check_sensorprobe') makeProbeCaches(launcher);
    else makeCaches(launcher, warmUp[name] ?? ['--help']);
    console.log(`installed ${launcher}`);
  }
  const script = path.join(target, 'cluster_node_snapshot');
  put('plugins/cluster_node_snapshot', script, 0o755);
  console.log(`installed ${script}`);
}

/** Copies a file to where another one may be running: the new one is a file of its own. */
function put(source: string, target: string, mode: number): void {
  rmSync(target, { force: true });
  copyFileSync(source, target);
  chmodSync(target, mode);
}

const cluster = ['n1', 'n2'].flatMap((name) => ['--node', `file:test/fixtures/clusterip/healthy/${name}.txt`]);

/** A run whose functions are those that a check needs: only what has run is in the cache. */
const warmUp: Readonly<Record<string, readonly string[]>> = {
  check_cluster_buckets: ['--vip', '192.168.56.20', ...cluster, '--node', 'local'],
  check_cluster_vip: ['--vip', '192.168.56.20', ...cluster, '--node', 'local'],
  check_source_address: ['--source', '192.0.2.100', '--target', 'localhost', ...cluster, '--node', 'local'],
};

const maker = `
const vm = require('node:vm');
const { writeFileSync } = require('node:fs');
const [launcher, ...args] = process.argv.slice(1);
const scripts = [];
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    scripts.push([options.filename, this]);
  }
};
process.on('exit', () => {
  for (const [file, script] of scripts) writeFileSync(file.replace(/cjs$/, 'cache'), script.createCachedData());
});
process.argv = [process.execPath, launcher, ...args];
require(launcher);
`;

/** Has a plugin run once, and writes V8's code cache beside each bundle. Without one it runs all the same. */
function makeCaches(launcher: string, args: readonly string[]): number | null {
  const { error, status } = spawnSync(process.execPath, ['-e', maker, launcher, ...args], {
    stdio: 'ignore',
    timeout: 30_000,
  });
  if (error !== undefined) console.error(`no code cache for ${path.basename(launcher)}: ${error.message}`);
  return status;
}

/** The same for check_sensorprobe, with a simulated probe to ask; one that does not come up makes the cache smaller. */
function makeProbeCaches(launcher: string): void {
  const port = String(20_000 + (process.pid % 20_000));
  const recording = 'test/fixtures/sensorprobe/sensorprobe4-six-sensors.snmp';
  const agent = spawn(process.execPath, ['tools/run.mjs', 'tools/serve_probe.ts', recording, port], {
    stdio: 'ignore',
  });
  // By name: the lookup runs a program, and its library was bundled anew, so its cache has gone.
  const args = ['--hostname', 'localhost', '--use-ipv4', '--port', port, '--snmp-timeout', '0.5'];
  for (let tries = 0; tries < 20 && makeCaches(launcher, args) !== 0; tries++) pause(200);
  agent.kill();
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

withFolder('install-plugins', process.argv.slice(2), install);
