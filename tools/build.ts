import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { bundle } from './bundle.ts';

// Builds dist/ anew: one self-contained file a plugin, and the script that runs on cluster nodes.
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
for (const file of readdirSync('plugins').filter((name) => /^check_\w+\.ts$/.test(name))) {
  bundle(`plugins/${file}`, `dist/${file.replace(/\.ts$/, '')}`);
}
copyFileSync('plugins/cluster_node_snapshot', 'dist/cluster_node_snapshot');
chmodSync('dist/cluster_node_snapshot', 0o755);
