import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { lateName } from '../../tools/late.ts';
import { withSnapshots } from '../../tools/saved_snapshots.ts';
import { installed, recorded, vip } from '../installed.ts';
import { compared, pairs, type Subject, startsPerRound } from '../pairs.ts';

/** What shares a VIP today. */
const ways = ['iptables-nft', 'nftables'];

export const subject: Subject = {
  title: 'check_cluster_buckets: one run',
  about:
    'The plugin as installed (bundle and V8 code cache), against `node` on an empty CommonJS file, which is the floor of every plugin on Node. `--node local` runs the snapshot script with all its tools, and is also held against the script alone. Those snapshots are of CLUSTERIP and of the script’s first release; the rows below them are of today’s script, whose snapshots tell more, on nodes with xt_cluster and with nftables. The row that runs nothing shows what no judge of this size can be below: Node with the plugin’s own bundles read and taken from their code caches, and ended.',
  measure: (rounds) =>
    installed(async ({ plugin, empty, file }) => {
      const turns = startsPerRound * rounds;
      const replay = plugin('check_cluster_buckets', '--vip', vip, ...recorded('healthy'));
      const local = plugin('check_cluster_buckets', '--vip', vip, '--node', 'local');
      const bundle = { ...replay, args: ['dist/check_cluster_buckets', ...replay.args.slice(1)] };
      const script = { program: '/bin/sh', args: [file('cluster_node_snapshot'), '--vip', vip] };
      const nothing = { ...empty, args: [file('nothing.cjs')] };
      const bundles = ['check_cluster_buckets', lateName('#cluster')].map((name) => file(`rackwatch/${name}`));
      writeFileSync(file('nothing.cjs'), loadedOnly(bundles));
      if (spawnSync(nothing.program, nothing.args).status !== 0) throw new Error('a code cache was not taken');
      return [
        compared('two saved snapshots', pairs(replay, empty, turns), 1.6),
        compared('two saved snapshots, without the code cache', pairs(bundle, empty, turns), null),
        ...(await withSnapshots(
          ways.map((way) => `5-the-gateway-permanent-and-right-in-the-neighbour-table-of-n2-${way}`),
          async (nodes) =>
            ways.map((way, i) => {
              const run = plugin('check_cluster_buckets', '--vip', vip, ...(nodes[i] ?? []));
              return compared(`two saved snapshots of today, ${way}`, pairs(run, empty, turns), null);
            }),
        )),
        compared('the same, nothing run', pairs(nothing, empty, turns), null),
        compared('`--help`', pairs(plugin('check_cluster_buckets', '--help'), empty, turns), null),
        compared('`--node local`', pairs(local, empty, turns), 3),
        compared('`--node local`, against the script alone', pairs(local, script, rounds), null),
      ];
    }),
};

/** A program that loads bundles as the launcher does, and runs none of them. */
function loadedOnly(bundles: readonly string[]): string {
  return `const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
for (const base of ${JSON.stringify(bundles)}) {
  const filename = base + '.cjs';
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: readFileSync(base + '.cache') });
  if (script.cachedDataRejected) process.exitCode = 1;
}`;
}
