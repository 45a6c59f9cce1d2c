import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median, type Row, rounded, type Subject } from '../pairs.ts';
import { savedRules, vip } from '../rulesets.ts';

/** A host, by how many unrelated rules and routes it has; the limits are of what a script before the whole way cost, and of 50 kB. */
const hosts = [
  { rules: 5000, routes: 10_000, limit: 1.3 },
  { rules: 5000, routes: 0, limit: 1.3 },
  { rules: 0, routes: 10_000, limit: null },
  { rules: 0, routes: 0, limit: 1.3 },
] as const;

/** The last script that knew nothing of routes, neighbours, settings, queues and bridges, in the history of this repository. */
const before = '919e4cf:plugins/cluster_node_snapshot';
const longest = 50_000;

/**
 * A shell script that makes the host in a network of its own and runs each script so many times, in turns. Of each run it
 * prints what bash's `times` says of all processes below it (dash counts in hundredths of a second), and how long the
 * answer is.
 */
function runs(folder: string, routes: number, rounds: number): string {
  return `set -e
ip link set lo up
ip link add eth1 type veth peer name peer1
ip link set peer1 up
ip link set eth1 up
ip addr add 192.168.56.11/24 dev eth1
ip addr add ${vip}/24 dev eth1
ip maddr add 01:23:45:67:89:ab dev eth1
ip route add default via 192.168.56.1 dev eth1
iptables-nft-restore <${folder}/rules
seq 1 ${routes} | awk '{ printf "route add 11.%d.%d.0/24 via 192.168.56.%d dev eth1\\n", $1 / 250, $1 % 250, 1 + $1 % 3 }' | ip -batch -
for round in $(seq 0 ${rounds}); do
  for script in before now; do
    bash --norc -c 'dash "$1" --vip ${vip} --limit 60 >"$2"; times' bash ${folder}/$script ${folder}/answer | tail -n 1
    wc -c <${folder}/answer
  done
done`;
}

/** Seconds of one of the two words of `times`: `0m0.120000s`. */
function seconds(word: string | undefined): number {
  const [, minutes = 'x', rest = 'x'] = /^(\d+)m([\d.]+)s$/.exec(word ?? '') ?? [];
  return 60 * Number(minutes) + Number(rest);
}

function measureHost(folder: string, { rules, routes, limit }: (typeof hosts)[number], rounds: number): readonly Row[] {
  writeFileSync(path.join(folder, 'rules'), savedRules(rules, 1));
  const command = ['--net', 'sh', '-c', runs(folder, routes, rounds)];
  const { stdout, stderr, status } = spawnSync('unshare', command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const lines = stdout.trim().split('\n');
  const cpu = lines
    .filter((_, i) => i % 2 === 0)
    .map((line) => line.split(/\s+/).reduce((sum, one) => sum + seconds(one), 0));
  // The first turn of each fills the caches.
  const pairs = Array.from({ length: rounds }, (_, i) => ({ base: cpu[2 * i + 2] ?? 0, own: cpu[2 * i + 3] ?? 0 }));
  const size = Number(lines.at(-1));
  const what = `${rules} unrelated rules, ${routes} routes`;
  const [own, base] = [median(pairs.map((one) => one.own)), median(pairs.map((one) => one.base))];
  return [
    {
      what: `${what}, CPU time`,
      figure: `${rounded(own * 1000)} ms against ${rounded(base * 1000)} ms`,
      ratio: median(pairs.map((one) => one.own / one.base)),
      limit,
    },
    { what: `${what}, against 50 kB`, figure: `${rounded(size / 1000)} kB`, ratio: size / longest, limit: 1 },
  ];
}

export const subject: Subject = {
  title: 'cluster_node_snapshot: one run',
  about:
    'The script by dash on a real host in a network namespace, in processor time of all its processes, against the script as it was before it asked for routes, neighbours, settings, queues and bridges. Rules are those of iptables on nf_tables. Of 10,000 routes without a firewall there is no aim: the script of before did not read them.',
  async measure(rounds) {
    if (process.getuid?.() !== 0) return { skipped: 'it makes a network namespace, which needs root' };
    const { stdout, status } = spawnSync('git', ['show', before], { encoding: 'utf8' });
    if (status !== 0) return { skipped: `${before} is not in the history that is here` };
    const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-bench-'));
    try {
      writeFileSync(path.join(folder, 'before'), stdout);
      spawnSync('cp', ['plugins/cluster_node_snapshot', path.join(folder, 'now')]);
      return hosts.flatMap((host) => measureHost(folder, host, Math.ceil(rounds / 3)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
