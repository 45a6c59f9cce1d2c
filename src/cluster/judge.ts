import { type Fault, fault, withCommands } from '../findings/index.ts';
import { type ClusterMac, clientsOf, judgeClusterMac, type SilentNode, silenceFault } from '../member/index.ts';
import { type Bucket, clientsInUse, percent } from '../netfilter/index.ts';
import { type Command, listOf, type State } from '../plugin/index.ts';
import { judgeAgreement, type RuledNode } from './agreement.ts';
import { bucketList } from './buckets.ts';
import { type ClientAnswer, clientFaults, judgeClients } from './clients.ts';
import { type Claim, type Coverage, cover, hashesAgree, holdsNothing } from './coverage.ts';
import type { NodeFacts, ReadNode } from './facts.ts';
import { type JudgedNode, judgeNode, sharersOf } from './node.ts';
import { doubledFault, lostFault, take } from './repair.ts';
import { judgeServices } from './service.ts';
import { measureShares, type NodeAnswers, type Shares } from './shares.ts';
import type { Wanted } from './wanted.ts';
import { followWay } from './way.ts';

/** What all nodes together show about a VIP. */
export type Judgement = {
  readonly nodes: readonly JudgedNode[];
  readonly silent: readonly SilentNode[];
  /** Number of buckets; null when no rule says it or the rules differ. */
  readonly total: number | null;
  /** Buckets that no node answers, for certain. */
  readonly lost: readonly Bucket[];
  readonly doubled: readonly Bucket[];
  /** The nodes that hold them. */
  readonly doubledOn: readonly string[];
  /** Buckets that no node is known to answer, while some node is not known. */
  readonly unproven: readonly Bucket[];
  /** Shares of client addresses, 0 to 1; null where they cannot be known. */
  readonly shares: Shares | null;
  /** Who answers the clients that were asked about. */
  readonly clients: readonly ClientAnswer[];
  /** The cluster MAC, where it is known and the same for all. */
  readonly mac: string | null;
  readonly faults: readonly Fault[];
};

/** Judges what the nodes of a cluster say about its VIP. */
export function judgeCluster(facts: readonly NodeFacts[], wanted: Wanted): Judgement {
  const reached = facts.filter((node): node is ReadNode => node.reached);
  const silent = facts.filter((node): node is SilentNode => !node.reached);
  const mac = wanted.skip.includes('mac') ? noMac : judgeClusterMac(sharersOf(reached), wanted.mac);
  const way = followWay(reached, wanted);
  const nodes = reached.map((node) => {
    const [listening, stretches] = [mac.listening.get(node.name) ?? [], way.get(node.name) ?? []];
    return judgeNode(node, reached, listening, stretches, wanted);
  });
  const ruled = nodes.filter((node): node is RuledNode => node.rule !== null);
  const whole = silent.length === 0 && nodes.every(({ known }) => known);
  const claims = ruled.filter(({ serves }) => serves).map(claimOf);
  const agree = hashesAgree(ruled.map(claimOf));
  const total = agree ? totalOf(ruled) : null;
  const coverage = total === null ? { lost: [], doubled: [] } : cover(claims, total);
  const shares = whole ? sharesOf(nodes, ruled, mac, wanted) : null;
  const clients = judgeClients(nodes, silent, total, wanted);
  const own = nodes.flatMap(({ faults }) => faults);
  const judgedAlone = wanted.expectBuckets !== undefined;
  const together = judgedAlone
    ? expectedBuckets(ruled[0], wanted.expectBuckets)
    : [
        ...judgeAgreement(ruled, shares),
        ...totals(ruled, wanted),
        ...mac.faults,
        ...coverageFaults(coverage, nodes, silent, total, whole, wanted.vip),
        ...nobodyHolds(ruled, whole),
        ...nobodyAnswers(nodes, shares),
        ...(whole ? judgeServices(nodes.filter(({ rule }) => rule !== null && rule.buckets.length > 0)) : []),
        ...nowhere(reached, ruled, whole, wanted),
      ];
  const unproven = whole ? [] : coverage.lost;
  return {
    nodes,
    silent,
    total,
    lost: whole && !judgedAlone ? coverage.lost : [],
    doubled: judgedAlone ? [] : coverage.doubled.map(({ bucket }) => bucket),
    doubledOn: judgedAlone ? [] : coverage.doubled.flatMap(({ nodes: holders }) => holders),
    unproven: judgedAlone ? [] : unproven,
    shares: judgedAlone ? null : shares,
    clients,
    mac: mac.mac,
    faults: [
      ...(judgedAlone ? [] : clientFaults(clients)),
      ...together,
      ...own,
      ...silence(silent, coverage, total, ruled, wanted),
    ],
  };
}

