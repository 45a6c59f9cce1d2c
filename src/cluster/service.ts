import { type Fault, fault } from '../findings/index.ts';
import { count, type Interval, isAdministration, phase, type Traffic, tcp } from '../netfilter/index.ts';
import type { JudgedNode } from './node.ts';

/** The TCP ports that a node lets clients in to. */
type OpenPorts = { readonly node: JudgedNode; readonly ports: Traffic };

/**
 * A port that one node's firewall opens, as one of few, and another node does not let in: clients of the other's buckets
 * get no answer there. That a node without a firewall lets in more than others says nothing about what is served.
 */
export function judgeServices(nodes: readonly JudgedNode[]): readonly Fault[] {
  const opening = nodes.flatMap((node) => openPorts(node) ?? []);
  if (opening.length < nodes.length) return [];
  return opening.flatMap(({ node, ports }) => {
    for (const other of opening) {
      const few = count(other.ports.spans('dport'));
      if (few > 1024n) continue;
      const missing = other.ports.less(ports).spans('dport');
      const web = [80n, 443n].some((port) => missing.some(({ low, high }) => low <= port && port <= high));
      if (missing.length > 0 && (web || count(missing) === few)) return [closed(node, other.node, missing)];
    }
    return [];
  });
}

function closed({ name, rule }: JudgedNode, other: JudgedNode, missing: readonly Interval[]): Fault {
  const list = missing.map(({ low, high }) => (low === high ? `${low}` : `${low}-${high}`));
  const ports = `tcp port${list.length > 1 || list[0]?.includes('-') ? 's' : ''} ${list.slice(0, 5).join(', ')}`;
  const held = rule?.buckets.length === 1 ? 'its bucket' : 'its buckets';
  const text = `${name} does not accept ${ports}, which ${other.name} opens: clients of ${held} get no answer there. Give both the same firewall`;
  return fault('CRITICAL', 'port-closed', `${name} does not accept ${ports}, which ${other.name} opens`, text);
}

/** The TCP ports that most clients are let in to, less those of administration; null where that is not known. */
function openPorts(node: JudgedNode): OpenPorts | null {
  const { answered, rule, serves, faults } = node;
  if (answered === null || answered === 'nothing' || rule === null || rule.buckets.length === 0) return null;
  if (!serves || faults.some(({ state }) => state === 'CRITICAL' || state === 'UNKNOWN')) return null;
  const { space } = rule.shared;
  const first = space.only({ protocol: tcp, phase: phase.first });
  const opened = answered.traffic.or(answered.doubt).and(rule.shared).and(first);
  const clients = Number(count(rule.shared.spans('source'))) / Number(count(space.all.spans('source')));
  const open = opened.clientsByPort().filter(({ span, share }) => 2 * share > clients && !isAdministration(span));
  return { node, ports: space.only({ dport: open.map(({ span }) => span) }) };
}
