// Runs one of the TypeScript files in this folder: bundled in memory by esbuild, since Node 20 cannot read TypeScript.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const [file, ...rest] = process.argv.slice(2);
const root = path.join(import.meta.dirname, '..');
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
