import {
  besides,
  type HostAddresses,
  isInternal,
  isMulticastMac,
  locate,
  parseIp,
  readAddresses,
  sameWire,
  vrfOf,
} from '../address/index.ts';
import { type Snapshot, section } from '../snapshot/index.ts';
import { readArp } from './arp/read.ts';
import { programOf } from './combined.ts';
import { readClusterip, withKernelState } from './iptables/clusterip.ts';
import { withResets } from './judge/resets.ts';
import { answeredBy, ruleOf } from './judge/rule.ts';
import type { Packets } from './model/packet.ts';
import type { Part, Program } from './model/program.ts';
import type { Adverts, Reading, Rule, Unread } from './model/rule.ts';
import { icmpv6, phase, TrafficSpace } from './model/traffic.ts';
import { toldMacs } from './named_mac.ts';
import {
  type BackendChoice,
  damagedRules,
  type Rulesets,
  savedRulesets,
  sectionsOf,
  sendsOn,
  unreadBridge,
  unreadHeads,
  unreadSections,
} from './rulesets.ts';
import { type Path, pathTo } from './walk/path.ts';
import type { Trace } from './walk/trace.ts';
import { followDiscovery, followPackets, followStrays } from './walk/walk.ts';
import { leavingFrom } from './way_back.ts';

/** How rules are read: which of them, what their sets of packets are made in, and whether the time is over. */
export type Terms = {
  readonly space: TrafficSpace;
  readonly backend?: BackendChoice;
  readonly tooLate?: () => boolean;
};

/** What sets of packets to a VIP are made in; one for all nodes that are judged together. */
export function trafficTo(vip: string): TrafficSpace {
  return new TrafficSpace(parseIp(vip)?.family ?? 4);
}

/** What a node's rules may add to the diagram; a large firewall takes a tenth of it. */
const mostNodes = 2_000_000;

const causes = {
  size: 'too many address and port combinations to evaluate',
  time: 'too many address and port combinations to evaluate in time (see --timeout)',
};

/**
 * Extracts the cluster rule for a VIP from a node's snapshot, whatever its backend. Its packets are sent through the
 * chains of all tools together, as in the kernel: what they show is what the node answers. Rulesets whose sets of
 * packets become too large are left unread.
 */
export function readRules(snapshot: Snapshot, vip: string, terms: Terms): Reading {
  const { space, backend = 'auto', tooLate = () => false } = terms;
  const ip = parseIp(vip);
  if (ip === null || ip.family !== space.family)
    return nothingRead(space, [
      { what: 'the VIP', reason: `${vip} is not an IPv${space.family} address`, needs: null },
    ]);
  const names = sectionsOf(ip.family);
  const parsed = savedRulesets(snapshot, ip.family);
  const { legacy, nft } = parsed;
  const wanted = backend === 'auto' || backend === 'clusterip';
  const kernel = wanted ? readClusterip(snapshot, legacy, vip) : { clusterip: null, unread: null };
  const unread = [...unreadSections(snapshot, names, backend), ...(kernel.unread === null ? [] : [kernel.unread])];
  const heads = section(snapshot, 'nft-chains');
  const rulesets = { ...parsed, clusterip: kernel.clusterip };
  const judged = space.bounded(mostNodes, tooLate, () => judgeRulesets(rulesets, snapshot, vip, space));
  const found =
    'done' in judged
      ? judged.done
      : nothingRead(space, [{ what: 'the rules', reason: causes[judged.cause], needs: null }]);
  const strange = nft.strange.map((reason) => ({ what: 'the nft rules', reason, needs: null }));
  const damaged = damagedRules(snapshot, [names.legacy, names.modern]);
  const bridge = unreadBridge(snapshot, vip);
  const all = [...unread, ...strange, ...damaged, ...bridge, ...unreadHeads(heads, nft), ...found.unread];
  // A CLUSTERIP whose kernel state was not read would look like a rule that holds nothing.
  const usable = kernel.unread !== null ? [] : found.rules;
  const whole = all.length === 0;
  return {
    space,
    rules: usable,
    unread: all,
    answered: whole ? found.answered : null,
    leaving: found.leaving,
    besides: found.besides,
    adverts: whole ? found.adverts : null,
  };
}

function nothingRead(space: TrafficSpace, unread: readonly Unread[]): Reading {
  return {
    space,
    rules: [],
    unread,
    answered: null,
    besides: new Map(),
    adverts: null,
    leaving: 'the rules were not read',
  };
}

