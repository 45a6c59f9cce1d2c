import { copyFileSync, writeFileSync } from 'node:fs';
import { openLab, whyNoSsh } from '../test/lab/ssh/lab.ts';
import { type Installed, installed, vip } from './installed.ts';
import type { Command, Row } from './pairs.ts';

/** Nodes for which one sshd on loopback stands, by names of their own, and ways to ask them. */
export type SshNodes = Installed & {
  readonly lab: Awaited<ReturnType<typeof openLab>>;
  /** Asks all of them by `check_cluster_buckets`, with these options besides. */
  asking(...options: readonly string[]): Command;
  /** Fetches the same snapshots with the same script into files, 16 at a time, and judges nothing. */
  readonly xargs: Command;
};

/** Gives so many nodes over ssh to `work`, with the plugins as installed; or says why there are none. */
export async function withSshNodes(
  count: number,
  work: (nodes: SshNodes) => readonly Row[] | Promise<readonly Row[]>,
): Promise<readonly Row[] | { readonly skipped: string }> {
  const why = whyNoSsh();
  if (why !== null) return { skipped: why };
  const names = Array.from({ length: count }, (_, i) => `n${i + 1}`);
  const lab = await openLab();
  try {
    return await installed(async (where) => {
      const [config, script] = [where.file('ssh_config'), where.file('script')];
      writeFileSync(
        config,
        `Host n*\n  HostName 127.0.0.1\n  Port ${lab.port}\n  User root\n  IdentityFile ${lab.file('id')}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile ${lab.file('known_hosts')}\n`,
      );
      copyFileSync('plugins/cluster_node_snapshot', script);
      const ssh = `ssh -F ${config} -T -o BatchMode=yes {} sh -s -- --vip ${vip} <${script} >${where.file('{}.txt')}`;
      const asked = ['--vip', vip, '-t', '60', '--ssh-config', config, ...names.flatMap((name) => ['-N', name])];
      return work({
        ...where,
        lab,
        asking: (...options) => where.plugin('check_cluster_buckets', ...asked, ...options),
        xargs: {
          program: '/bin/sh',
          args: ['-c', `printf '%s\\n' ${names.join(' ')} | xargs -P 16 -I{} sh -c '${ssh}'`],
        },
      });
    });
  } finally {
    await lab.close();
  }
}
