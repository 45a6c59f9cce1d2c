import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { openLab, whyNoSsh } from '../../test/lab/ssh/lab.ts';
import { installed } from '../installed.ts';
import { compared, pairs, type Subject } from '../pairs.ts';

const nodes = [1, 2, 3, 4];
const vips = Array.from({ length: 16 }, (_, i) => `192.168.56.${101 + i}`);
const namespace = (node: number) => `rackwatch-bench-${process.pid}-${node}`;

/** A node with 16 VIPs, of each of which it holds one bucket of four, as nft rules in a namespace of its own. */
function addNode(node: number): void {
  const run = (program: string, args: readonly string[], input = '') =>
    execFileSync(program, args, { input, stdio: ['pipe', 'ignore', 'inherit'] });
  run('ip', ['netns', 'add', namespace(node)]);
  const links = [
    'link set lo up',
    `link add eth1 address 02:00:00:00:00:0${node} type veth peer name eth1-peer`,
    'link set eth1-peer up',
    'link set eth1 up',
    `addr add 192.168.56.1${node}/24 dev eth1`,
    ...vips.map((vip) => `addr add ${vip}/24 dev eth1`),
    'maddr add 01:23:45:67:89:ab dev eth1',
    'route add default via 192.168.56.254',
  ];
  run('ip', ['-n', namespace(node), '-batch', '-'], `${links.join('\n')}\n`);
  const rules = vips.flatMap((vip) => [
    `iif eth1 ip daddr ${vip} jhash ip saddr mod 4 seed 0x5 ${node - 1} meta pkttype set host accept`,
    `iif eth1 ip daddr ${vip} drop`,
  ]);
  const chain = `type filter hook prerouting priority -150; policy accept;\n${rules.join('\n')}`;
  run(
    'nsenter',
    [`--net=/run/netns/${namespace(node)}`, 'nft', '-f', '-'],
    `table ip cluster {\nchain prerouting {\n${chain}\n}\n}\n`,
  );
}

function removeNode(node: number): void {
  execFileSync('ip', ['netns', 'del', namespace(node)]);
}

export const subject: Subject = {
  title: 'check_cluster_buckets: 16 VIPs in one question',
  about:
    'Four nodes over ssh, each a namespace of this machine with the nft rules of 16 VIPs behind a real sshd. Held against the same question about one of these VIPs, and against 16 questions, one after the other.',
  measure: async (rounds) => {
    const why = whyNoSsh();
    if (why !== null) return { skipped: why };
    const lab = await openLab();
    const added: number[] = [];
    try {
      return await installed(async ({ plugin, file }) => {
        for (const node of nodes) {
          added.push(node);
          addNode(node);
          execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(`key${node}`)]);
          const key = execFileSync('cat', [file(`key${node}.pub`)], { encoding: 'utf8' });
          const command = `nsenter --net=/run/netns/${namespace(node)} sh -c \\"$SSH_ORIGINAL_COMMAND\\"`;
          appendFileSync(lab.file('keys/root'), `restrict,command="${command}" ${key}`);
        }
        const hosts = nodes.map((node) => `Host n${node}\n  IdentityFile ${file(`key${node}`)}\n`);
        const common = `Host *\n  HostName 127.0.0.1\n  Port ${lab.port}\n  User root\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile ${lab.file('known_hosts')}\n`;
        writeFileSync(file('ssh_config'), `${hosts.join('')}${common}`);
        const asked = ['-t', '60', '--skip', 'arp', '--ssh-config', file('ssh_config')];
        const ask = (...vip: readonly string[]) =>
          plugin('check_cluster_buckets', ...vip, ...asked, ...nodes.flatMap((node) => ['-N', `n${node}`]));
        const all = ask('--vip', 'all');
        const one = ask('--vip', vips[0] ?? '');
        const said = execFileSync(all.program, all.args, { encoding: 'utf8' });
        if (!said.startsWith('[OK] 16 VIPs OK')) throw new Error(said);
        const many = vips.map((vip) => ask('--vip', vip)).map(({ program, args }) => [program, ...args].join(' '));
        const loop = { program: '/bin/sh', args: ['-c', many.join('\n')] };
        const few = Math.max(3, Math.round(rounds / 10));
        return [
          compared('16 VIPs, against one of them', pairs(all, one, Math.max(3, Math.round(rounds / 2))), 1.6),
          compared('16 VIPs, against 16 questions', pairs(all, loop, few), null),
        ];
      });
    } finally {
      for (const node of added) removeNode(node);
      await lab.close();
    }
  },
};
