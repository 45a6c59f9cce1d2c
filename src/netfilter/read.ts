import {
  besides,
  type Family,
  type HostAddresses,
  isInternal,
  isMulticastMac,
  levelsBelow,
  locate,
  ownPackets,
  parseIp,
  readAddresses,
  readRouting,
  routeFor,
  sameWire,
  vrfOf,
} from '../address/index.ts';
import { oncePerSnapshot, type Section, type SectionName, type Snapshot, section } from '../snapshot/index.ts';
import { readArp } from './arp/read.ts';
import { ebtablesChains } from './ebtables/chains.ts';
import { iptablesChains, setsConnmarks } from './iptables/chains.ts';
import { type Clusterip, clusteripUse, readClusterip, withKernelState } from './iptables/clusterip.ts';
import { damageOf, parseRuleset, type Ruleset } from './iptables/save.ts';
import { leavingOf } from './judge/leaving.ts';
import { withResets } from './judge/resets.ts';
import { answeredBy, ruleOf } from './judge/rule.ts';
import { isOutward, type Packets } from './model/packet.ts';
import type { BaseChain, Part, Program } from './model/program.ts';
import type { Adverts, Backend, Leaving, Reading, Rule, Unread } from './model/rule.ts';
import { icmpv6, phase, type Traffic, TrafficSpace } from './model/traffic.ts';
import { unreadable, unreadRules } from './model/unread.ts';
import { toldMacs } from './named_mac.ts';
import { nftChains, setsNftConnmarks } from './nft/chains.ts';
import { lacksDevices, parseHeads, withHeads } from './nft/heads.ts';
import { type NftRuleset, type NftTable, parseNft } from './nft/ruleset.ts';
import { type Path, pathTo } from './walk/path.ts';
import type { Trace } from './walk/trace.ts';
import { followAnswers, followBegun, followDiscovery, followPackets, followStrays } from './walk/walk.ts';

/** Which backend's rules are to be read; `auto` takes what is there. */
export type BackendChoice = Backend | 'auto';

/** The rules of a node, of every tool that has some for the VIP's family. */
type Rulesets = {
  readonly legacy: Ruleset;
  readonly modern: Ruleset;
  readonly nft: NftRuleset;
  /** Of all tools for bridges. */
  readonly ebtables: readonly Ruleset[];
  readonly clusterip: Clusterip | null;
};

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
  const damaged = [names.legacy, names.modern].flatMap((name) => {
    const reason = damageOf(section(snapshot, name)?.lines ?? []);
    return reason === null ? [] : [{ what: `the ${name} rules`, reason: `damaged answer: ${reason}`, needs: null }];
  });
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

/** The rulesets of all tools, as far as they are there, and what the kernel says about CLUSTERIP. */
export function savedRulesets(snapshot: Snapshot, family: Family): Omit<Rulesets, 'clusterip'> {
  return saved[family](snapshot);
}

const saved = {
  4: oncePerSnapshot((snapshot) => rulesetsOf(snapshot, 4)),
  6: oncePerSnapshot((snapshot) => rulesetsOf(snapshot, 6)),
} as const;

const readNft = oncePerSnapshot((snapshot) => {
  const heads = parseHeads(section(snapshot, 'nft-chains')?.lines ?? []);
  return withHeads(parseNft(section(snapshot, 'nft')?.lines ?? []), heads);
});

