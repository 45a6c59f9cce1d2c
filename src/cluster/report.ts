import type { Code, Finding } from '../findings/index.ts';
import { unshownRoutes } from '../member/index.ts';
import type { Rule } from '../netfilter/index.ts';
import { listOf, type Metric, type Report, type State, worst } from '../plugin/index.ts';
import { bucketList } from './buckets.ts';
import type { NodeFacts } from './facts.ts';
import type { Judgement } from './judge.ts';
import type { JudgedNode } from './node.ts';
import type { Wanted } from './wanted.ts';

/** Puts a judgement into words: first line, a finding for each fault and each sound node, metrics, and the facts for JSON. */
export function reportCluster(judgement: Judgement, facts: readonly NodeFacts[], wanted: Wanted): Report {
  const findings: Finding[] = [
    ...judgement.faults.map(({ brief: _, ...finding }) => finding),
    ...judgement.nodes
      .filter((node) => isSound(node, judgement))
      .map((node): Finding => ({ state: 'OK', code: holdingCode(node), text: holding(node) })),
  ];
  const state = worst(findings.map((finding) => finding.state));
  return {
    state,
    summary: `${wanted.vip}: ${headline(judgement, state, wanted)}`,
    findings,
    perfdata: metrics(judgement, wanted),
    data: dataOf(judgement, facts, wanted),
  };
}

/** Nothing is wrong with a node by itself, and it holds nothing that another one holds too. */
function isSound({ name, faults, known }: JudgedNode, { doubledOn }: Judgement): boolean {
  return known && faults.every(({ state }) => state === 'OK') && !doubledOn.includes(name);
}

/** The commands of all repairs, to paste. */
export function repairLines({ faults }: Judgement): readonly string[] {
  return faults.flatMap(({ commands = [] }) => commands.map(({ host, command }) => `to paste on ${host}: ${command}`));
}

/** The bucket x node table of `-v`: who holds what, as the kernels say. */
export function bucketTable({ nodes, total }: Judgement): readonly string[] {
  const ruled = nodes.filter(({ rule }) => rule !== null);
  const last = Math.min(total ?? Math.max(0, ...ruled.map(({ rule }) => rule?.total ?? 0)), 64);
  const row = (label: string, cells: readonly string[]) =>
    `${label.padEnd(8)}${cells.map((cell, i) => cell.padEnd(Math.max(ruled[i]?.name.length ?? 0, 1) + 2)).join('')}`.trimEnd();
  const header = row(
    'bucket',
    ruled.map(({ name }) => name),
  );
  const body = Array.from({ length: last }, (_, i) =>
    row(
      `${i + 1}`,
      ruled.map(({ rule }) => (rule?.answersAll || rule?.buckets.includes(i + 1) ? 'x' : '.')),
    ),
  );
  const cut = total !== null && total > last ? [`(${total - last} more buckets)`] : [];
  return last === 0 ? [] : [header, ...body, ...cut];
}

/** What is outside the rules' match, and answered by every node. */
export function unshared({ nodes }: Judgement): readonly string[] {
  const matches = [...new Set(nodes.flatMap(({ rule }) => (rule?.match ? [rule.match] : [])))];
  return matches.map((match) => `shared: ${match} only; everything else to the VIP is answered by every node`);
}

/** What a hash of the packet's own source does to path MTU discovery: routers, not clients, send what it needs. */
export function pathMtu({ nodes }: Judgement): readonly string[] {
  const bySource = nodes.filter(
    ({ rule }) => rule?.hash != null && !rule.hash.tracked && rule.hash.fields.some(({ part }) => part === 'saddr'),
  );
  const names = listOf(bySource.map(({ name }) => name));
  return bySource.length === 0
    ? []
    : [
        `path MTU: on ${names} "fragmentation needed" falls into the bucket of the router that sends it, as the rule hashes ip saddr; clamp the MSS where the clients' path is narrower (xt_cluster hashes the connection and is not affected)`,
      ];
}

/** Routes that answers may take and that no snapshot shows. */
export function unshown({ nodes }: Judgement): readonly string[] {
  return unshownRoutes(nodes.map(({ node }) => node));
}

function headline({ faults, nodes, total }: Judgement, state: State, { expectBuckets }: Wanted): string {
  const worstFaults = faults.filter((fault) => fault.state === state);
  const [first] = worstFaults;
  if (state !== 'OK' && first !== undefined) {
    const more = worstFaults.length - 1;
    return more > 0 ? `${first.brief} (+${more} more)` : first.brief;
  }
  // One node's own view says nothing about the others.
  if (expectBuckets !== undefined)
    return listOf(
      nodes.map(({ name }) => `${name} holds ${bucketList(expectBuckets)} of ${total ?? '?'}, as expected`),
    );
  const holders = nodes.filter(({ rule }) => rule !== null).length;
  return wholeCoverage(total, holders);
}

