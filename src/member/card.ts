import { ipv4Setting, type Link, levelsBelow, parseIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import {
  type Answered,
  describeTraffic,
  mainTraffic,
  type Traffic,
  type TrafficSpace,
  tcp,
} from '../netfilter/index.ts';
import { listOf } from '../plugin/index.ts';
import { linkOf, type ReachedNode } from './facts.ts';
import { type Deed, takenByFilters } from './inbound.ts';
import type { Stretch } from './stretch.ts';
import { takesAllGroups } from './subscription.ts';

/** A node whose clients' frames come in by an interface. */
export type CardUse = {
  readonly node: ReachedNode;
  readonly ifname: string;
  /** What the cluster shares; null on a node without a rule. */
  readonly shared: Traffic | null;
  /** Which frames are answered that come in by another interface on the same wire, by its name; null where that is not known. */
  readonly besides: ReadonlyMap<string, Answered | null>;
};

/** What is asked of cards; `mac`: that of the VIP's frames, null where it is not known. */
export type CardQuestion = { readonly vip: string; readonly mac: string | null; readonly space: TrafficSpace };

/** Judges the cards of the nodes that share a VIP, and what lies under and over them. */
export function judgeCards(uses: readonly CardUse[], asked: CardQuestion): ReadonlyMap<string, Stretch> {
  const { mac, space } = asked;
  const filters = judgeFilters(uses, asked);
  return new Map(
    uses.map((use) => {
      const { node, ifname } = use;
      const { faults = [], lost = space.none, doubt = space.none } = filters.get(node.name) ?? {};
      const [deaf, program] = [withoutArp(node, ifname), attached(node, ifname)];
      const stretch: Stretch = {
        faults: [...deaf, ...program, ...faults, ...doubled(use, mac), ...perhapsDoubled(use, mac)],
        lost: deaf.length > 0 ? space.all : lost,
        doubt: program.length > 0 ? space.all : doubt,
      };
      return [node.name, stretch] as const;
    }),
  );
}

/** What traffic control filters do with incoming frames for the VIP, and with answers from it, on all nodes that have it. */
export function judgeFilters(
  uses: readonly Pick<CardUse, 'node' | 'ifname'>[],
  { vip, mac, space }: CardQuestion,
): ReadonlyMap<string, Stretch> {
  const ip = parseIp(vip);
  const taken = uses.map(({ node, ifname }) => {
    const links = node.host.links ?? [];
    const levels = [...levelsBelow(links, ifname), { ifnames: [ifname], bridge: null }];
    const { inbound } = node;
    if (ip === null || !inbound.read) return { deeds: [], lost: space.none, doubt: space.none };
    const protocol = ip.family === 4 ? 'ip' : 'ipv6';
    const into = { protocol, vip: ip, side: 'destination', mac } as const;
    const out = { protocol, vip: ip, side: 'source', mac: null } as const;
    const up = takenByFilters(levels, inbound.interfaces, { frame: into, space, links });
    const down = takenByFilters(levels, inbound.outbound, { frame: out, space, links });
    const lost = up.lost.or(down.lost);
    return { deeds: [...up.deeds, ...down.deeds], lost, doubt: up.doubt.or(down.doubt).less(lost) };
  });
  const note = notLookedAt(uses);
  return new Map(
    uses.map(({ node }, i) => {
      const { deeds = [], lost = space.none, doubt = space.none } = taken[i] ?? {};
      const alike = taken.map((one) => one.lost).reduce((all, one) => all.and(one), space.all);
      const policy = uses.length > 1 && !alike.equals(space.all) ? alike : space.none;
      const faults = [...deeds.map((deed) => deedFault(node, deed, policy)), ...(i === 0 ? note : [])];
      return [node.name, { faults, lost, doubt }] as const;
    }),
  );
}

/** Said once for all nodes. */
function notLookedAt(uses: readonly Pick<CardUse, 'node'>[]): readonly Fault[] {
  const unread = uses.flatMap(({ node: { name, inbound } }) =>
    inbound.read ? [] : [{ name, reason: inbound.reason }],
  );
  const [first] = unread;
  if (first === undefined) return [];
  const names = listOf(unread.map(({ name }) => name));
  const text = `not looked at: traffic control filters on ${names} (${first.reason})`;
  return [fault('OK', 'not-looked-at', 'traffic control filters not looked at', text)];
}

/** What the interface itself, and those under it, show: no ARP, or a program that may drop. */
export function cardFaults(node: ReachedNode, ifname: string): readonly Fault[] {
  return [...withoutArp(node, ifname), ...attached(node, ifname)];
}

/**
 * `NOARP`: the node answers nobody who asks for the VIP, and sends its answers to itself (measured). Tunnels, dummies
 * and VRFs always have it.
 */
function withoutArp(node: ReachedNode, ifname: string): readonly Fault[] {
  const link = linkOf(node, ifname);
  if (link === undefined || !link.flags.includes('NOARP') || !link.flags.includes('BROADCAST')) return [];
  if (link.kind === 'dummy' || link.kind === 'vrf') return [];
  const text = `${node.name}: ${ifname}, which has the VIP, has NOARP: it does not answer ARP for the VIP and cannot resolve neighbours for its answers. Fix: ip link set ${ifname} arp on`;
  return [fault('CRITICAL', 'card-noarp', `${node.name}: ${ifname} has NOARP`, text)];
}

/** A program at the card may drop anything before anything else sees it, and no tool shows what. */
function attached(node: ReachedNode, ifname: string): readonly Fault[] {
  const links = node.host.links ?? [];
  const names = [...levelsBelow(links, ifname).flatMap(({ ifnames }) => ifnames), ifname];
  return names.flatMap((name) => {
    const xdp = linkOf(node, name)?.xdp ?? null;
    if (xdp === null) return [];
    const text = `${node.name}: an XDP program (${xdp}) on ${name} may drop the VIP's frames before any rule sees them; what it drops cannot be read. Inspect it with bpftool net show dev ${name}, and try it from a client of ${node.name}`;
    return [fault('WARNING', 'card-xdp', `${node.name}: an XDP program on ${name} may drop the VIP`, text)];
  });
}

function deedFault({ name }: ReachedNode, { state, verb, traffic, ifname, side, text }: Deed, alike: Traffic): Fault {
  const what = describeTraffic(traffic);
  const [hook, whose] =
    side === 'source' ? ['egress', `answers to ${what || 'all clients'}`] : ['ingress', what || 'everything'];
  const brief = `${name}: tc ${hook} on ${ifname} ${verb} ${whose}`;
  const policy = state === 'CRITICAL' && traffic.within(alike);
  const minor = state === 'CRITICAL' && !traffic.meets(mainTraffic(traffic.space));
  const fix = state === 'CRITICAL' && !policy ? `. Fix: tc filter del dev ${ifname} ${hook}` : '';
  const full = `${brief}${side === 'source' ? '' : ' to the VIP'}${policy ? ' (all nodes alike)' : ''}: ${text}${fix}`;
  return fault(policy ? 'OK' : minor ? 'WARNING' : state, policy ? 'denied-alike' : 'tc-filter', brief, full);
}

/** Frames that come in a second time, by a macvlan over the interface, what is under it or another card: only TCP does not mind. */
function doubled({ node, ifname, shared, besides }: CardUse, mac: string | null): readonly Fault[] {
  if (shared === null || mac === null) return [];
  const { space } = shared;
  const datagrams = shared.less(space.only({ protocol: tcp }));
  return [...besides].flatMap(([other, answered]) => {
    if (!listens(node, other, mac) || isStrict(node, other, space.family)) return [];
    const twice = answered?.traffic.and(datagrams) ?? null;
    if (twice?.isEmpty && !answered?.doubt.meets(datagrams)) return [];
    const brief = `${node.name}: the VIP's frames come in twice, by ${ifname} and ${other}`;
    const under = linkOf(node, ifname)?.parent === other;
    const fix = under
      ? `Fix: drop what comes in for the VIP by ${other}, before the cluster rule`
      : `Fix: ip maddr del ${mac} dev ${other}`;
    const may = twice === null || twice.isEmpty ? 'may be' : 'are';
    const text = `${brief}, which listens to the cluster MAC too: UDP and ping ${may} answered twice. ${fix}`;
    const certain = twice?.meets(mainTraffic(space)) ?? false;
    return [fault(certain ? 'CRITICAL' : 'WARNING', 'received-twice', brief, text)];
  });
}

/**
 * A card that listens to the cluster MAC, and whose addresses do not show whether it is on the same wire. One with several
 * addresses of another network may share one of them there.
 */
function perhapsDoubled({ node, ifname, shared, besides }: CardUse, mac: string | null): readonly Fault[] {
  if (shared === null || mac === null) return [];
  const below = levelsBelow(node.host.links ?? [], ifname).flatMap(({ ifnames }) => ifnames);
  const others = (node.host.subscriptions ?? []).filter((one) => one.mac === mac).map((one) => one.ifname);
  return [...new Set(others)].flatMap((other) => {
    const link = linkOf(node, other);
    const card = link !== undefined && (link.kind === null || link.kind === 'veth') && isUp(link);
    if (!card || other === ifname || link.master !== null || below.includes(other) || besides.has(other)) return [];
    const own = node.host.addresses?.filter((one) => one.ifname === other && one.scope === 'global') ?? [];
    const text = `not known on ${node.name}: whether ${other}, which listens to the cluster MAC as well, is on the wire of ${ifname}; if it is, UDP and ping are answered twice`;
    if (own.length > 1) return [fault('OK', 'not-looked-at', text)];
    const brief = `${node.name}: ${other} listens to the cluster MAC as well`;
    const full = `${brief}, and has no VIP of its own: if it is on the wire of ${ifname}, the VIP's frames come in twice, and UDP and ping are answered twice. Fix: ip maddr del ${mac} dev ${other}`;
    return [fault('WARNING', 'received-twice', brief, full)];
  });
}

function isUp({ flags }: Link): boolean {
  return flags.includes('UP') && !flags.includes('LOOPBACK');
}

function listens(node: ReachedNode, ifname: string, mac: string): boolean {
  const listed = node.host.subscriptions?.some((one) => one.ifname === ifname && one.mac === mac) ?? false;
  return (listed || takesAllGroups({ node, ifname })) && (linkOf(node, ifname)?.flags.includes('UP') ?? false);
}

/** A strict reverse path filter drops what comes in by another interface than the answer leaves by; IPv6 has none. */
function isStrict({ settings }: ReachedNode, ifname: string, family: 4 | 6): boolean {
  return family === 4 && settings !== null && ipv4Setting(settings, ifname, 'rp_filter') === 1;
}
