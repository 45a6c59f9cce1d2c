import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runPlugin } from '../../run_plugin.ts';
import { whyNoLab } from '../poller/lab.ts';
import { addAccount, removeAccount } from '../ssh/account.ts';

const tools = ['sudo', 'setpriv', 'unshare'].map((tool) => `/usr/bin/${tool}`);
const saves = ['iptables-legacy-save', 'ip6tables-legacy-save', 'iptables-save', 'ip6tables-save'];
const why = whyNoLab([
  ...tools,
  '/usr/sbin/useradd',
  '/usr/sbin/visudo',
  '/usr/sbin/nft',
  ...saves.map((tool) => `/usr/sbin/${tool}`),
]);

/** Rules of IPv4 in nftables, of IPv6 in legacy tables, and a VIP of each. */
const node = (n: number) => `ip link set lo up
ip link add eth1 type veth peer name peer1; ip link set peer1 up; ip link set eth1 up
for address in 192.168.56.1${n} 192.168.56.20; do ip addr add $address/24 dev eth1; done
for address in fd00:56::1${n} fd00:56::20; do ip addr add $address/64 dev eth1 nodad; done
ip maddr add 01:23:45:67:89:ab dev eth1
nft -f - <<RULES
table ip cluster {
  chain prerouting {
    type filter hook prerouting priority -150
    iif eth1 ip daddr 192.168.56.20 jhash ip saddr mod 2 seed 7 ${n - 1} meta pkttype set host accept
    iif eth1 ip daddr 192.168.56.20 drop
  }
}
RULES
ip6tables-legacy -t mangle -A PREROUTING -d fd00:56::20 -m cluster --cluster-total-nodes 2 --cluster-local-node ${n} \\
  --cluster-hash-seed 7 -j ACCEPT
ip6tables-legacy -t mangle -A PREROUTING -d fd00:56::20 -j DROP`;

describe.skipIf(why !== null)(`nodes that let their rules be read by sudo${why ? ` (skipped: ${why})` : ''}`, () => {
  const account = `rwvips${randomBytes(3).toString('hex')}`;
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-denied-'));
    chmodSync(folder, 0o755);
    addAccount(account);
  });
  afterAll(() => {
    removeAccount(account);
    rmSync(folder, { recursive: true });
  });

  function allow(commands: readonly string[]): void {
    const draft = path.join(folder, 'sudoers');
    writeFileSync(draft, `${account} ALL=(root) NOPASSWD: ${commands.join(', ')}\n`, { mode: 0o440 });
    execFileSync('/usr/sbin/visudo', ['-cf', draft], { stdio: 'pipe' });
    execFileSync('install', ['-m', '0440', draft, `/etc/sudoers.d/${account}.new`]);
    renameSync(`/etc/sudoers.d/${account}.new`, `/etc/sudoers.d/${account}`);
  }

  async function ask() {
    const nodes = [1, 2].flatMap((n) => {
      const script = `${node(n)}\nexec setpriv --reuid=${account} --regid=${account} --init-groups sh plugins/cluster_node_snapshot`;
      const text = execFileSync('unshare', ['-n', 'sh', '-ec', script], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const file = path.join(folder, `n${n}.txt`);
      writeFileSync(file, text);
      return ['--node', `n${n}=file:${file}`];
    });
    const args = ['--vip', 'all', '--skip', 'arp', '--output-format', 'json', ...nodes];
    return JSON.parse((await runPlugin('dist/check_cluster_buckets', args)).stdout);
  }

  const four = [
    'nft -j list ruleset',
    'iptables-legacy-save ""',
    'iptables-save ""',
    'arptables-save ""',
    'ebtables-save ""',
  ];
  const six = ['ip6tables-legacy-save ""', 'ip6tables-save ""'];
  const paths = (commands: readonly string[]) => commands.map((command) => `/usr/sbin/${command}`);

  test('those of IPv4 alone: a VIP of IPv6 may hide behind the others, which is UNKNOWN', async () => {
    allow(paths(four));
    const { state, data, findings } = await ask();
    expect(data).toMatchObject([{ vip: '192.168.56.20', state: 'OK' }]);
    expect(state).toBe('UNKNOWN');
    expect(JSON.stringify(findings)).toContain(
      `fd00:56::20, which several nodes have, may be one. If the cluster has no VIP of IPv6, name its VIPs with --vip in place of all; else allow it in sudoers on n1: ${account} ALL=(root) NOPASSWD: /usr/sbin/ip6tables-legacy-save`,
    );
  });

  test('with the lines that the plugin has asked for it is found', async () => {
    allow(paths([...four, ...six]));
    const { data, findings } = await ask();
    expect(data.map(({ vip }: { readonly vip: string }) => vip)).toEqual(['192.168.56.20', 'fd00:56::20']);
    expect(JSON.stringify(findings)).not.toContain('rules-unread');
  });
});
