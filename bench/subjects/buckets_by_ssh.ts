import { accessSync, writeFileSync } from 'node:fs';
import { openLab, whyNoSsh } from '../../test/lab/ssh/lab.ts';
import { installed, vip } from '../installed.ts';
import { compared, pairs, type Subject } from '../pairs.ts';

const checkBySsh = '/usr/lib/nagios/plugins/check_by_ssh';

export const subject: Subject = {
  title: 'check_cluster_buckets: two nodes over ssh, beside check_by_ssh',
  about:
    'The whole snapshot of two nodes, asked and judged, against `bench/check_by_ssh_two_nodes`: a shell script of twenty lines around check_by_ssh (monitoring-plugins-standard), which asks for one word and judges next to nothing. A real sshd on loopback stands for both nodes. Checkmk is in no package of Debian, so its active checks are not measured.',
  measure: async (rounds) => {
    const why = whyNoSsh() ?? missing();
    if (why !== null) return { skipped: why };
    const lab = await openLab();
    try {
      return await installed(async ({ plugin, file }) => {
        const [key, hosts] = [lab.file('id'), lab.file('known_hosts')];
        writeFileSync(
          file('ssh_config'),
          `Host n*\n  HostName 127.0.0.1\n  Port ${lab.port}\n  User root\n  IdentityFile ${key}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile ${hosts}\n`,
        );
        const script = {
          program: 'bench/check_by_ssh_two_nodes',
          args: [String(lab.port), key, hosts, '127.0.0.1', '127.0.0.1'],
        };
        const own = plugin(
          'check_cluster_buckets',
          ...['--vip', vip, '-t', '60', '--ssh-config', file('ssh_config'), '-N', 'n1', '-N', 'n2'],
        );
        return [compared('two nodes', pairs(own, script, rounds), null)];
      });
    } finally {
      await lab.close();
    }
  },
};

function missing(): string | null {
  try {
    accessSync(checkBySsh);
    return null;
  } catch {
    return `${checkBySsh} missing`;
  }
}
