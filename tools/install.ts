import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { bundleApart, bundleCommand } from './bundle.ts';
import { carried } from './carried.ts';
import { makeCaches } from './code_cache.ts';
import { innerFolder, withFolder } from './installed.ts';
import { shipped, shippedHandlers } from './plugins.ts';
import { renderLicences, thirdParties } from './third_party.ts';

// Installs the built plugins into a folder: one executable a plugin or handler, the script that runs on cluster nodes, and
// beside them a folder `rackwatch` with the bundles, their licences, V8's code caches and the command `rackwatch`.
// Usage: npm run install-plugins -- [DIR], the distribution's plugin folder unless said.

/** What is started by a launcher. */
const programs = [
  ...shipped.map(({ plugin: { name }, warmUp }) => ({ name, warmUp, role: 'plugin' as const })),
  ...shippedHandlers.map(({ handler: { name }, warmUp }) => ({ name, warmUp, role: 'handler' as const })),
];

async function install(target: string): Promise<void> {
  const inner = innerFolder(target);
  // Not recursively: a folder that nobody has made yet is most likely a slip of the pen.
  for (const one of [target, inner]) if (!existsSync(one)) mkdirSync(one);
  accessSync(target, constants.W_OK);
  const went: string[] = [];
  for (const { name, role } of programs) {
    const { files, inputs } = bundleApart(`plugins/${name}.ts`, path.join(inner, `${name}.cjs`), role);
    went.push(...inputs);
    for (const file of files) {
      chmodSync(file, 0o644);
      // V8 tells sources apart by their length alone.
      rmSync(file.replace(/cjs$/, 'cache'), { force: true });
    }
    put('tools/launcher.cjs', path.join(target, name), 0o755);
  }
  writeFileSync(path.join(inner, 'THIRD-PARTY-LICENSES'), renderLicences(thirdParties(went)));
  copyFileSync('LICENSE', path.join(inner, 'LICENSE'));
  // When all bundles are there: each run adds its functions to the caches of those that plugins share.
  for (const { name, warmUp } of programs) {
    const launcher = path.join(target, name);
    await makeCaches(launcher, warmUp);
    console.log(`installed ${launcher}`);
  }
  const script = path.join(target, 'cluster_node_snapshot');
  put('plugins/cluster_node_snapshot', script, 0o755);
  console.log(`installed ${script}`);
  // Beside the plugins the folder has its name.
  const command = path.join(inner, 'rackwatch');
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  rmSync(command, { force: true });
  bundleCommand(command, carried(version));
  console.log(`installed ${command}`);
}

/** Copies a file to where another one may be running: the new one is a file of its own. */
function put(source: string, target: string, mode: number): void {
  rmSync(target, { force: true });
  copyFileSync(source, target);
  chmodSync(target, mode);
}

withFolder('install-plugins', process.argv.slice(2), install);
