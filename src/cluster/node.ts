import { type Fault, fault } from '../findings/index.ts';
import {
  frameInterface,
  type JudgedMember,
  judgePlacement,
  networkPlaces,
  type Sharer,
  type Stretch,
  unreadFault,
} from '../member/index.ts';
import { type Rule, type Traffic, together } from '../netfilter/index.ts';
import { judge as judgeValue } from '../plugin/index.ts';
import { bucketList } from './buckets.ts';
import { holdsNothing } from './coverage.ts';
import type { ReadNode } from './facts.ts';
import { obstacleFault, refusedBy, sharedPolicies } from './policies.ts';
import type { NodeAnswers } from './shares.ts';
import type { Wanted } from './wanted.ts';

/** One reached node, judged by itself. */
export type JudgedNode = {
  readonly name: string;
  readonly node: ReadNode;
  /** The VIP's rule; null when the node has none or it could not be read. */
  readonly rule: Rule | null;
  /** False when something that could not be read leaves open what the node holds. */
  readonly known: boolean;
  /** True when its buckets are answered, as far as the node itself shows. */
  readonly serves: boolean;
  /** What it finally answers; null where that is not known. */
  readonly answered: NodeAnswers['answered'] | null;
  /** What its firewall refuses as all others do. */
  readonly refused: Traffic;
  readonly faults: readonly Fault[];
};

/**
 * Judges what a node shows by itself: its rule, and how it has the VIP; `listening` is what keeps the cluster MAC out, and
 * the stretches are the rest of its clients' way.
 */
export function judgeNode(
  node: ReadNode,
  all: readonly ReadNode[],
  listening: readonly Fault[],
  stretches: readonly Stretch[],
  wanted: Wanted,
): JudgedNode {
  const rule = ruleOf(node);
  const { name, reading } = node;
  const known = reading.unread.length === 0;
  const unread = reading.unread.map((one) => unreadFault(node, one));
  const member = wanted.skip.includes('vip') ? null : memberOf(node, rule, wanted);
  const answered = known ? along(stretches, answeredBy(node, rule, member, listening)) : null;
  if (rule === null) {
    const stray = known && member !== null ? withoutRule(member, all, wanted) : [];
    const refused = reading.space.all;
    return { name, node, rule, known, serves: false, answered, refused, faults: [...unread, ...stray] };
  }
  const vip = member === null ? [] : vipFaults(member, node, rule, all, wanted);
  const { policies, others, who } = sharedPolicies(node, rule, all);
  const obstacles = [
    ...together(others).map((obstacle) => obstacleFault(name, obstacle, null)),
    ...together(policies).map((obstacle) => obstacleFault(name, obstacle, who)),
  ];
  const disabled = rule.obstacles.some(({ disables }) => disables) || vip.some(({ state }) => state === 'CRITICAL');
  return {
    name,
    node,
    rule,
    known,
    serves: !disabled,
    answered,
    refused: holdsNothing(rule) ? reading.space.all : refusedBy(rule, policies),
    faults: [
      ...unread,
      ...aboveTotal(name, rule),
      ...vip,
      ...(holdsNothing(rule) ? listening.map((found) => whileIdle(name, found)) : listening),
      ...stretches.flatMap(({ faults }) => faults),
      ...obstacles,
      ...otherBackend(name, rule, wanted),
      ...heldFaults(name, rule, wanted),
    ],
  };
}

/** What would keep clients from a node that drops all of them, and so stands by: it hurts once the node takes over. */
export function whileIdle(name: string, found: Fault): Fault {
  if (found.state !== 'CRITICAL') return found;
  const text = `${found.text}. ${name} stands by: no client is lost until it takes over`;
  return { ...found, state: 'WARNING', text };
}

