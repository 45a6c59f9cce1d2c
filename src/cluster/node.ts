import { isMulticastMac } from '../address/index.ts';
import type { Obstacle, Rule, Unread } from '../netfilter/index.ts';
import { judge as judgeValue } from '../plugin/index.ts';
import type { ReachedNode } from './facts.ts';
import { bucketList, type Fault, fault } from './fault.ts';
import type { NodeAnswers } from './shares.ts';
import type { Wanted } from './wanted.ts';

/** One reached node, judged by itself. */
export type JudgedNode = {
  readonly name: string;
  readonly node: ReachedNode;
  /** The VIP's rule; null when the node has none or it could not be read. */
  readonly rule: Rule | null;
  /** False when something that could not be read leaves open what the node holds. */
  readonly known: boolean;
  /** True when its buckets are answered, as far as the node itself shows. */
  readonly serves: boolean;
  /** What it answers in the end; null where that is not known. */
  readonly answered: NodeAnswers['answered'] | null;
  readonly faults: readonly Fault[];
};

/** Judges what a node shows by itself: its rule, its VIP, its interface, its cluster MAC. */
export function judgeNode(
  node: ReachedNode,
  all: readonly ReachedNode[],
  mac: string | null,
  wanted: Wanted,
): JudgedNode {
  const rule = node.reading.rules[0] ?? null;
  const known = node.reading.unread.length === 0;
  const faults: Fault[] = node.reading.unread.map((unread) => unreadFault(node, unread));
  if (rule === null) {
    const stray = known && !wanted.skip.includes('vip') ? withoutRule(node, all, wanted) : [];
    return {
      name: node.name,
      node,
      rule,
      known,
      serves: false,
      answered: answeredBy(node, known, [], wanted),
      faults: [...faults, ...stray],
    };
  }
  const policies = sharedPolicies(node, all);
  const vip = wanted.skip.includes('vip') ? [] : vipFaults(node, rule, all, wanted);
  const maddr = wanted.skip.includes('mac') ? [] : subscriptionFaults(node, rule, mac);
  const obstacles = rule.obstacles.map((obstacle) => obstacleFault(node.name, obstacle, policies));
  const disabled = rule.obstacles.some(({ disables }) => disables) || vip.some(({ state }) => state === 'CRITICAL');
  return {
    name: node.name,
    node,
    rule,
    known,
    serves: !disabled,
    answered: answeredBy(node, known, maddr, wanted),
    faults: [
      ...faults,
      ...aboveTotal(node.name, rule),
      ...vip,
      ...maddr,
      ...obstacles,
      ...otherBackend(node.name, rule, wanted),
      ...heldFaults(node.name, rule, wanted),
    ],
  };
}

/** What the node answers, as its addresses and interfaces let it: without the VIP, or with it on a dead interface, nothing. */
function answeredBy(
  { reading, host, placements }: ReachedNode,
  known: boolean,
  maddr: readonly Fault[],
  { skip }: Wanted,
): NodeAnswers['answered'] | null {
  if (!known) return null;
  if (!skip.includes('vip')) {
    if (host.addresses === null) return null;
    if (placements.every(({ down }) => down !== null)) return 'nothing';
  }
  if (maddr.some(({ state }) => state === 'CRITICAL')) return 'nothing';
  return maddr.length > 0 ? null : reading.answered;
}

/** A rule of another backend than the one that every node is to have. */
function otherBackend(name: string, rule: Rule, { backend }: Wanted): readonly Fault[] {
  if (backend === 'auto' || backend === rule.backend) return [];
  const brief = `${name} has a rule of ${rule.backend}, not of ${backend}`;
  return [fault('CRITICAL', brief, `${brief} as --backend asserts: ${rule.text}`)];
}

/** A rule's own odd numbers: a bucket that no client falls into, or no buckets at all. */
function aboveTotal(name: string, rule: Rule): readonly Fault[] {
  if (rule.answersAll && rule.total === 0) {
    return [
      fault(
        'CRITICAL',
        `${name} answers every client (total-nodes 0)`,
        `${name} answers every client: its rule says --total-nodes 0. Make the rule anew with the right number`,
      ),
    ];
  }
  if (rule.answersAll)
    return [
      fault(
        'CRITICAL',
        `${name} answers every client (no DROP behind the cluster rule)`,
        `${name} answers every client: no DROP behind the cluster rule takes what its buckets do not hold. Add one at the end of ${rule.place}`,
      ),
    ];
  const above = rule.buckets.filter((bucket) => bucket > rule.total);
  if (above.length === 0) return [];
  const text = `${name} holds ${bucketList(above)} of ${rule.total}, which no client falls into (--local-node above --total-nodes)`;
  return [fault('CRITICAL', `${name} holds ${bucketList(above)} of ${rule.total}`, text)];
}

