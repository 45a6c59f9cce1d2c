import { compared, pairs, type Subject } from '../pairs.ts';
import { withSshNodes } from '../ssh_nodes.ts';

export const subject: Subject = {
  title: 'check_cluster_buckets: 16 nodes over ssh',
  about:
    'A real sshd on loopback stands for all 16 nodes. Held against `xargs -P 16 ssh` that fetches the same snapshots with the same script into files, and judges nothing. Client and nodes share the cores here; on real nodes the waiting is spent elsewhere.',
  measure: (rounds) =>
    withSshNodes(16, ({ asking, xargs }) => [
      compared('16 nodes, asked and judged', pairs(asking(), xargs, Math.max(3, Math.round(rounds / 4))), 1.3),
    ]),
};