/** The nodes that share the VIP by a rule, each with the interface that must listen to the cluster MAC. */
export function sharersOf(nodes: readonly ReadNode[]): readonly Sharer[] {
  return nodes.flatMap((node) => {
    const rule = ruleOf(node);
    if (rule === null) return [];
    // A node that stands by without the VIP need not listen.
    const takesPart = node.placements.length > 0 || holdsAny(rule);
    return [{ node, ifname: takesPart ? frameInterface(node, rule.ifname) : null }];
  });
}

function ruleOf({ reading }: ReadNode): Rule | null {
  return reading.rules[0] ?? null;
}

function holdsAny({ buckets, answersAll }: Rule): boolean {
  return buckets.length > 0 || answersAll;
}

function memberOf(node: ReadNode, rule: Rule | null, { vip }: Wanted): JudgedMember {
  const loss = rule !== null && holdsAny(rule) ? lostClients(rule) : null;
  return judgePlacement(node, { vip, ifname: rule?.ifname ?? null, loopback: 'counts', loss });
}

/** What the node answers, as its addresses and interfaces let it: without the VIP, or where it cannot be used, nothing. */
function answeredBy(
  node: ReadNode,
  rule: Rule | null,
  member: JudgedMember | null,
  listening: readonly Fault[],
): NodeAnswers['answered'] | null {
  if (member !== null && member.usable !== true) return member.usable === null ? null : 'nothing';
  if (listening.some(({ state }) => state === 'CRITICAL')) return 'nothing';
  if (listening.length > 0) return null;
  // With a rule for one card, the card that its frames come in by is known.
  return rule !== null && rule.ifname === null && onLoopbackAlone(node) ? null : node.reading.answered;
}

/** What is left of what a node answers, after the other stretches of the way. */
function along(stretches: readonly Stretch[], answered: JudgedNode['answered']): JudgedNode['answered'] {
  if (answered === null || answered === 'nothing') return answered;
  let { traffic, doubt, refused } = answered;
  for (const stretch of stretches) {
    doubt = doubt.less(stretch.lost).or(traffic.and(stretch.doubt));
    traffic = traffic.less(stretch.lost).less(stretch.doubt);
    refused = refused.less(stretch.lost).less(stretch.doubt);
  }
  return { ...answered, traffic, doubt, refused };
}

/** A rule of another backend than the one that every node is to have. */
function otherBackend(name: string, rule: Rule, { backend }: Wanted): readonly Fault[] {
  if (backend === 'auto' || backend === rule.backend) return [];
  const brief = `${name} uses ${rule.backend}, not ${backend}`;
  return [fault('CRITICAL', 'backend-unexpected', brief, `${brief} as --backend asserts: ${rule.text}`)];
}

/** Odd numbers in a rule: a bucket that no client falls into, or no buckets at all. */
function aboveTotal(name: string, rule: Rule): readonly Fault[] {
  if (rule.answersAll && rule.total === 0) {
    return [
      fault(
        'CRITICAL',
        'total-zero',
        `${name} answers every client (total-nodes 0)`,
        `${name} answers every client: its rule says --total-nodes 0. Recreate the rule with the right number`,
      ),
    ];
  }
  if (rule.answersAll)
    return [
      fault(
        'CRITICAL',
        'answers-everybody',
        `${name} answers every client (no DROP after the cluster rule)`,
        `${name} answers every client: no DROP after the cluster rule stops what its buckets do not hold. Add one at the end of ${rule.place}`,
      ),
    ];
  const above = rule.buckets.filter((bucket) => bucket > rule.total);
  if (above.length === 0) return [];
  const text = `${name} holds ${bucketList(above)} of ${rule.total}, which no client falls into (--local-node above --total-nodes)`;
  return [fault('CRITICAL', 'bucket-above-total', `${name} holds ${bucketList(above)} of ${rule.total}`, text)];
}

function heldFaults(name: string, rule: Rule, wanted: Wanted): readonly Fault[] {
  const state = judgeValue(rule.buckets.length, wanted.held);
  if (state === 'OK') return [];
  const count = rule.buckets.length === 1 ? '1 bucket' : `${rule.buckets.length} buckets`;
  return [
    fault(
      state,
      'buckets-held',
      `${name} holds ${count}`,
      `${name} holds ${count}, outside the range of --${state.toLowerCase()}`,
    ),
  ];
}