function rulesetsOf(snapshot: Snapshot, family: Family): Omit<Rulesets, 'clusterip'> {
  const names = sectionsOf(family);
  const rules = (name: SectionName) => parseRuleset(section(snapshot, name)?.lines ?? []);
  return {
    legacy: rules(names.legacy),
    modern: rules(names.modern),
    nft: readNft(snapshot),
    ebtables: [rules('ebtables'), rules('ebtables-legacy')],
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

export function sectionsOf(family: Family): { readonly legacy: SectionName; readonly modern: SectionName } {
  return family === 4
    ? { legacy: 'iptables-legacy', modern: 'iptables' }
    : { legacy: 'ip6tables-legacy', modern: 'ip6tables' };
}

/** The sections that the chosen backend needs and that could not be read. */
function unreadSections(
  snapshot: Snapshot,
  names: ReturnType<typeof sectionsOf>,
  backend: BackendChoice,
): readonly Unread[] {
  const { legacy, modern } = names;
  const needed: readonly (readonly [SectionName, string, readonly BackendChoice[]])[] = [
    [legacy, 'the legacy iptables rules', ['auto', 'clusterip', 'xt_cluster']],
    [modern, `the ${modern} rules`, ['auto', 'xt_cluster']],
    ['nft', 'the nft rules', ['auto', 'nftables']],
  ];
  const wanted = needed.filter(([, , choices]) => choices.includes(backend));
  const parts = wanted.map(([name, what]) => ({ part: section(snapshot, name), what }));
  if (parts.every(({ part }) => part === undefined || part.status === 'missing'))
    return parts.slice(0, 1).flatMap(({ part, what }) => unreadable(part, what) ?? []);
  // The script gives a section for every tool, installed or not.
  return parts.flatMap(({ part, what }) => (part === undefined ? unreadable : unreadRules)(part, what) ?? []);
}

/** The rulesets of either family that could not be read, whatever the VIPs. Those of IPv6 need not be there. */
export function unreadRulesets(snapshot: Snapshot, backend: BackendChoice): readonly Unread[] {
  const six = sectionsOf(6);
  return [
    ...unreadSections(snapshot, sectionsOf(4), backend),
    ...[six.legacy, six.modern].flatMap((name) => unreadRules(section(snapshot, name), `the ${name} rules`) ?? []),
  ];
}

/** The rules of ebtables, where frames for the VIP come in by a bridge and an answer says that there may be some. */
function unreadBridge(snapshot: Snapshot, vip: string): readonly Unread[] {
  const host = readAddresses(snapshot);
  const onBridge = locate(host, vip).some(({ address }) =>
    levelsBelow(host.links ?? [], address.ifname).some(({ bridge }) => bridge !== null),
  );
  if (!onBridge) return [];
  return (['ebtables', 'ebtables-legacy'] as const).flatMap(
    (name) => unreadRules(section(snapshot, name), `the ${name} rules`) ?? [],
  );
}

/** The devices of chains, where neither the ruleset nor anything else shows them. */
function unreadHeads(part: Section | undefined, { tables }: NftRuleset): readonly Unread[] {
  const lacking = tables.some(({ dormant, chains }) => !dormant && [...chains.values()].some(lacksDevices));
  if (!lacking || part === undefined) return [];
  const reason = unreadable(part, 'the devices of nft chains');
  return reason === null ? [] : [reason];
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

/** Whether any rule of a node may give packets another destination, whichever tool wrote it. */
const sendsOn = oncePerSnapshot(({ sections }) =>
  sections.some(({ lines }) => lines.some((line) => /dnat|redirect|netmap|tproxy/i.test(line))),
);

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

/** Sends answers through the chains that they pass. */
function leavingFrom(
  rulesets: Rulesets,
  snapshot: Snapshot,
  packets: Packets,
  path: Path,
  { delivered }: Trace,
): Leaving | string {
  // Older scripts leave these chains out.
  if (snapshot.host.parts < 2) return 'the rules for what leaves: not in the snapshot';
  const { space } = packets;
  const vip = parseIp(packets.vip)?.value ?? 0n;
  const program = programOf({ ...rulesets, clusterip: null }, packets);
  const saved = delivered.map(({ carried }) => carried.connmark);
  const [first = null] = saved;
  const connmark = !program.setsConnmarks ? 0 : saved.every((one) => one === first) ? first : null;
  const exempt = delivered.filter(({ carried }) => carried.tracking === 'untracked' && carried.discovery === null);
  const untracked = space.union(exempt.map((flow) => flow.traffic));
  const zoned = space.union(delivered.filter(({ carried }) => carried.zoned).map(({ traffic }) => traffic));
  const nat = untracked.isEmpty && zoned.isEmpty ? null : sourceNat(rulesets, packets);
  if (program.bases.length === 0 && nat === null)
    return { denials: [], renamings: [], marks: [{ mark: 0, traffic: space.all }] };
  const links = readAddresses(snapshot).links ?? [];
  const departures = [...waysOut(snapshot, packets, path.ifname)].map(([ifname, traffic]) => {
    const way = ifname === path.ifname ? path : pathTo(links, ifname);
    const { trace, routed } = followAnswers(program, way, { connmark, traffic, untracked });
    return { trace, routed, begun: nat === null ? null : followBegun(nat, way, routed, zoned) };
  });
  return leavingOf(departures, vip, space);
}

/** What a host's own connections pass, where any of its rules gives them another source; null where none does. */
function sourceNat(rulesets: Rulesets, packets: Packets): Program | null {
  const program = programOf({ ...rulesets, clusterip: null }, { ...packets, direction: 'departures' });
  return program.chains.some(({ rules }) => rules.some(({ rewrites }) => rewrites !== undefined)) ? program : null;
}

/** The interface that answers leave by: the VIP's own, unless their route says otherwise. */
function waysOut(snapshot: Snapshot, { vip, space }: Packets, own: string | null): ReadonlyMap<string | null, Traffic> {
  const [routing, from] = [readRouting(snapshot, space.family), parseIp(vip)];
  const ways = new Map<string | null, Traffic>();
  let others = space.none;
  for (const { block, cases } of typeof routing === 'string' ? [] : routeFor(routing, ownPackets(from))) {
    const lead = cases.at(-1)?.lead;
    const ifname = lead?.kind === 'sent' ? (lead.route.hops[0]?.dev ?? own) : own;
    if (ifname === own) continue;
    const clients = space.only({ source: { low: block.low, high: block.high } });
    ways.set(ifname, (ways.get(ifname) ?? space.none).or(clients));
    others = others.or(clients);
  }
  return ways.set(own, others.others);
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

export function programOf(rulesets: Rulesets, packets: Packets): Program {
  const { legacy, modern, ebtables, clusterip } = rulesets;
  const own = packets.space.family === 4 ? 'iptables' : 'ip6tables';
  const parts = [
    iptablesChains(legacy, packets, `${own}-legacy`, (line) =>
      clusterip === null ? null : clusteripUse(clusterip, line, packets.space),
    ),
    iptablesChains(modern, packets, own, () => null),
    nftChains(ownTables(rulesets), packets),
    // Those for what leaves by a bridge are not read.
    ...(isOutward(packets) ? [] : ebtables).map((ruleset) => ebtablesChains(ruleset, packets)),
  ];
  return {
    bases: byAge(
      parts.flatMap(({ bases }) => bases),
      rulesets.nft,
    ),
    chains: parts.flatMap(({ chains }) => chains),
    setsConnmarks: setsConnmarks(legacy) || setsConnmarks(modern) || setsNftConnmarks(ownTables(rulesets)),
  };
}

/**
 * Base chains from the oldest table of nf_tables to the youngest: `nft list ruleset` has them in that order, those of
 * iptables-nft among them. How old the tables of iptables-legacy are, no snapshot shows.
 */
function byAge(bases: readonly BaseChain[], { tables }: NftRuleset): readonly BaseChain[] {
  const ages = new Map(tables.map(({ family, name }, age) => [`${family} ${name}`, age]));
  const ageOf = ({ owner }: BaseChain) => (owner === null ? -1 : (ages.get(owner) ?? -1));
  return [...bases].sort((a, b) => ageOf(a) - ageOf(b));
}

/** The tables that iptables-nft and ebtables-nft wrote are read from what their tools save, which shows what nft cannot. */
function ownTables({ modern, ebtables: [bridge], nft }: Rulesets): readonly NftTable[] {
  return nft.tables.filter(({ family, name }) => {
    const saved = family === 'bridge' ? bridge : family === 'ip' || family === 'ip6' ? modern : undefined;
    return !saved?.has(name);
  });
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
