import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { bundle } from './bundle.ts';
import { writeManuals } from './manuals.ts';
import { plugins } from './plugins.ts';

// Builds dist/ again: one self-contained file a plugin, the script that runs on cluster nodes, and for each of them a man
// page and completions.
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
for (const { name } of plugins) bundle(`plugins/${name}.ts`, `dist/${name}`);
copyFileSync('plugins/cluster_node_snapshot', 'dist/cluster_node_snapshot');
chmodSync('dist/cluster_node_snapshot', 0o755);
writeManuals('dist');