/** The VIP without a rule while others share it: this node answers everybody or nobody, as each peer has learned its MAC. */
function withoutRule(
  { node, standing, faults }: JudgedMember,
  all: readonly ReadNode[],
  { vip }: Wanted,
): readonly Fault[] {
  if (standing === 'unread') return faults;
  if (standing === 'absent') return [];
  const others = all.some(({ reading }) => reading.rules.length > 0);
  const text = `${node.name} has the VIP but no cluster rule: depending on the MAC that a peer has learned, it answers every client or none`;
  const fix = others
    ? `Load the rule there as on the other nodes, or remove ${vip} from it`
    : 'If this is a failover VIP, use check_cluster_vip';
  return [fault('CRITICAL', 'rule-missing', `${node.name} has the VIP but no cluster rule`, `${text}. ${fix}`)];
}

/** The VIP must be on the rule's interface, and that must be up. A node without buckets may be without it. */
function vipFaults(
  { standing, faults }: JudgedMember,
  node: ReadNode,
  rule: Rule,
  all: readonly ReadNode[],
  wanted: Wanted,
): readonly Fault[] {
  if (standing === 'absent') return holdsAny(rule) ? [absent(node, rule, all, wanted)] : [];
  if (standing === 'elsewhere') return [elsewhere(node, rule)];
  return [...faults, ...(onLoopbackAlone(node) ? [cardNotKnown(node, rule)] : [])];
}

/** Frames for a VIP on loopback come in by a card (peers have a static entry, or the node answers ARP for it there). */
function onLoopbackAlone(node: ReadNode): boolean {
  return node.placements.length > 0 && networkPlaces(node).length === 0;
}

function cardNotKnown({ name, placements }: ReadNode, { ifname }: Rule): Fault {
  const where = placements.map(({ address }) => address.ifname).join(' and ');
  const judged =
    ifname === null
      ? 'the interface that its frames come in by is not known, so neither it nor the cluster MAC is judged there'
      : `its frames are assumed to come in by ${ifname}, the interface of the rule`;
  return fault(
    'OK',
    'vip-on-loopback',
    `${name} has the VIP on ${where}`,
    `${name} has the VIP on ${where} only: ${judged}`,
  );
}

function absent(node: ReadNode, rule: Rule, all: readonly ReadNode[], { vip }: Wanted): Fault {
  const prefix = all.flatMap(({ placements }) => placements)[0]?.address.prefix ?? 24;
  const fix = rule.ifname === null ? '' : `. On ${node.name}: ip addr add ${vip}/${prefix} dev ${rule.ifname}`;
  const held = rule.answersAll ? 'answers for every client' : `holds ${bucketList(rule.buckets)}`;
  return fault(
    'CRITICAL',
    'vip-missing',
    `${node.name} ${held}, but does not have the VIP`,
    `${node.name} ${held}, but does not have the VIP: ${lostClients(rule)}${rule.managed ? '. Pacemaker manages the rule: check the resource' : fix}`,
  );
}

function elsewhere({ name, placements }: ReadNode, rule: Rule): Fault {
  const there = placements.map(({ address }) => address.ifname).join(' and ');
  const text = `${name}: the cluster rule is bound to ${rule.ifname}, the VIP is on ${there}: ${lostClients(rule)}. Recreate the rule with -i ${placements[0]?.address.ifname}`;
  return fault('CRITICAL', 'vip-elsewhere', `${name}: rule on ${rule.ifname}, VIP on ${there}`, text);
}

function lostClients(rule: Rule): string {
  return rule.buckets.length === 0
    ? 'its clients get no answer'
    : `clients of ${bucketList(rule.buckets)} get no answer from it`;
}
