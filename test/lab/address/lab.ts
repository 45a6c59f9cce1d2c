import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from '../../../tools/bundle.ts';
import { type Namespaces, type Outcome, openNamespaces } from './namespaces.ts';

/** A cluster of network namespaces, and a plugin to look at it. */
export type ClusterLab = {
  /** Builds the cluster of cluster.sh anew and runs commands upon it. */
  build(setup: string): void;
  /** Runs commands upon the cluster as it is. */
  sh(script: string): string;
  /** Runs the plugin in a namespace as nobody; `path` is its PATH. */
  check(namespace: string, args: readonly string[], path?: string): Promise<Outcome>;
  /** Runs a command in a namespace as root, to its end. */
  run(namespace: string, command: readonly string[]): Promise<Outcome>;
  /** Takes a node's snapshot into a file, which it gives. */
  snapshot(node: string, args: readonly string[], as?: 'nobody' | 'root'): Promise<string>;
  close(): Promise<void>;
};

const script = path.resolve('plugins/cluster_node_snapshot');

export async function openCluster(plugin: string): Promise<ClusterLab> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-vip-'));
  const lab: Namespaces = await openNamespaces();
  const executable = path.join(folder, plugin);
  bundle(`plugins/${plugin}.ts`, executable);
  lab.sh(`chmod 755 ${folder}`);
  const functions = `. ${path.resolve('test/lab/address/cluster.sh')}`;
  return {
    build: (setup) => lab.sh(`${functions}\nfresh\n${setup}`),
    sh: (commands) => lab.sh(`${functions}\n${commands}`),
    check: async (namespace, args, paths = '/usr/bin:/bin') => {
      const ask = () => lab.run(namespace, ['env', `PATH=${paths}`, process.execPath, executable, ...args]);
      const said = await ask();
      // What the plugin says of a machine that many tests share is true, and no fault of the cluster's.
      return said.stdout.includes('too busy for arping') ? ask() : said;
    },
    run: (namespace, command) => lab.run(namespace, command, 'root'),
    snapshot: async (node, args, as) => {
      const file = path.join(folder, `${node}.txt`);
      writeFileSync(file, (await lab.run(node, ['sh', script, ...args], as)).stdout);
      return file;
    },
    close: async () => {
      await lab.close();
      rmSync(folder, { recursive: true });
    },
  };
}
