import { installed, recorded, vip } from '../installed.ts';
import { compared, pairs, type Subject } from '../pairs.ts';

export const subject: Subject = {
  title: 'check_cluster_buckets: one run',
  about:
    'The plugin as installed (bundle and V8 code cache), against `node` on an empty CommonJS file, which is the floor of every plugin on Node. `--node local` runs the snapshot script with all its tools, and is also held against the script alone.',
  measure: (rounds) =>
    installed(async ({ plugin, empty, file }) => {
      const replay = plugin('check_cluster_buckets', '--vip', vip, ...recorded('healthy'));
      const local = plugin('check_cluster_buckets', '--vip', vip, '--node', 'local');
      const bundle = { ...replay, args: ['dist/check_cluster_buckets', ...replay.args.slice(1)] };
      const script = { program: '/bin/sh', args: [file('cluster_node_snapshot'), '--vip', vip] };
      return [
        compared('two saved snapshots', pairs(replay, empty, rounds), 1.05),
        compared('two saved snapshots, without the code cache', pairs(bundle, empty, rounds), null),
        compared('`--help`', pairs(plugin('check_cluster_buckets', '--help'), empty, rounds), null),
        compared('`--node local`', pairs(local, empty, rounds), 2.8),
        compared('`--node local`, against the script alone', pairs(local, script, rounds), null),
      ];
    }),
};
