import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

/**
 * Bundles a plugin (its TypeScript file) into one executable file that needs nothing but Node 18.19 or newer. Paths are
 * relative to the project's directory, which is the current one. Throws when the bundle cannot be made.
 */
export function bundle(plugin: string, outfile: string): void {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  buildSync({
    stdin: {
      contents: `
        import plugin from './${plugin}';
        import { runPlugin } from './src/plugin/run.ts';
        runPlugin(plugin, process.argv.slice(2));`,
      resolveDir: '.',
      loader: 'ts',
    },
    outfile: path.resolve(outfile),
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18.19',
    banner: { js: '#!/usr/bin/env node' },
    define: {
      SNAPSHOT_SCRIPT: JSON.stringify(readFileSync('plugins/cluster_node_snapshot', 'utf8')),
      PLUGIN_VERSION: JSON.stringify(version),
    },
    legalComments: 'none',
    logLevel: 'warning',
  });
  chmodSync(outfile, 0o755);
}
