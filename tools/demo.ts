import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

// Shows the real plugin on clusters that were recorded on a real kernel: each command, exactly what Icinga would receive,
// and the exit code.
const recordings = 'test/fixtures/clusterip';
const situations = [
  ['healthy', 'every bucket on exactly one node'],
  ['takeover', 'node 1 has taken over the bucket of node 2'],
  ['bucket-lost', 'node 2 gave up its bucket, and nobody took it'],
  ['bucket-doubled', 'a takeover that was not undone: two answers for half of the clients'],
  ['three-nodes-one-lost', 'three nodes, one bucket on none of them'],
  ['seed-differs', 'every proc file looks healthy, and half of the clients are served wrongly'],
  ['vip-missing', 'node 2 holds its bucket, but has lost the address'],
  ['hand-written-established-first', 'a firewall in front of the cluster rule: connections open, then hang'],
  ['mac-differs', 'two cluster MACs for one address'],
] as const;

for (const [situation, story] of situations) {
  const folder = `${recordings}/${situation}`;
  const nodes = readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort();
  const specs = nodes.flatMap((file) => ['--node', `${file.replace('.txt', '')}=file:${folder}/${file}`]);
  const args = ['--vip', '192.168.56.20', ...specs];
  process.stdout.write(`# ${story}\n$ check_cluster_buckets ${args.join(' ')}\n`);
  const { stdout, stderr, status } = spawnSync(process.execPath, ['dist/check_cluster_buckets', ...args], {
    encoding: 'utf8',
  });
  process.stdout.write(`${stdout}${stderr}exit code ${status}\n\n`);
}
