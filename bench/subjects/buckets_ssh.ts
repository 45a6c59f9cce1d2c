import { copyFileSync, writeFileSync } from 'node:fs';
import { openLab, whyNoSsh } from '../../test/lab/ssh/lab.ts';
import { installed, vip } from '../installed.ts';
import { compared, pairs, type Subject } from '../pairs.ts';

const nodes = Array.from({ length: 16 }, (_, i) => `n${i + 1}`);

export const subject: Subject = {
  title: 'check_cluster_buckets: 16 nodes over ssh',
  about:
    'A real sshd on loopback stands for all 16 nodes. Held against `xargs -P 16 ssh` that fetches the same snapshots with the same script into files, and judges nothing. Client and nodes share the cores here; on real nodes the waiting is spent elsewhere.',
  measure: async (rounds) => {
    const why = whyNoSsh();
    if (why !== null) return { skipped: why };
    const lab = await openLab();
    try {
      return await installed(async ({ plugin, file }) => {
        const config = file('ssh_config');
        writeFileSync(
          config,
          `Host n*\n  HostName 127.0.0.1\n  Port ${lab.port}\n  User root\n  IdentityFile ${lab.file('id')}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile ${lab.file('known_hosts')}\n`,
        );
        copyFileSync('plugins/cluster_node_snapshot', file('script'));
        const ssh = `ssh -F ${config} -T -o BatchMode=yes {} sh -s -- --vip ${vip} <${file('script')} >${file('{}.txt')}`;
        const xargs = {
          program: '/bin/sh',
          args: ['-c', `printf '%s\\n' ${nodes.join(' ')} | xargs -P 16 -I{} sh -c '${ssh}'`],
        };
        const own = plugin(
          'check_cluster_buckets',
          ...['--vip', vip, '-t', '60', '--ssh-config', config, ...nodes.flatMap((node) => ['-N', node])],
        );
        return [compared('16 nodes, asked and judged', pairs(own, xargs, Math.max(3, Math.round(rounds / 4))), 1.3)];
      });
    } finally {
      await lab.close();
    }
  },
};