function heldFaults(name: string, rule: Rule, wanted: Wanted): readonly Fault[] {
  const state = judgeValue(rule.buckets.length, wanted.held);
  if (state === 'OK') return [];
  const count = rule.buckets.length === 1 ? '1 bucket' : `${rule.buckets.length} buckets`;
  return [
    fault(state, `${name} holds ${count}`, `${name} holds ${count}, outside the range of --${state.toLowerCase()}`),
  ];
}

function unreadFault(node: ReachedNode, { what, reason, needs }: Unread): Fault {
  const brief = `${node.name}: cannot read ${what}`;
  const allow =
    needs === null ? '' : `. Allow it in sudoers on ${node.name}: ${node.user} ALL=(root) NOPASSWD: ${needs}`;
  return fault('UNKNOWN', brief, `${brief}: ${reason}${allow}`);
}

/** The VIP without a rule while others share it: this node answers everybody or nobody, as each peer has learned its MAC. */
function withoutRule(node: ReachedNode, all: readonly ReachedNode[], { vip }: Wanted): readonly Fault[] {
  if (node.host.addresses === null)
    return [
      fault(
        'UNKNOWN',
        `${node.name}: addresses not read`,
        `${node.name}: what ip says of its addresses could not be read`,
      ),
    ];
  if (node.placements.length === 0) return [];
  const others = all.some(({ reading }) => reading.rules.length > 0);
  const text = `${node.name} has the VIP but no cluster rule: it answers every client or none, as each of them has learned its MAC`;
  const mend = others
    ? `Load the rule there as on the other nodes, or remove ${vip} from it`
    : 'If this is a failover VIP, use check_cluster_vip';
  return [fault('CRITICAL', `${node.name} has the VIP but no cluster rule`, `${text}. ${mend}`)];
}

/** The VIP must be on the rule's interface, and that must be up. A node without buckets may be without it. */
function vipFaults(node: ReachedNode, rule: Rule, all: readonly ReachedNode[], wanted: Wanted): readonly Fault[] {
  const { name, host, placements } = node;
  if (host.addresses === null)
    return [
      fault('UNKNOWN', `${name}: addresses not read`, `${name}: what ip says of its addresses could not be read`),
    ];
  const holding = rule.buckets.length > 0 || rule.answersAll;
  if (placements.length === 0) return holding ? [absent(node, rule, all, wanted)] : [];
  const here = placements.find(({ address }) => rule.ifname === null || address.ifname === rule.ifname);
  if (here === undefined) return [elsewhere(node, rule)];
  if (host.links === null)
    return [
      fault('UNKNOWN', `${name}: interfaces not read`, `${name}: what ip says of its interfaces could not be read`),
    ];
  const { ifname, flags } = here.address;
  if (!host.links.some((link) => link.ifname === ifname))
    return [
      fault(
        'UNKNOWN',
        `${name}: ${ifname} not read`,
        `${name}: ${ifname}, which has the VIP, is not among the interfaces that ip shows`,
      ),
    ];
  const consequence = holding ? `: ${lostClients(rule)}` : '';
  if (here.down !== null)
    return [
      fault(
        'CRITICAL',
        `${name}: ${ifname} ${here.down.replace(/ \(.*/, '')}`,
        `${name}: ${ifname}, which has the VIP, ${here.down}${consequence}`,
      ),
    ];
  if (flags.includes('dadfailed'))
    return [
      fault(
        'CRITICAL',
        `${name}: the VIP is refused as a duplicate`,
        `${name}: the kernel found the VIP elsewhere on the link (dadfailed) and does not use it${consequence}`,
      ),
    ];
  const state = wanted.skip.includes('rules') ? 'OK' : 'WARNING';
  return placements.length > 1 && state !== 'OK' ? [severalPlaces(node)] : [];
}

