import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import checkClusterBuckets from '../../../plugins/check_cluster_buckets.ts';
import { readCommandLine } from '../../../src/plugin/command_line.ts';
import { type Finding, type Plugin, renderJson } from '../../../src/plugin/index.ts';
import type { Scenario } from './scenario.ts';

/** What the plugin says of a scenario's snapshots: its JSON. */
export type Said = {
  readonly state: string;
  readonly exitCode: number;
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly data: {
    readonly shareLost: number | null;
    readonly shareDoubled: number | null;
    readonly clients?: readonly {
      readonly client: string;
      readonly bucket: number | null;
      readonly nodes: readonly string[] | null;
    }[];
  } | null;
};

/** Asks the plugin about snapshots that lie in files: the arguments, to its answer. */
export type Ask = (args: readonly string[]) => Promise<Said>;

/** The built plugin, as a monitoring daemon starts it. */
export const built: Ask = (args) =>
  new Promise((resolve, reject) => {
    const file = path.resolve('dist/check_cluster_buckets');
    execFile(process.execPath, [file, ...args], { maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      try {
        const said: Said = JSON.parse(stdout);
        if (stderr !== '' || (error?.code ?? 0) !== said.exitCode) throw new Error(`exit ${error?.code}: ${stderr}`);
        resolve(said);
      } catch (trouble) {
        reject(new Error(`${trouble}: ${stdout.slice(0, 500)}${stderr}`));
      }
    });
  });

/** A plugin inside this process: for many recordings at little cost. */
export const askInside =
  (plugin: Plugin): Ask =>
  async (args) => {
    const request = readCommandLine(plugin, args, {});
    if (request.kind !== 'run') throw new Error(`refused: ${JSON.stringify(request)}`);
    const context = { verbosity: 0, timeoutMs: 60_000, timeLeft: () => 60_000, stage: () => {} } as const;
    const report = await plugin.run(request.values, { ...context, signal: new AbortController().signal });
    return JSON.parse(renderJson(report));
  };

/** The same plugin inside this process. */
export const inside: Ask = askInside(checkClusterBuckets);

/** A cluster of which snapshots are at hand. Nodes without one are asked all the same. */
export type Asked = {
  readonly vip: string;
  readonly nodes: readonly string[];
  readonly snapshots: Readonly<Record<string, string | Uint8Array>>;
  readonly options: readonly string[];
};

/** Asks about a cluster, and about the clients that are given in the words of `--client`. */
export async function askAbout(ask: Ask, cluster: Asked, clients: readonly string[]): Promise<Said> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-snapshots-'));
  try {
    const nodes = cluster.nodes.flatMap((node) => {
      const file = path.join(folder, `${node}.txt`);
      const text = cluster.snapshots[node];
      if (text !== undefined) writeFileSync(file, text);
      return ['--node', `${node}=file:${file}`];
    });
    const asked = clients.flatMap((client) => ['--client', client]);
    return await ask(['--vip', cluster.vip, ...nodes, ...cluster.options, ...asked, '--output-format', 'json']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * The cluster of a scenario: its clients have a static entry for the VIP, so that no node need answer ARP. Over IPv6 the
 * nodes have their peers by hand too, and need no neighbour discovery: they are asked as by a script that does not tell
 * what it is judged by. `test/lab/wholeway` holds it against peers that resolve.
 */
export function clusterOf({ ipv6, nodes, silent, options }: Scenario, snapshots: Asked['snapshots']): Asked {
  const vip = ipv6 ? 'fd00:56::20' : '192.168.56.20';
  const told = Object.entries(snapshots).map(([node, text]) => [
    node,
    ipv6 ? `${text}`.replace('> parts 2', '> parts 1') : text,
  ]);
  return {
    vip,
    nodes: [...nodes, ...silent].sort(),
    snapshots: Object.fromEntries(told),
    options: [...options, '--skip', 'arp'],
  };
}

/** What a person reads of it. */
export function spoken({ state, summary, findings }: Said): string {
  return [`[${state}] ${summary}`, ...findings.map((finding) => `[${finding.state}] ${finding.text}`)].join('\n');
}