function wholeCoverage(total: number | null, holders: number): string {
  const buckets = total === 1 ? '1 bucket' : `${total ?? '?'} buckets`;
  return `${buckets} on ${holders === 1 ? '1 node' : `${holders} nodes`}, each on exactly one`;
}

function holding(node: JudgedNode): string {
  const { name, rule } = node;
  if (rule === null) return `${name} stands by (no cluster rule)`;
  const held = rule.buckets.length === 0 ? 'no bucket' : bucketList(rule.buckets);
  return `${name} holds ${held} (${describeRule(rule, macNamed(node))})`;
}

function holdingCode({ rule }: JudgedNode): Code {
  if (rule === null) return 'stands-by';
  return rule.buckets.length === 0 ? 'no-bucket-held' : 'bucket-held';
}

/** The MAC named by a node's cluster rule, or else by its ARP rule. */
function macNamed({ rule, node }: JudgedNode): string | null {
  return rule?.mac ?? node.macs.names.find(({ by }) => by === 'ARP rule')?.mac ?? null;
}

function describeRule(rule: Rule, mac: string | null): string {
  const parts = [
    rule.backend,
    rule.hash?.name ?? null,
    rule.match === '' ? null : rule.match,
    rule.hash === null ? null : `total ${rule.total}`,
    rule.ifname,
    mac,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

const counts = {
  lost: 'Buckets that no node holds',
  unproven: 'Buckets that no node is known to hold while some nodes were not read',
  doubled: 'Buckets that more than one node holds',
} as const;

function metrics(judgement: Judgement, { held: ranges, expectBuckets }: Wanted): readonly Metric[] {
  const { total, lost, doubled, unproven, silent, nodes } = judgement;
  const alone = expectBuckets !== undefined;
  const none = { low: 0, high: 0, inside: false };
  const known = silent.length === 0 && nodes.every((node) => node.known);
  const count = (what: keyof typeof counts, value: number): Metric => ({
    label: `buckets_${what}`,
    value,
    crit: none,
    min: 0,
    ...(total === null ? {} : { max: total }),
    series: { name: `cluster_buckets_${what}`, help: counts[what] },
  });
  const all = { name: 'cluster_buckets', help: 'Buckets of the cluster' };
  const held = (node: string) => ({
    name: 'cluster_node_buckets',
    help: 'Buckets that a node holds',
    labels: { node },
  });
  return [
    ...(total === null ? [] : [{ label: 'buckets_total', value: total, min: 0, series: all }]),
    ...(total === null || !known || alone ? [] : [count('lost', lost.length)]),
    ...(total === null || known || alone ? [] : [{ ...count('unproven', unproven.length), crit: undefined }]),
    ...(total === null || alone ? [] : [count('doubled', doubled.length)]),
    ...nodes.flatMap(({ name, rule }) =>
      rule === null
        ? []
        : [
            {
              label: `held_${name}`,
              value: rule.buckets.length,
              warn: ranges.warning,
              crit: ranges.critical,
              min: 0,
              max: rule.total,
              series: held(name),
            },
          ],
    ),
  ];
}

function dataOf(judgement: Judgement, facts: readonly NodeFacts[], { vip }: Wanted): unknown {
  const judged = new Map(judgement.nodes.map((node) => [node.name, node]));
  return {
    vip,
    total: judgement.total,
    backends: [...new Set(judgement.nodes.flatMap(({ rule }) => (rule === null ? [] : [rule.backend])))],
    lost: judgement.lost,
    doubled: judgement.doubled,
    unproven: judgement.unproven,
    shareLost: judgement.shares?.lost ?? null,
    shareDoubled: judgement.shares?.doubled ?? null,
    clients: judgement.clients.map(({ client, bucket, nodes }) => ({ client, bucket, nodes })),
    nodes: facts.map((fact) => {
      const node = judged.get(fact.name);
      const rule = node?.rule ?? null;
      return {
        name: fact.name,
        reached: fact.reached,
        ...(fact.reached ? {} : { reason: fact.reason }),
        buckets: rule?.buckets ?? (node?.known === true ? [] : null),
        backend: rule?.backend ?? null,
        interface: rule?.ifname ?? null,
        mac: node === undefined || rule === null ? null : (macNamed(node) ?? judgement.mac),
        seed: rule?.hash?.seed ?? null,
        hash: rule?.hash?.name ?? null,
        total: rule?.hash == null ? null : rule.total,
        match: rule?.match ?? null,
      };
    }),
  };
}
