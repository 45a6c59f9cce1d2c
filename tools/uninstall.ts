import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { innerFolder, installedPlugins, withFolder } from './installed.ts';

// Takes away what npm run install-plugins has put into a folder, and nothing else. Usage: npm run uninstall-plugins --
// [DIR], the distribution's plugin folder unless said.

function uninstall(target: string): void {
  const names = installedPlugins(target);
  if (names.length === 0) throw new Error(`nothing of Rackwatch is installed in ${target}`);
  for (const name of [...names, 'cluster_node_snapshot']) {
    rmSync(path.join(target, name), { force: true });
    console.log(`removed ${path.join(target, name)}`);
  }
  const inner = innerFolder(target);
  for (const folder of [path.join(inner, 'late'), inner]) {
    if (!existsSync(folder)) continue;
    const ours = readdirSync(folder).filter((file) =>
      /\.(?:cache|cjs)$|^(?:THIRD-PARTY-LICENSES|LICENSE|rackwatch)$/.test(file),
    );
    for (const file of ours) rmSync(path.join(folder, file));
    // Not recursively: what somebody else has put there is theirs.
    rmdirSync(folder);
  }
}

withFolder('uninstall-plugins', process.argv.slice(2), uninstall);