const noMac: ClusterMac = { mac: null, named: [], faults: [], listening: new Map() };

/** Known only if it is known for every node what it answers, and that clients reach all of them by one MAC. */
function sharesOf(
  nodes: readonly JudgedNode[],
  ruled: readonly RuledNode[],
  { faults }: ClusterMac,
  { networks }: Wanted,
): Shares | null {
  const answering = nodes.flatMap(({ name, answered }): readonly NodeAnswers[] =>
    answered === null ? [] : [{ node: name, answered }],
  );
  const shared = ruled.find(({ rule }) => !rule.shared.isEmpty)?.rule.shared;
  const doubtful = nodes.some((node) => node.faults.some(({ state }) => state === 'UNKNOWN'));
  const unclear = doubtful || faults.some(({ state }) => state !== 'OK');
  if (answering.length < nodes.length || shared === undefined || unclear) return null;
  const refused = nodes.reduce((all, node) => all.and(node.refused), shared);
  const possible = clientsOf(networks, shared.space);
  const usual = networks.length > 0 ? possible : clientsInUse(shared.space);
  return measureShares(answering, shared, refused, { usual, possible });
}

/** Every node drops what comes to the VIP, and none lets a bucket through. */
function nobodyHolds(ruled: readonly RuledNode[], whole: boolean): readonly Fault[] {
  if (ruled.length === 0 || !ruled.every(({ rule }) => holdsNothing(rule))) return [];
  const who = whole ? 'no node' : 'no reached node';
  const text = `${who} holds a bucket: each drops everything sent to the VIP. Load the cluster rules, or check the resource that should load them`;
  return [fault('CRITICAL', 'buckets-nowhere', `${who} holds a bucket`, text)];
}

/** What all nodes deny alike is policy, unless nothing at all is left. */
function nobodyAnswers(nodes: readonly JudgedNode[], shares: Shares | null): readonly Fault[] {
  if (shares === null || shares.lost < 1 || shares.datagrams) return [];
  if (nodes.some(({ faults, serves }) => !serves || faults.some(({ state }) => state === 'CRITICAL'))) return [];
  const text = 'together, the firewalls of the nodes let no client through to any port that the cluster shares';
  return [fault('CRITICAL', 'nobody-served', 'no client gets an answer', `no client gets an answer: ${text}`)];
}

function claimOf({ name, rule }: RuledNode): Claim {
  return { node: name, hash: rule.hash, total: rule.total, buckets: rule.buckets, answersAll: rule.answersAll };
}

function totalOf(ruled: readonly RuledNode[]): number | null {
  const holding = ruled.filter(({ rule }) => !holdsNothing(rule));
  const hashing = holding.find(({ rule }) => !rule.answersAll) ?? holding[0];
  return hashing?.rule.total ?? null;
}

function totals(ruled: readonly RuledNode[], { totalNodes, skip }: Wanted): readonly Fault[] {
  if (totalNodes === undefined || skip.includes('rules')) return [];
  const other = ruled.filter(({ rule }) => rule.total !== totalNodes && !holdsNothing(rule));
  if (other.length === 0) return [];
  const said = listOf(other.map(({ name, rule }) => `${name} ${rule.total}`));
  return [
    fault(
      'CRITICAL',
      'total-unexpected',
      `total is not ${totalNodes} (${said})`,
      `the number of buckets is not ${totalNodes} as --total-nodes asserts (${said})`,
    ),
  ];
}

/** Faults of coverage: what no node answers, without what a node's own fault already reports, and what several answer. */
function coverageFaults(
  coverage: Coverage,
  nodes: readonly JudgedNode[],
  silent: readonly SilentNode[],
  total: number | null,
  whole: boolean,
  vip: string,
): readonly Fault[] {
  if (total === null) return [];
  const broken = nodes.filter(({ serves, rule }) => !serves && rule !== null);
  const told = new Set(broken.flatMap(({ rule }) => rule?.buckets ?? []));
  const untold = coverage.lost.filter((bucket) => !told.has(bucket));
  const alone = nodes.length + silent.length === 1 && total > 1;
  const lost =
    whole && untold.length > 0
      ? [alone ? onlyOneNode(untold, total, nodes) : lostFault(untold, total, nodes, vip)]
      : [];
  return [...lost, ...(coverage.doubled.length > 0 ? [doubledFault(coverage.doubled, total, nodes, vip)] : [])];
}

