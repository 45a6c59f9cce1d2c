import type { Stretch, Stretches } from '../member/index.ts';
import type { ReadNode } from './facts.ts';
import type { Wanted } from './wanted.ts';

/** Judges one stretch of the way on all nodes together: what one node lacks shows beside the others. */
type Judge = (nodes: readonly ReadNode[], wanted: Wanted) => ReadonlyMap<string, Stretch>;

/** The stretches beside the cluster rule, in the order in which a client's packet passes them. */
const stretches: readonly Judge[] = [];

/** Follows the way of clients' packets on each node, from who answers ARP to the way back. */
export function followWay(nodes: readonly ReadNode[], wanted: Wanted): Stretches {
  const judged = stretches.map((judge) => judge(nodes, wanted));
  return new Map(nodes.map(({ name }) => [name, judged.flatMap((one) => one.get(name) ?? [])]));
}
