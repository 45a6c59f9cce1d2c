import type { Obstacle, Rule } from '../model/rule.ts';
import { phase } from '../model/traffic.ts';
import type { Taken, Trace } from '../walk/trace.ts';
import { served } from './extent.ts';
import { obstacle, unique } from './obstacle.ts';

/**
 * Segments that another node answers look new to this node's connection tracking. A rule that resets what is new and
 * not a SYN ends those connections, wherever it comes before the cluster's own DROP: the reset goes out for multicast
 * frames too.
 */
export function withResets(rule: Rule, strays: Trace, own: Trace): Rule {
  const { shared, held } = rule;
  const { space } = shared;
  // A port that is refused from the first packet on has no connections.
  const refused = space
    .union(resetting(own).map(({ traffic }) => traffic.and(space.only({ phase: phase.first }))))
    .whatever('phase');
  const found = resetting(strays).find(({ traffic }) => !served(traffic.less(held), shared).less(refused).isEmpty);
  if (found === undefined) return rule;
  const text = `resets connections that other nodes answer, because they look new to it (${found.place}: ${found.rule.text})`;
  const brief = 'resets the connections of other nodes’ clients';
  const mend = 'make it a DROP, or put the cluster rule before it';
  const resets: Obstacle = obstacle('tcp-reset', text, brief, mend, { disables: false, disturbs: true });
  return { ...rule, obstacles: unique([resets, ...rule.obstacles]) };
}

function resetting({ taken, takenBehind }: Trace): readonly Taken[] {
  return [...taken, ...takenBehind].filter(({ resets, certain }) => resets && certain);
}
