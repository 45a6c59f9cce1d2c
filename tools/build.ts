import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { buildSync } from 'esbuild';

/** Builds dist/: one self-contained CommonJS file a plugin, and the script that runs on cluster nodes. */
const script = readFileSync('plugins/cluster_node_snapshot', 'utf8');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const plugins = readdirSync('plugins').filter((file) => /^check_\w+\.ts$/.test(file));

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
for (const file of plugins) buildPlugin(file);
copyFileSync('plugins/cluster_node_snapshot', 'dist/cluster_node_snapshot');
chmodSync('dist/cluster_node_snapshot', 0o755);

function buildPlugin(file: string): void {
  const name = file.replace(/\.ts$/, '');
  buildSync({
    stdin: {
      contents: `import { runPlugin } from './src/plugin/run.ts'; import plugin from './plugins/${file}'; runPlugin(plugin, process.argv.slice(2));`,
      resolveDir: '.',
      loader: 'ts',
    },
    outfile: `dist/${name}`,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    banner: { js: '#!/usr/bin/env node' },
    define: { SNAPSHOT_SCRIPT: JSON.stringify(script), PLUGIN_VERSION: JSON.stringify(version) },
    legalComments: 'none',
    logLevel: 'warning',
  });
  chmodSync(`dist/${name}`, 0o755);
}