/** Only one of several nodes was asked: no command to take the rest, which another node may well hold. */
function onlyOneNode(lost: readonly Bucket[], total: number, nodes: readonly JudgedNode[]): Fault {
  const brief = `${bucketList(lost)} of ${total} not on ${nodes[0]?.name}, and only ${nodes[0]?.name} was asked`;
  const text = `${brief}: name every node of the cluster with --node, or say what this one must hold with --expect-buckets`;
  return fault('CRITICAL', 'one-node-asked', brief, text);
}

/** No node has a rule or the VIP: most likely the address is wrong. */
function nowhere(
  reached: readonly ReadNode[],
  ruled: readonly RuledNode[],
  whole: boolean,
  { vip, skip }: Wanted,
): readonly Fault[] {
  const allRead = reached.length > 0 && reached.every(({ reading }) => reading.unread.length === 0);
  const placed = !skip.includes('vip') && reached.some(({ placements }) => placements.length > 0);
  if (ruled.length > 0 || !allRead || placed) return [];
  const who = whole ? 'no node' : 'no reached node';
  const what = skip.includes('vip') ? 'a cluster rule for it' : 'the VIP or a cluster rule for it';
  return [
    fault('CRITICAL', 'cluster-nowhere', `${who} has ${what}`, `${who} has ${what}: is ${vip} the right address?`),
  ];
}

function expectedBuckets(node: RuledNode | undefined, expected: readonly Bucket[] | undefined): readonly Fault[] {
  const held = node?.rule.buckets ?? [];
  const name = node?.name ?? 'the node';
  const note = fault(
    'OK',
    'coverage-not-judged',
    'coverage not judged',
    'coverage across the nodes is not judged (--expect-buckets): this is one node’s own view',
  );
  if (expected === undefined || held.join() === expected.join()) return [note];
  const words = (buckets: readonly Bucket[]) => (buckets.length === 0 ? 'no bucket' : bucketList(buckets));
  const text = `${name} holds ${words(held)}, expected ${words(expected)} (--expect-buckets)`;
  return [
    fault('CRITICAL', 'buckets-unexpected', `${name} holds ${words(held)}, expected ${words(expected)}`, text),
    note,
  ];
}

/** Nodes that gave nothing: a doubt if the others cover every bucket, else what --unreachable says. */
function silence(
  silent: readonly SilentNode[],
  coverage: Coverage,
  total: number | null,
  ruled: readonly RuledNode[],
  wanted: Wanted,
): readonly Fault[] {
  if (silent.length === 0) return [];
  const covered = total !== null && coverage.lost.length === 0 && ruled.length > 0;
  const alone = wanted.expectBuckets !== undefined;
  const state: State = covered && !alone ? 'WARNING' : wanted.unreachable;
  return silent.map((node) => {
    const { name } = node;
    if (covered && !alone)
      return silenceFault(node, state, `The others cover every bucket, but ${name} may hold some of them as well`);
    if (total === null || coverage.lost.length === 0) return silenceFault(node, state, null);
    const { text, commands } = takeOver(node, coverage.lost, total, ruled, wanted.vip);
    const open = withCommands(silenceFault(node, state, text), commands);
    return { ...open, code: 'bucket-unproven', brief: unprovenBrief(node, coverage.lost, total) };
  });
}

function unprovenBrief({ name, reason }: SilentNode, lost: readonly Bucket[], total: number): string {
  return `${name} is unreachable, ${bucketList(lost)} of ${total} unproven (${percent(lost.length / total)} of clients): ${reason}`;
}

function takeOver(
  { name }: SilentNode,
  lost: readonly Bucket[],
  total: number,
  ruled: readonly RuledNode[],
  vip: string,
): { readonly text: string; readonly commands: readonly Command[] } {
  const open = `${bucketList(lost)} of ${total} (${percent(lost.length / total)} of client addresses) ${lost.length === 1 ? 'is' : 'are'} on no reached node`;
  const heir = ruled.find(({ serves, rule }) => serves && !holdsNothing(rule));
  if (heir === undefined) return { text: open, commands: [] };
  if (heir.rule.managed) return { text: `${open}. Pacemaker manages the rule: check the resource`, commands: [] };
  const { words, commands } = take(lost, heir, vip);
  return { text: `${open}. Make sure first that ${name} is dead; then on ${heir.name}: ${words}`, commands };
}