function severalPlaces({ name, placements }: ReachedNode): Fault {
  const names = placements.map(({ address }) => address.ifname).join(' and ');
  return fault(
    'WARNING',
    `${name} has the VIP more than once`,
    `${name} has the VIP on ${names}: keep it on the cluster's interface only`,
  );
}

function absent(node: ReachedNode, rule: Rule, all: readonly ReachedNode[], { vip }: Wanted): Fault {
  const prefix = all.flatMap(({ placements }) => placements)[0]?.address.prefix ?? 24;
  const mend = rule.ifname === null ? '' : `. On ${node.name}: ip addr add ${vip}/${prefix} dev ${rule.ifname}`;
  const held = rule.answersAll ? 'answers for every client' : `holds ${bucketList(rule.buckets)}`;
  return fault(
    'CRITICAL',
    `${node.name} ${held}, but has not the VIP`,
    `${node.name} ${held}, but has not the VIP: ${lostClients(rule)}${rule.managed ? '. Ask Pacemaker for the resource' : mend}`,
  );
}

function elsewhere({ name, placements }: ReachedNode, rule: Rule): Fault {
  const there = placements.map(({ address }) => address.ifname).join(' and ');
  const text = `${name}: the cluster rule is bound to ${rule.ifname}, the VIP is on ${there}: ${lostClients(rule)}. Make the rule anew with -i ${placements[0]?.address.ifname}`;
  return fault('CRITICAL', `${name}: rule on ${rule.ifname}, VIP on ${there}`, text);
}

function lostClients(rule: Rule): string {
  return rule.buckets.length === 0
    ? 'its clients get no answer'
    : `clients of ${bucketList(rule.buckets)} get no answer from it`;
}

/** The frames for the cluster MAC must be let in by the interface that has the VIP. */
function subscriptionFaults(node: ReachedNode, rule: Rule, mac: string | null): readonly Fault[] {
  const ifname = node.placements[0]?.address.ifname ?? rule.ifname;
  if (mac === null || ifname === null || !isMulticastMac(mac)) return [];
  if (node.host.subscriptions === null) {
    return [
      fault(
        'UNKNOWN',
        `${node.name}: link-layer groups not read`,
        `${node.name}: /proc/net/dev_mcast could not be read, so that the cluster MAC is not proven`,
      ),
    ];
  }
  if (node.host.subscriptions.some((one) => one.ifname === ifname && one.mac === mac)) return [];
  // A card that lets every group in needs no subscription.
  const flags = node.host.links?.find((link) => link.ifname === ifname)?.flags ?? [];
  if (flags.includes('ALLMULTI') || flags.includes('PROMISC')) return [];
  const text = `${node.name}: ${ifname} does not listen to the cluster MAC ${mac}: a network card that filters lets none of the VIP's traffic in`;
  return [
    fault(
      'CRITICAL',
      `${node.name}: cluster MAC not on ${ifname}`,
      `${text}. On ${node.name}: ip maddr add ${mac} dev ${ifname}`,
    ),
  ];
}

function obstacleFault(name: string, obstacle: Obstacle, { keys, who }: Policies): Fault {
  const policy = obstacle.alike !== null && keys.has(obstacle.alike);
  const state = policy ? 'OK' : obstacle.state;
  const mend = state === 'OK' ? '' : `. Mend: ${obstacle.mend}`;
  return fault(state, `${name} ${obstacle.brief}`, `${name} ${obstacle.text}${policy ? ` (${who})` : ''}${mend}`);
}

/** What every node with a rule denies in the same way, and who that is. */
type Policies = { readonly keys: ReadonlySet<string>; readonly who: string };

function sharedPolicies(node: ReachedNode, all: readonly ReachedNode[]): Policies {
  const keysOf = (one: ReachedNode) => (one.reading.rules[0]?.obstacles ?? []).map(({ alike }) => alike);
  const ruled = all.filter(({ reading }) => reading.rules.length > 0);
  const own = keysOf(node).filter((key) => key !== null);
  return {
    keys: new Set(own.filter((key) => ruled.every((other) => keysOf(other).includes(key)))),
    who: ruled.length > 1 ? 'all nodes alike' : 'no other node has cluster rules to compare with',
  };
}
