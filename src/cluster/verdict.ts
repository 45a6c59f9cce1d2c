import { parseIp } from '../address/index.ts';
import type { SilentNode } from '../member/index.ts';
import { type TrafficSpace, trafficTo } from '../netfilter/index.ts';
import type { Context, Report } from '../plugin/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { factsOf, type NodeFacts, type ReadNode } from './facts.ts';
import { judgeCluster } from './judge.ts';
import { nodeLines } from './lines.ts';
import { bucketTable, pathMtu, repairLines, reportCluster, unshared, unshown } from './report.ts';
import type { Wanted } from './wanted.ts';

/** A node that was asked: its snapshot, or why there is none. */
export type AskedNode = SnapshotNode | SilentNode;

/** A node that gave its snapshot. */
export type SnapshotNode = { readonly name: string; readonly reached: true; readonly snapshot: Snapshot };

/** What is wanted of every VIP. */
export type WantedOfAll = Omit<Wanted, 'vip'>;

/** Gives what a node says of a VIP; asked again before another VIP is asked about, it does not read again. */
export type Reader = (node: SnapshotNode, vip: string) => ReadNode;

/** How long a run has still got, in milliseconds, and how much it is to tell. */
export type Run = Pick<Context, 'timeLeft' | 'verbosity'>;

/** For what comes after the nodes' rules: the cluster as a whole, and the report. In milliseconds, for each VIP. */
const reserveMs = 300;

/**
 * Gives each of so many readings its part of the time that is left, so that one node's firewall, or one VIP, takes nobody
 * else's: called before each, it gives what tells when the time of this reading is over. A part is never smaller than
 * `least` of the time that is left: among many readings a few are long, and the first ones are slow.
 */
export function shareTime({ timeLeft }: Run, readings: number, least = 0): () => () => boolean {
  let open = readings;
  return () => {
    const part = Math.max(least, 1 / Math.max(1, open--));
    const end = timeLeft() - (timeLeft() - reserveMs) * part;
    return () => timeLeft() < end;
  };
}

/** What was read of one VIP. */
type Read = { readonly vip: string; readonly space: TrafficSpace; readonly known: Map<SnapshotNode, ReadNode> };

/** Reads nodes' snapshots; `share` gives each reading its time. Keeps what it has read of one VIP alone: it can be large. */
export function readerOf({ skip, totalNodes, backend }: WantedOfAll, share: () => () => boolean): Reader {
  let last: Read | null = null;
  return (node, vip) => {
    const current: Read = last?.vip === vip ? last : { vip, space: trafficTo(vip), known: new Map() };
    last = current;
    const { space, known } = current;
    const before = known.get(node);
    if (before !== undefined) return before;
    const source = skip.includes('rules')
      ? ({ skipRules: true, total: totalNodes ?? null } as const)
      : ({ skipRules: false, backend, tooLate: share() } as const);
    const facts = factsOf(node.name, node.snapshot, vip, source, space);
    known.set(node, facts);
    return facts;
  };
}

/** Judges the one VIP that is asked about. */
export function judgeOne(nodes: readonly AskedNode[], wanted: Wanted, run: Run): Report {
  const read = readerOf(wanted, shareTime(run, nodes.length));
  return judgeBy(read, nodes, wanted, run);
}

/** Judges a VIP by what a reader gives. The more `-v` asks for, the more lines the report has behind its findings. */
export function judgeBy(read: Reader, nodes: readonly AskedNode[], wanted: Wanted, { verbosity }: Run): Report {
  const own = ofFamily(wanted);
  const facts = nodes.map((node): NodeFacts => (node.reached ? read(node, own.vip) : node));
  const judgement = judgeCluster(facts, own);
  const details = [
    ...(verbosity >= 1
      ? [
          ...bucketTable(judgement),
          ...repairLines(judgement),
          ...unshared(judgement),
          ...pathMtu(judgement),
          ...unshown(judgement),
        ]
      : []),
    ...(verbosity >= 2 ? nodeLines(facts) : []),
  ];
  return { ...reportCluster(judgement, facts, own), details };
}

/** The same less clients and networks of another address family than the VIP. */
function ofFamily(wanted: Wanted): Wanted {
  const family = parseIp(wanted.vip)?.family;
  return {
    ...wanted,
    networks: wanted.networks.filter((one) => one.family === family),
    clients: wanted.clients.filter((one) => one.family === family),
  };
}
