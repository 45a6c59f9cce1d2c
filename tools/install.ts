import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
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
    const bundle = path.join(inner, `${name}.cjs`);
    put(`dist/${name}`, bundle, 0o644);
    put('tools/launcher.cjs', path.join(target, name), 0o755);
    makeCache(bundle, warmUp[name] ?? ['--help']);
    console.log(`installed ${path.join(target, name)}`);
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

/** A run whose functions are those that a check needs: only what has run is in the cache. */
const warmUp: Readonly<Record<string, readonly string[]>> = {
  check_cluster_buckets: ['--vip', '192.0.2.1', '--node', 'local'],
};

const maker = `
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');
const [filename, ...args] = process.argv.slice(1);
const source = readFileSync(filename, 'utf8').replace(/^#!.*/, '');
const script = new Script('(function (exports, require, module, __filename, __dirname) {' + source + '\\n})', { filename });
process.on('exit', () => writeFileSync(filename.replace(/cjs$/, 'cache'), script.createCachedData()));
process.argv = [process.execPath, filename, ...args];
script.runInThisContext()(exports, require, module, filename, '');
`;

/** Writes V8's code cache of a bundle beside it, by running it once. Without one the plugin runs all the same. */
function makeCache(bundle: string, args: readonly string[]): void {
  const { error } = spawnSync(process.execPath, ['-e', maker, bundle, ...args], { stdio: 'ignore', timeout: 30_000 });
  if (error !== undefined) console.error(`no code cache for ${path.basename(bundle)}: ${error.message}`);
}

withFolder('install-plugins', process.argv.slice(2), install);
