import {
  type Answered,
  allTraffic,
  count,
  type Interval,
  intersect,
  isAdministration,
  joined,
  point,
  project,
  type Region,
} from '../netfilter/index.ts';
import { type Fault, fault } from './fault.ts';
import type { JudgedNode } from './node.ts';

/** More pieces than a firewall of services has; what is larger is not looked at. */
const mostPieces = 400;

type Door = { readonly node: JudgedNode; readonly open: readonly Interval[] };

/**
 * A port that one node's firewall opens, as one of few, and another node does not let in: clients of the other's buckets
 * get no answer there. That a node without a firewall lets in more than others says nothing of what is served.
 */
export function judgeServices(nodes: readonly JudgedNode[]): readonly Fault[] {
  const doors = nodes.flatMap((node) => doorOf(node) ?? []);
  if (doors.length < nodes.length) return [];
  return doors.flatMap(({ node, open }) => {
    for (const other of doors) {
      if (count(other.open) > 1024n) continue;
      const missing = closedTo(open, other.open);
      const web = [80n, 443n].some((port) => missing.some(({ low, high }) => low <= port && port <= high));
      if (missing.length > 0 && (web || count(missing) === count(other.open)))
        return [closed(node, other.node, missing)];
    }
    return [];
  });
}

function closed({ name, rule }: JudgedNode, other: JudgedNode, missing: readonly Interval[]): Fault {
  const list = missing.map(({ low, high }) => (low === high ? `${low}` : `${low}-${high}`));
  const ports = `tcp port${list.length > 1 || list[0]?.includes('-') ? 's' : ''} ${list.slice(0, 5).join(', ')}`;
  const held = rule?.buckets.length === 1 ? 'its bucket' : 'its buckets';
  const text = `${name} does not let in ${ports}, which ${other.name} opens: clients of ${held} get no answer there. Give both the same firewall`;
  return fault('CRITICAL', `${name} does not let in ${ports}, which ${other.name} opens`, text);
}

/** The TCP ports that most clients are let in to, less those of administration; null where that is not known. */
function doorOf(node: JudgedNode): Door | null {
  const { answered, rule, serves, faults } = node;
  if (answered === null || answered === 'nothing' || rule === null || rule.buckets.length === 0) return null;
  if (!serves || faults.some(({ state }) => state === 'CRITICAL' || state === 'UNKNOWN')) return null;
  const pieces = opening(answered, rule.shared);
  if (pieces.length > mostPieces) return null;
  const edges = [...new Set(pieces.flatMap(({ dport }) => [dport.low, dport.high + 1n]))].sort((a, b) =>
    a < b ? -1 : 1,
  );
  const spans = edges.slice(0, -1).map((low, i) => ({ low, high: (edges[i + 1] ?? low + 1n) - 1n }));
  const open = spans.filter((span) => {
    const there = pieces.filter(({ dport }) => dport.low <= span.low && span.high <= dport.high);
    return 2n * count(project(there, 'source')) > count(project(rule.shared, 'source')) && !isAdministration(span);
  });
  return { node, open: joined(open) };
}

function opening({ region, doubt }: Answered, shared: Region): Region {
  const everything = allTraffic(shared[0]?.source.high === 0xffff_ffffn ? 4 : 6);
  const first = { ...everything, protocol: point(6n), phase: point(0n) };
  return intersect(intersect([...region, ...doubt], shared), [first]);
}

/** What of some ports is not open. */
function closedTo(open: readonly Interval[], ports: readonly Interval[]): readonly Interval[] {
  return open.reduce<readonly Interval[]>(
    (rest, hole) =>
      rest.flatMap(({ low, high }) =>
        hole.high < low || high < hole.low
          ? [{ low, high }]
          : [
              ...(low < hole.low ? [{ low, high: hole.low - 1n }] : []),
              ...(high > hole.high ? [{ low: hole.high + 1n, high }] : []),
            ],
      ),
    ports,
  );
}
