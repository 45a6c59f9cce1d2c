import {
  frameInterface,
  judgeCards,
  judgeClusterMac,
  judgeReplies,
  type Stretch,
  type Stretches,
} from '../member/index.ts';
import type { Rule, Traffic, TrafficSpace } from '../netfilter/index.ts';
import { judgeWhoAnswers } from './answering.ts';
import { holdsNothing } from './coverage.ts';
import { judgeDiscovery } from './discovery.ts';
import type { ReadNode } from './facts.ts';
import { sharersOf, whileIdle } from './node.ts';
import type { Wanted } from './wanted.ts';

/** Judges one stretch of the way on all nodes together: comparison shows what one node lacks. */
type Judge = (nodes: readonly ReadNode[], wanted: Wanted) => ReadonlyMap<string, Stretch>;

/** The stretches beside the cluster rule, in the order in which a client's packet passes them. */
const stretches: readonly Judge[] = [judgeWhoAnswers, judgeDiscovery, cards, wayBack];

/** The card, and what lies under and over it. */
function cards(nodes: readonly ReadNode[], { vip, mac }: Wanted): ReadonlyMap<string, Stretch> {
  const sharers = sharersOf(nodes);
  const uses = sharers.flatMap(({ node, ifname }) => {
    const { reading } = nodes.find(({ name }) => name === node.name) ?? {};
    if (ifname === null || reading === undefined) return [];
    return [{ node, ifname, shared: reading.rules[0]?.shared ?? null, besides: reading.besides }];
  });
  const [first] = nodes;
  if (first === undefined) return new Map();
  const judged = judgeCards(uses, { vip, mac: judgeClusterMac(sharers, mac).mac, space: first.reading.space });
  return new Map(
    [...judged].map(([name, stretch]) => [name, standsBy(nodes, name) ? ofStandby(name, stretch) : stretch]),
  );
}

function standsBy(nodes: readonly ReadNode[], name: string): boolean {
  const rule = nodes.find((node) => node.name === name)?.reading.rules[0];
  return rule !== undefined && holdsNothing(rule);
}

/** What comes in twice is not lost: a node that stands by may answer it. */
function ofStandby(name: string, stretch: Stretch): Stretch {
  const faults = stretch.faults.map((one) => (one.code === 'received-twice' ? one : whileIdle(name, one)));
  return { ...stretch, faults };
}

/** Follows the way of clients' packets on each node, from who answers ARP to the way back. */
export function followWay(nodes: readonly ReadNode[], wanted: Wanted): Stretches {
  const judged = stretches.map((judge) => judge(nodes, wanted));
  return new Map(nodes.map(({ name }) => [name, judged.flatMap((one) => one.get(name) ?? [])]));
}

/** The answers, from the VIP to each client. */
function wayBack(nodes: readonly ReadNode[], { vip, networks }: Wanted): ReadonlyMap<string, Stretch> {
  const repliers = nodes.map((node) => {
    const rule = node.reading.rules[0] ?? null;
    return {
      node,
      space: node.reading.space,
      ifname: frameInterface(node, rule?.ifname ?? null),
      serves: rule !== null && (rule.answersAll || rule.buckets.length > 0),
      shared: rule === null ? node.reading.space.none : rule.shared.less(deniedBy(rule, node.reading.space)),
      resent: node.reading.answered?.resent ?? new Map(),
      adverts: node.reading.adverts,
      leaving: node.reading.unread.length > 0 ? null : node.reading.leaving,
    };
  });
  return judgeReplies(repliers, { vip, networks });
}

/** Clients that a node's own firewall denies: no answer is missing there. */
function deniedBy({ obstacles, denied }: Rule, space: TrafficSpace): Traffic {
  return space.union([denied, ...obstacles.flatMap(({ denies }) => denies ?? [])]);
}
