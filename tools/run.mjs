// Runs one of the TypeScript files in this folder: bundled in memory by esbuild, since Node 20 cannot read TypeScript.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tooOldToBuild } from './node_version.mjs';

const tooOld = tooOldToBuild(process.versions.node);
if (tooOld !== null) {
  console.error(tooOld);
  process.exit(1);
}
const [file, ...rest] = process.argv.slice(2);
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
// Not above: without node_modules nothing else would be said.
const { build } = await import('esbuild').catch(() => {
  console.error('esbuild is not installed: run npm ci first.');
  process.exit(1);
});
const { outputFiles } = await build({
  entryPoints: [path.resolve(file)],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  packages: 'external',
  define: { SNAPSHOT_SCRIPT: JSON.stringify(readFileSync(path.join(root, 'plugins/cluster_node_snapshot'), 'utf8')) },
  logLevel: 'warning',
});
process.argv = [process.argv[0], path.resolve(file), ...rest];
process.chdir(root);
const module_ = { exports: {} };
new Function('require', 'module', 'exports', outputFiles[0].text)(
  createRequire(path.join(root, 'package.json')),
  module_,
  module_.exports,
);