function judgeRulesets(rulesets: Rulesets, snapshot: Snapshot, vip: string, space: TrafficSpace): Reading {
  const host = readAddresses(snapshot);
  const links = host.links ?? [];
  // No client's packets come in by loopback.
  const places = locate(host, vip).filter(({ address }) => !isInternal(links, address.ifname));
  const vipOn = places[0]?.address.ifname ?? null;
  const told = space.family === 4 ? (toldMacs(readArp(snapshot), vip, vipOn)[0]?.mac ?? null) : null;
  const packets: Packets = {
    vip,
    direction: 'requests',
    mac: clusterMac(host, told),
    space,
    origin: space.nextOrigin(),
    cards: locate(host, vip).flatMap(({ address: { ifname } }) => [ifname, vrfOf(links, ifname) ?? ifname]),
    stays: !sendsOn(snapshot),
  };
  const program = programOf(rulesets, packets);
  const bound = interfaceOf(program, vipOn, vipOn === null ? null : vrfOf(links, vipOn));
  const path = pathTo(links, bound ?? vipOn);
  const trace = followPackets(program, packets, path);
  const rule = ruleOf(program, trace, packets, path);
  // A rule for another interface is read as it is; what is answered is decided where the VIP is.
  const elsewhere = vipOn !== null && path.ifname !== vipOn;
  const real = elsewhere ? followPackets(program, packets, pathTo(links, vipOn)) : trace;
  const puzzles = trace.puzzles.map(({ place, rule: { text }, what }) => ({
    what: 'a cluster rule',
    reason: `${what} (${place}: ${text})`,
    needs: null,
  }));
  const large = trace.complete
    ? []
    : [{ what: 'the rules', reason: 'there are too many of them to follow, or they loop', needs: null }];
  const complete = rule === null ? null : completed(rule, rulesets, told);
  const judged = complete === null ? null : judgeResets(complete, trace, program, packets, path);
  const leaving = leavingFrom(rulesets, snapshot, { ...packets, direction: 'answers' }, pathTo(links, vipOn), real);
  const answered = judged?.obstacles.some(({ disturbs }) => disturbs) ? null : answeredBy(real, packets);
  const { ifname } = path;
  const others = ifname === null ? [] : [...besides(links, ifname), ...sameWire(host, ifname, vip)];
  return {
    space,
    rules: judged === null ? [] : [judged],
    unread: [...puzzles, ...large],
    answered,
    leaving,
    besides: new Map(
      others.map((other) => [other, answeredBy(followPackets(program, packets, pathTo(links, other)), packets)]),
    ),
    adverts: space.family === 6 ? advertsOf(program, packets, pathTo(links, vipOn)) : null,
  };
}

/** What happens to neighbour advertisements to the VIP: a node that asks from it needs them. */
function advertsOf(program: Program, packets: Packets, path: Path): Adverts {
  const { delivered, arrivals, taken, takenBehind } = followDiscovery(program, packets, path, 'advert');
  const { space } = packets;
  const of = (certain: boolean) =>
    space.union(delivered.filter(({ carried }) => carried.certain === certain).map(({ traffic }) => traffic));
  const denied = [...takenBehind, ...taken].find(({ fate }) => fate === 'dropped' || fate === 'rejected');
  const hashes = new Map(arrivals.map(({ use: { id, hash, total } }) => [id, { id, hash, total }]));
  return {
    all: space.only({ protocol: icmpv6, phase: phase.first }),
    passed: of(true),
    doubt: of(false),
    hashes: [...hashes.values()],
    droppedBy: denied === undefined ? null : { place: denied.place, text: denied.rule.text, tool: denied.rule.tool },
  };
}

/** Judges what a node does to connections of other nodes; the same rule where it resets nothing. */
function judgeResets(rule: Rule, own: Trace, program: Program, packets: Packets, path: Path): Rule {
  const resets = program.chains.some(({ rules }) => rules.some(({ parts }) => parts.some(canReset)));
  return resets ? withResets(rule, followStrays(program, packets, path), own) : rule;
}

function canReset(part: Part): boolean {
  if (part.kind === 'choose') return part.cases.some(({ verdict }) => verdict.kind === 'reset');
  return part.kind === 'end' && part.verdict.kind === 'reset';
}

/** The interface that a cluster rule for the VIP is bound to; the VIP's own, if any is, also by the name of its VRF. */
function interfaceOf({ chains }: Program, vipOn: string | null, vrf: string | null): string | null {
  const rules = chains.flatMap((chain) => chain.rules);
  const bound = rules.flatMap(({ names, ifname, parts }) =>
    names && ifname !== null && parts.some(({ kind }) => kind === 'cluster') ? [ifname] : [],
  );
  return bound.some((ifname) => ifname === vipOn || ifname === vrf) ? vipOn : (bound[0] ?? null);
}

/** The one group that somebody has added by hand, else what a rule tells. */
function clusterMac({ subscriptions }: HostAddresses, told: string | null): string | null {
  const added = (subscriptions ?? []).filter(({ mac, byHand }) => byHand && isMulticastMac(mac));
  const [mac = null, ...more] = new Set(added.map((one) => one.mac));
  return more.length === 0 && mac !== null ? mac : told;
}

/** The rule with the kernel's own state, and with the MAC that ARP rules tell where it names none itself. */
function completed(rule: Rule, { clusterip }: Rulesets, told: string | null): Rule {
  const own = clusterip === null ? rule : withKernelState(rule, clusterip);
  return own.mac === null ? { ...own, mac: told } : own;
}
