import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { filtered } from '../filter.ts';
import { type Installed, installed } from '../installed.ts';
import { type Command, median, plainEnvironment, type Row, rounded, type Subject } from '../pairs.ts';
import { deniedNetworks, firewall, hostRules, networkRules, nftSnapshot, snapshot, vip } from '../rulesets.ts';

/** What one run of the plugin took, in seconds and MB, and its state. */
type Cost = { readonly seconds: number; readonly megabytes: number; readonly state: string };

/** A cluster by the snapshots of its nodes, and what a check of it may cost at most. */
type Cluster = {
  readonly what: string;
  readonly snapshots: () => readonly string[];
  readonly limits: {
    readonly seconds?: number;
    /** So many times an empty program of Node. */
    readonly starts?: number;
    readonly megabytes?: number;
  };
};

/** Nodes that share a cluster by xt_cluster behind the same firewall. */
function behind(nodes: number, input: readonly string[]): readonly string[] {
  return Array.from({ length: nodes }, (_, node) =>
    snapshot(node, { iptables: filtered('rules', firewall(node, nodes, input)), nft: [] }),
  );
}

/** Nodes with nftables rules that share so many buckets evenly. */
function sharing(nodes: number, total: number): readonly string[] {
  return Array.from({ length: nodes }, (_, node) =>
    nftSnapshot(
      node,
      total,
      Array.from({ length: total / nodes }, (__, i) => i * nodes + node),
    ),
  );
}

const drop = '-A INPUT -j DROP';

/** The limit of a check, `-t`, in seconds. */
const patience = 10;

const clusters: readonly Cluster[] = [
  {
    what: '2,000 rules of a host and a port before a DROP, 3 nodes',
    snapshots: () => behind(3, [...hostRules(2000), drop]),
    limits: { seconds: 2, megabytes: 200 },
  },
  {
    what: '5,000 rules of a host and a port before a DROP, 3 nodes',
    snapshots: () => behind(3, [...hostRules(5000), drop]),
    limits: { seconds: patience },
  },
  {
    what: '20,000 rules that accept, and nothing behind them, 3 nodes',
    snapshots: () => behind(3, hostRules(20_000)),
    limits: { seconds: 1 },
  },
  {
    what: '1,000 rules of a network and a range of ports before a DROP, 3 nodes',
    snapshots: () => behind(3, [...networkRules(1000), drop]),
    limits: { seconds: patience },
  },
  {
    what: '10,000 networks that all nodes deny, a rule each, 3 nodes',
    snapshots: () => behind(3, deniedNetworks(10_000)),
    limits: { seconds: patience },
  },
  { what: '64 nodes that share 64 buckets', snapshots: () => sharing(64, 64), limits: { starts: 12 } },
  { what: '65,536 buckets on 2 nodes', snapshots: () => sharing(2, 65_536), limits: { megabytes: 200 } },
];

/** Runs a program of Node with a hook that writes down its memory at the end. */
function runWith({ program, args }: Command, { file }: Installed): Cost {
  const env = { ...plainEnvironment(), NODE_OPTIONS: `--require=${file('hook.cjs')}` };
  const start = performance.now();
  const { stdout } = spawnSync(program, args, { encoding: 'utf8', env });
  const seconds = (performance.now() - start) / 1000;
  const state = /^\[(\w+)\]/.exec(stdout)?.[1] ?? 'no answer';
  return { seconds, megabytes: Number(readFileSync(file('peak'), 'utf8')) / 1024, state };
}

/** The medians of five runs, or of fewer that take ten seconds together. `starts`: against an empty program. */
function costOf(command: Command, where: Installed): Cost & { readonly starts: number } {
  const runs: (Cost & { readonly starts: number })[] = [];
  for (let spent = 0; runs.length < 5 && spent < 10; ) {
    const empty = runWith(where.empty, where);
    const run = runWith(command, where);
    runs.push({ ...run, starts: run.seconds / empty.seconds });
    spent += run.seconds;
  }
  const of = (what: 'seconds' | 'starts' | 'megabytes') => median(runs.map((run) => run[what]));
  return {
    seconds: of('seconds'),
    starts: of('starts'),
    megabytes: of('megabytes'),
    state: [...new Set(runs.map(({ state }) => state))].join(' or '),
  };
}

/** A limit as it is written behind what it is for. */
const words = { seconds: 's', starts: 'starts of Node', megabytes: 'MB' } as const;

function rowOf({ what, snapshots, limits }: Cluster, where: Installed): Row {
  const nodes = snapshots().map((text, i) => {
    const file = where.file(`node${i}.txt`);
    writeFileSync(file, text);
    return ['--node', `n${i}=file:${file}`];
  });
  const command = where.plugin('check_cluster_buckets', '--vip', vip, '-t', String(patience), ...nodes.flat());
  const cost = costOf(command, where);
  const aims = (['seconds', 'starts', 'megabytes'] as const).flatMap((key) => {
    const limit = limits[key];
    return limit === undefined ? [] : [{ text: `${limit} ${words[key]}`, share: cost[key] / limit }];
  });
  return {
    what: `${what} (OK in ${aims.map(({ text }) => text).join(', ')})`,
    figure: `${cost.state}, ${rounded(cost.seconds)} s, ${Math.round(cost.megabytes)} MB`,
    ratio: cost.state === 'OK' ? Math.max(...aims.map(({ share }) => share)) : null,
    limit: 1,
  };
}

export const subject: Subject = {
  title: 'check_cluster_buckets: large firewalls and large clusters',
  about: `The plugin as installed, with \`-t ${patience}\`, on saved snapshots as the script’s filter leaves them: the state, the time of the whole run, and the largest resident size, which is 37 MB for an empty program. The aim stands in brackets; the ratio is against it, of time and memory the worse one, and only an OK can reach it.`,
  measure: () =>
    installed(async (where) => {
      writeFileSync(
        where.file('hook.cjs'),
        `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(where.file('peak'))}, String(process.resourceUsage().maxRSS)))`,
      );
      return clusters.map((cluster) => rowOf(cluster, where));
    }),
};
