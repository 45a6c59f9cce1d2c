import { accessSync } from 'node:fs';
import { compared, pairs, type Subject } from '../pairs.ts';
import { withSshNodes } from '../ssh_nodes.ts';

const checkBySsh = '/usr/lib/nagios/plugins/check_by_ssh';

export const subject: Subject = {
  title: 'check_cluster_buckets: two nodes over ssh, beside check_by_ssh',
  about:
    'The whole snapshot of two nodes, asked and judged, against `bench/check_by_ssh_two_nodes`: a shell script of twenty lines around check_by_ssh (monitoring-plugins-standard), which asks for one word and judges next to nothing. A real sshd on loopback stands for both nodes. Checkmk is in no package of Debian, so its active checks are not measured.',
  measure: async (rounds) => {
    const why = missing();
    if (why !== null) return { skipped: why };
    return withSshNodes(2, ({ lab, asking }) => {
      const hosts = ['127.0.0.1', '127.0.0.1'];
      const args = [String(lab.port), lab.file('id'), lab.file('known_hosts'), ...hosts];
      const script = { program: 'bench/check_by_ssh_two_nodes', args };
      return [compared('two nodes', pairs(asking(), script, rounds), null)];
    });
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
