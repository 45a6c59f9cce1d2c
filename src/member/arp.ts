import { parseIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import type { ArpEnd } from '../netfilter/index.ts';
import { listOf } from '../plugin/index.ts';
import { type Announcement, type Answerer, announce, type Exchange } from './announce.ts';
import type { ReachedNode } from './facts.ts';
import { decisiveReply, kindOf, type Standing, standingOf } from './standing.ts';
import { sudoers } from './unread.ts';

/** What is expected of the nodes' ARP. */
export type WantedArp = {
  readonly vip: string;
  /** The cluster MAC; null where it is not known. */
  readonly mac: string | null;
  /** Other MACs that rules of nodes name, which were already reported. */
  readonly named: readonly string[];
  /** True where every node must have a rule that announces it, whatever static entries the peers may have. */
  readonly required: boolean;
  /** The state for unread rules that might announce it: OK where the check does without them. */
  readonly unread: 'UNKNOWN' | 'OK';
};

/** Who answers for the VIP, on all nodes together. */
export type Answering = {
  /** What is wrong, by the node's name; what concerns all of them is listed with the first one. */
  readonly faults: ReadonlyMap<string, readonly Fault[]>;
  /** True where peers learn different MACs, so that it is not known whom a client reaches. */
  readonly mixed: boolean;
  /** The nodes that cannot ask for their gateway from the VIP, so that their clients get no answer. */
  readonly mute: readonly string[];
};

type Judged = Announcement & {
  readonly standing: Standing;
  /** The answer that this goes by. */
  readonly reply: readonly ArpEnd[];
};

/**
 * Judges that the nodes which share a VIP over IPv4 answer ARP with the cluster MAC, all alike. CLUSTERIP does so by itself,
 * every other backend needs a rule. Where none of them does, all may still be well: peers may have a static entry, which
 * no snapshot shows.
 */
export function judgeAnswering(answerers: readonly Answerer[], wanted: WantedArp): Answering {
  if (parseIp(wanted.vip)?.family !== 4) return { faults: advertised(answerers, wanted), mixed: false, mute: [] };
  const judged = answerers.map((one): Judged => {
    const announced = announce(one, wanted.vip);
    const reply = decisiveReply(announced, wanted.mac);
    return { ...announced, reply, standing: standingOf(announced, reply, wanted.mac) };
  });
  const own = new Set(judged.map((one) => one.own));
  const alike = judged.length > 1 && own.size === 1 && !own.has(null);
  const cluster = judged.filter(({ standing }) => standing === 'cluster');
  const cards = alike ? [] : judged.filter(({ standing }) => standing === 'card');
  const together = togetherFaults(judged, cards, wanted);
  const faults = judged.map((one, i) => {
    const mine = ownFaults(one, cluster, cards, wanted);
    return [one.node.name, i === 0 ? [...together, ...mine] : mine] as const;
  });
  return {
    faults: new Map(faults),
    mixed: (cards.length > 0 && cluster.length > 0) || judged.some(({ standing }) => standing === 'other'),
    mute: judged.filter((one) => muteBy(one) !== null).map(({ node }) => node.name),
  };
}

/** Over IPv6 no rule for ARP changes what a node tells its peers: the MAC of its card, in every neighbour advertisement. */
function advertised(answerers: readonly Answerer[], { vip }: WantedArp): Answering['faults'] {
  const [first] = answerers;
  if (first === undefined) return new Map();
  if (answerers.every(({ node }) => node.settings === null)) {
    const text = 'not looked at: who answers neighbour discovery for the VIP: the script on the nodes is an older one';
    return new Map([
      [first.node.name, [fault('OK', 'not-looked-at', 'not looked at: who answers neighbour discovery', text)]],
    ]);
  }
  const text = `each node answers neighbour discovery for ${vip} with the MAC of its own card: peers that resolve the VIP this way reach only one node. This is fine only if every peer has a static entry for the cluster MAC: then use --skip arp`;
  const brief = 'peers without a static entry learn only one node by neighbour discovery';
  return new Map([[first.node.name, [fault('WARNING', 'nd-own-mac', brief, text)]]]);
}

/** What is said once for all nodes: that none of them tells the cluster MAC, or that it was not looked at. */
function togetherFaults(judged: readonly Judged[], cards: readonly Judged[], wanted: WantedArp): readonly Fault[] {
  const { vip, mac } = wanted;
  const of = (standing: Standing) => judged.filter((one) => one.standing === standing);
  const absent = of('absent');
  const notes =
    absent.length === 0
      ? []
      : [
          fault(
            'OK',
            'not-looked-at',
            'not looked at: who answers ARP',
            `not looked at: who answers ARP for the VIP (${absentText(absent)})`,
          ),
        ];
  const unanswered = of('cluster').length === judged.length ? unansweredGateway(judged) : undefined;
  if (unanswered !== undefined) {
    const { peer, rule } = unanswered;
    const text = `no node answers the gateway ${peer} by ARP for ${vip} (${rule ?? 'a rule drops it'}): what comes through it reaches the VIP only by a static entry there. If it has one, use --skip arp`;
    return [...notes, fault('WARNING', 'arp-silent', `no node answers the gateway ${peer} by ARP`, text)];
  }
  if (of('cluster').length > 0 || wanted.required) return notes;
  const undecided = of('unread').length + absent.length + of('open').length + of('other').length;
  if (undecided > 0) return notes;
  const withMac = mac === null ? 'the cluster MAC' : `the cluster MAC ${mac}`;
  if (cards.length > 0) {
    const who = judged.length === 1 ? `${judged[0]?.node.name} does not answer` : 'no node answers';
    const fixes = cards.map((one) => `on ${one.node.name}: ${ruleFor(one, wanted)}`).join('; ');
    const text = `${who} ARP for ${vip} with ${withMac}: peers that resolve the VIP by ARP reach only one node. This is fine only if every peer has a static entry: then use --skip arp. Fix: ${fixes}`;
    return [...notes, fault('WARNING', 'arp-own-mac', `${who} ARP with the cluster MAC`, text)];
  }
  if (of('silent').length === judged.length && judged.length > 0 && judged.every((one) => muteBy(one) === null)) {
    const why = listOf([...new Set(judged.map(silentBy))]);
    const text = `no node answers ARP for ${vip} (${why}): peers reach it only by a static entry. If every peer has one, use --skip arp`;
    return [...notes, fault('WARNING', 'arp-silent', 'no node answers ARP for the VIP', text)];
  }
  return notes;
}

function absentText(absent: readonly Judged[]): string {
  const what = [...new Set(absent.flatMap(({ node }) => node.arp.unread.map((one) => one.what)))];
  const names = listOf(absent.map(({ node }) => node.name));
  return `${listOf(what)} not in the snapshot of ${names}: the script there is an older one`;
}

function ownFaults(
  one: Judged,
  cluster: readonly Judged[],
  cards: readonly Judged[],
  wanted: WantedArp,
): readonly Fault[] {
  const mute = muteFaults(one);
  const rest = [...openFaults(one, wanted), ...(one.forAll ? forAllNote(one) : [])];
  switch (one.standing) {
    case 'unread':
      return [unreadFault(one.node, wanted)];
    case 'absent':
      return [];
    case 'other':
      return [...otherMac(one, one.reply, wanted), ...mute];
    case 'silent':
      return mute.length > 0 ? mute : [...silentFaults(one, cluster, wanted), ...rest];
    case 'card':
      return [...cardFaults(one, cluster, cards, wanted), ...mute, ...rest];
    default:
      return [...mute, ...requestFaults(one, wanted), ...rest];
  }
}

/** It announces the MAC of its own card, where others announce the cluster MAC, or where it must not. */
function cardFaults(
  one: Judged,
  cluster: readonly Judged[],
  cards: readonly Judged[],
  wanted: WantedArp,
): readonly Fault[] {
  const { node, own } = one;
  const { vip, mac } = wanted;
  const fix = `. Fix: on ${node.name}: ${ruleFor(one, wanted)}`;
  if (!cards.includes(one)) return [];
  if (cluster.length === 0) {
    if (!wanted.required) return [];
    const text = `${node.name} has no ARP rule for the VIP (--arp-mangle): it answers with the MAC of its own card, and a client that learns it reaches only this node${fix}`;
    return [fault('CRITICAL', 'arp-rule-missing', `${node.name}: no ARP rule`, text)];
  }
  const others = `${listOf(cluster.map((other) => other.node.name))} with the cluster MAC${mac === null ? '' : ` ${mac}`}`;
  const text = `${node.name} answers ARP for ${vip} with the MAC of its own card${own === null ? '' : ` (${own})`}, ${others}: a peer that learns it reaches only ${node.name}, and clients of the other nodes get no answer${fix}`;
  return [
    fault(
      'CRITICAL',
      wanted.required ? 'arp-rule-missing' : 'arp-mixed',
      `${node.name}: ${wanted.required ? 'no ARP rule' : 'answers ARP with its own MAC'}`,
      text,
    ),
  ];
}

function otherMac({ node }: Judged, ends: readonly ArpEnd[], { mac, named }: WantedArp): readonly Fault[] {
  const end = ends.find((one) => kindOf(one, mac) === 'other');
  const told = end?.told?.mac;
  if (told !== undefined && told !== null && named.includes(told)) return [];
  const text = `${node.name}: its ARP rule announces ${told}, the cluster MAC is ${mac}: ${end?.rule}`;
  return [fault('CRITICAL', 'arp-other-mac', `${node.name}: ARP rule announces ${told}`, text)];
}

/** Its own requests announce a MAC as well: to all peers, or to a gateway for which a rule lets them through unchanged. */
function requestFaults(one: Judged, wanted: WantedArp): readonly Fault[] {
  const { node, usual, gateways, reply } = one;
  if (one.standing !== 'cluster') return [];
  // Where a rule leaves it open, there are several ends.
  const told = [{ peer: null, ...usual }, ...gateways].flatMap(({ peer, request }) => {
    const [end, ...more] = request ?? [];
    return end === undefined || more.length > 0 ? [] : [{ peer, end, kind: kindOf(end, wanted.mac) }];
  });
  const other = told.find(({ kind }) => kind === 'other');
  if (other !== undefined) return otherMac(one, [other.end], wanted);
  const card = told.find(({ kind }) => kind === 'card');
  if (card === undefined) return [];
  const text =
    card.peer === null
      ? `its ARP rule changes replies only: its own requests from ${wanted.vip} announce the MAC of its card, and a peer that learns it from them reaches this node only. Fix: a rule for requests too, without --opcode or arp operation: ${reply[0]?.rule}`
      : `its own requests from ${wanted.vip} announce the MAC of its card to its gateway ${card.peer}, which learns it from them and then reaches this node only. Fix: put the ARP rule before what lets these requests through: ${reply[0]?.rule}`;
  const brief = `${node.name}: its own ARP requests announce the MAC of its card`;
  return [fault('WARNING', 'arp-requests-own-mac', brief, `${node.name}: ${text}`)];
}

/** A gateway that has no answer from any node, although other peers have: what comes through it reaches nobody. */
function unansweredGateway(
  judged: readonly Judged[],
): { readonly peer: string; readonly rule: string | null } | undefined {
  const [first, ...others] = judged.map(({ gateways }) => gateways.filter(({ reply }) => isSilent(reply)));
  const gateway = first?.find(({ peer }) => others.every((gateways) => gateways.some((one) => one.peer === peer)));
  return gateway === undefined ? undefined : { peer: gateway.peer, rule: gateway.reply[0]?.rule ?? null };
}

function isSilent(ends: readonly ArpEnd[]): boolean {
  return ends.length > 0 && ends.every(({ told }) => told === null);
}

/**
 * A rule that keeps the node from resolving its gateway for what it sends from the VIP; null where none does. The gateway of
 * a default route decides where there is one, else all of them together.
 */
function muteBy({ gateways, every, standing }: Judged): string | null {
  if (every.request === null || standing === 'absent' || standing === 'unread') return null;
  const byDefault = gateways.filter((one) => one.byDefault);
  const together = { request: all(gateways, 'request'), heard: all(gateways, 'heard') };
  const peers = byDefault.length > 0 ? byDefault : [gateways.length > 0 ? together : every];
  const ends = peers.flatMap(({ request, heard }) => [request ?? [], heard]).find(isSilent);
  return ends?.[0]?.rule ?? null;
}

function all(exchanges: readonly Exchange[], way: 'request' | 'heard'): readonly ArpEnd[] {
  return exchanges.flatMap((one) => one[way] ?? []);
}

function muteFaults(one: Judged): readonly Fault[] {
  const rule = muteBy(one);
  if (rule === null) return [];
  const { name } = one.node;
  const text = `${name} drops ARP packets of the VIP: it cannot ask for the MAC of its gateway, so its clients get no answer. Fix: remove ${rule}, or put a rule before it that accepts`;
  return [fault('CRITICAL', 'arp-dropped', `${name}: drops ARP packets of the VIP`, text)];
}

function silentBy({ ignored, reply }: Judged): string {
  return ignored ?? reply[0]?.rule ?? 'a rule drops it';
}

function silentFaults(one: Judged, cluster: readonly Judged[], { vip }: WantedArp): readonly Fault[] {
  if (cluster.length === 0) return [];
  const { name } = one.node;
  const text = `${name} does not answer ARP for ${vip} (${silentBy(one)}): peers learn the cluster MAC from ${listOf(cluster.map(({ node }) => node.name))} only, and from nobody if that fails`;
  return [fault('WARNING', 'arp-silent', `${name}: does not answer ARP for the VIP`, text)];
}

/** A rule that leaves open what becomes of these packets. */
function openFaults(one: Judged, { vip }: WantedArp): readonly Fault[] {
  const { name } = one.node;
  const open = [one.every.reply, one.every.request ?? [], one.every.heard]
    .filter((ends) => ends.length > 1)
    .flatMap((ends) => ends.flatMap((end) => end.open ?? []));
  return [...new Map(open.map((by) => [by.text, by])).values()].map(({ open: why, text: rule }) => {
    if (why === 'other') {
      const text = `${name}: an ARP rule that cannot be evaluated decides which MAC it answers with for ${vip}: ${rule}`;
      return fault(
        'UNKNOWN',
        'arp-rule-open',
        `${name}: an ARP rule that cannot be evaluated decides how it answers`,
        text,
      );
    }
    const text = `${name}: an ARP rule treats some peers differently: ${rule}`;
    return fault(
      why === 'network' ? 'WARNING' : 'OK',
      'arp-rule-partial',
      `${name}: an ARP rule treats some peers differently`,
      text,
    );
  });
}

function forAllNote({ node, ifname, standing, reply }: Judged): readonly Fault[] {
  if (standing !== 'cluster') return [];
  const text = `${node.name}: its ARP rule announces the cluster MAC for every address of ${ifname ?? 'the node'}: peers that talk to the node itself may not reach it (name the VIP in the rule): ${reply[0]?.rule}`;
  return [fault('OK', 'arp-rule-for-all', `${node.name}: its ARP rule is for every address`, text)];
}

function unreadFault(node: ReachedNode, { unread: state }: WantedArp): Fault {
  const unread = [...node.arp.unread, ...node.macs.unread].filter(({ absent }) => !absent);
  const brief = `${node.name}: cannot read ${unread[0]?.what}`;
  const needs = unread.map((one) => one.needs);
  const skipped = state === 'OK' ? ', so who answers ARP is not judged' : '';
  return fault(
    state,
    'rules-unread',
    brief,
    `${brief}: ${unread[0]?.reason}${skipped}${sudoers('. Allow it', node, needs)}`,
  );
}

/** The rule to put before all others. */
function ruleFor({ node, ifname }: Announcement, { vip, mac }: WantedArp): string {
  const told = mac ?? 'CLUSTER-MAC';
  const place = node.arp.program.find((base) => base.hook === 'output' && base.place !== null)?.place;
  if (place != null) {
    const out = ifname === null ? '' : `oif ${ifname} `;
    return `nft insert rule arp ${place} ${out}arp saddr ip ${vip} arp saddr ether set ${told}`;
  }
  const out = ifname === null ? '' : ` -o ${ifname}`;
  return `arptables -I OUTPUT -s ${vip}${out} -j mangle --mangle-mac-s ${told}`;
}
