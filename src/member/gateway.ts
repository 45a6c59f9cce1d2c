import { type NeighbourEntry, parseIp, type Stretch as Span, sameIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { answers, describeTraffic, percent, type Traffic } from '../netfilter/index.ts';
import { listOf } from '../plugin/index.ts';
import { type Circle, type Followed, peerSpan, shareOf, smallShare } from './circle.ts';
import { isLoopback } from './facts.ts';
import { together } from './reply.ts';
import type { Stretch } from './stretch.ts';

/**
 * Judges the gateways of a node's way back by its neighbour table: those that do not answer, and those whose MAC was set by
 * hand and differs from the one that other nodes have learned.
 */
export function judgeGateways(one: Followed, circle: Circle): Stretch {
  const { space } = circle;
  const judged = gatewayEntries(one).flatMap((entry) => {
    const clients = clientsBy(one, entry, circle);
    if (clients.some.isEmpty) return [];
    const found = silence(one, entry, clients, circle) ?? unlike(one, entry, clients, circle);
    return found === null ? [] : [{ found, clients }];
  });
  return {
    faults: judged.map(({ found }) => found),
    lost: space.none,
    doubt: space.union(judged.flatMap(({ found, clients }) => (found.state === 'CRITICAL' ? [clients.some] : []))),
  };
}

/** The entries of the gateways that answers go through. */
function gatewayEntries({ node, replies }: Followed): readonly NeighbourEntry[] {
  return node.neighbours.entries.filter((entry) =>
    replies.spans.some(({ cases }) => cases.some((one) => leadsBy(one, entry))),
  );
}

function leadsBy({ lead }: Span['cases'][number], { address, ifname }: NeighbourEntry): boolean {
  return (
    lead.kind === 'sent' &&
    lead.route.hops.some(({ via, dev }) => via !== null && sameIp(via, address) && (dev === null || dev === ifname))
  );
}

/** The clients whose answers go by a gateway; `all`: false where some of their packets may take another way. */
type Clients = { readonly some: Traffic; readonly all: boolean };

function clientsBy({ replies, leaving }: Followed, entry: NeighbourEntry, { space, scope }: Circle): Clients {
  const spans = replies.spans.filter(({ cases }) => cases.some((one) => leadsBy(one, entry)));
  const sole = spans.every(({ cases }) =>
    cases.every((one) => leadsBy(one, entry) && one.lead.kind === 'sent' && one.lead.route.hops.length === 1),
  );
  const marked = leaving !== null && typeof leaving !== 'string' && leaving.marks.length > 1;
  const blocks = spans.map(({ block: { low, high } }) => space.only({ source: { low, high } }));
  return { some: together(blocks, space).and(scope), all: sole && !marked };
}

/** `answers to clients other than 192.168.56.0/24 (100 % of addresses)`. */
function answersTo(clients: Traffic, { scope, asked }: Circle): string {
  const whom = describeTraffic(clients) || 'all clients';
  const of = asked.networks.length > 0 ? 'the addresses of --clients' : 'addresses';
  return `answers to ${whom} (${percent(shareOf(clients, scope))} of ${of})`;
}

function matters({ some, all }: Clients, { scope }: Circle): boolean {
  return all && shareOf(some, scope) >= smallShare;
}

/**
 * A gateway that does not answer. Under traffic the kernel asks three times within three seconds (INCOMPLETE), gives up
 * (FAILED), and asks again with the next packet; the time since the last answer goes on meanwhile. A new entry is INCOMPLETE
 * for less than a millisecond where somebody answers, and has a last answer 60 seconds ago (Linux: neigh_create, twice
 * base_reachable_time; measured).
 */
function silence(one: Followed, entry: NeighbourEntry, clients: Clients, circle: Circle): Fault | null {
  const { name } = one.node;
  const { address, ifname, state, confirmed, updated } = entry;
  if (state !== 'INCOMPLETE' && state !== 'FAILED') return null;
  const table = `(${state} in the neighbour table)`;
  const what = answersTo(clients.some, circle);
  const asked = updated !== null && confirmed !== null && (updated >= 1 || confirmed - updated > 61);
  const kept = keptOut(one, entry, circle);
  if (kept !== null) {
    const brief = `${name} drops the neighbour advertisement of its gateway ${address} to ${circle.asked.vip}`;
    const text = `${brief} (${kept}): it asks for the gateway from the VIP and never learns its MAC ${table}, so that ${what} are lost. Fix: accept neighbour advertisements (ICMPv6 type 136) before it on ${name}`;
    return fault(matters(clients, circle) ? 'CRITICAL' : 'WARNING', 'nd-dropped', brief, text);
  }
  if (state === 'INCOMPLETE' && !asked) {
    const brief = `${name}: its gateway ${address} has not answered yet`;
    const text = `${brief}: ${ifname} is asking for it right now ${table}. If it is still asking at the next check, ${what} are lost`;
    return fault('WARNING', 'gateway-dead', brief, text);
  }
  const fix = `Fix: ${peersGateway(one, entry, clients.some, circle)}`;
  if (state === 'INCOMPLETE' || (updated !== null && updated <= justNow)) {
    const brief = `${name}: its gateway ${address} does not answer`;
    const lost = clients.all ? 'are lost' : 'are lost where they go through it';
    const text = `${brief} when ${ifname} asks for it ${table}: ${what} ${lost}. ${fix}`;
    return fault(matters(clients, circle) ? 'CRITICAL' : 'WARNING', 'gateway-dead', brief, text);
  }
  const brief = `${name}: its gateway ${address} did not answer`;
  const when = updated === null ? '' : `, ${updated} s ago`;
  const text = `${brief} when it was last asked on ${ifname}${when} ${table}: ${what} are lost while that lasts. ${fix}`;
  return fault('WARNING', 'gateway-dead', brief, text);
}

/**
 * What keeps the gateway's answer from a node that asks for it from the VIP, as it does when an answer to a client waits
 * (ndisc_solicit): the rule that drops it, or the hash that gives it to another node. Null where it comes in, or that is
 * not known.
 */
function keptOut({ node, adverts = null }: Followed, { address }: NeighbourEntry, { asked }: Circle): string | null {
  const [from, to] = [parseIp(address), parseIp(asked.vip)];
  if (adverts === null || from?.family !== 6 || to === null) return null;
  // Where none comes in, that is told as a fault of its own.
  if (adverts.passed.isEmpty) return null;
  // What was asked from an address on loopback goes out from another one.
  if (node.placements.every((one) => isLoopback(node, one.address.ifname))) return null;
  const { passed: traffic, doubt, hashes, droppedBy } = adverts;
  const advert = { family: 6, saddr: from.value, daddr: to.value, protocol: 58, sport: 0, dport: 0 } as const;
  if (answers({ traffic, doubt, hashes }, advert) !== false) return null;
  return droppedBy === null ? 'no rule lets it in' : `${droppedBy.place}: ${droppedBy.text}`;
}

/** In seconds: clients that get no answer try again sooner. */
const justNow = 10;

function peersGateway({ node }: Followed, entry: NeighbourEntry, clients: Traffic, circle: Circle): string {
  const look = `check ${entry.address} and the cabling of ${entry.ifname}`;
  const peer = peerSpan(node.name, clients, circle, (span) => !span.cases.some((one) => leadsBy(one, entry)));
  return peer === null ? look : `${look}, or use the route of ${peer.name}: ${peer.route}`;
}

/** What another node knows of the same gateway. */
type Known = { readonly name: string; readonly entry: NeighbourEntry };

function knownElsewhere(one: Followed, entry: NeighbourEntry, { followed }: Circle): readonly Known[] {
  return followed
    .filter(({ node }) => node !== one.node)
    .flatMap((other) =>
      gatewayEntries(other)
        .filter((there) => there.mac !== null && sameIp(there.address, entry.address))
        // An address on one link may be another router's on the next.
        .filter((there) => !isLinkLocal(entry) || (entry.ifname === one.ifname && there.ifname === other.ifname))
        .map((there) => ({ name: other.node.name, entry: there })),
    );
}

/** fe80::/10, RFC 4291. */
function isLinkLocal({ address }: NeighbourEntry): boolean {
  const ip = parseIp(address);
  return ip?.family === 6 && ip.value >> 118n === 0x3fan;
}

/** A MAC that was set by hand. One that another node has just learned is the right one: it has answered by it. */
function unlike(one: Followed, entry: NeighbourEntry, clients: Clients, circle: Circle): Fault | null {
  const { name } = one.node;
  const { address, ifname, mac, state } = entry;
  if (state !== 'PERMANENT') return null;
  const known = mac === null ? [] : knownElsewhere(one, entry, circle);
  const by = `${name}: the gateway ${address} is set to ${mac ?? 'what is not an Ethernet address'} by hand on ${ifname}`;
  if (known.length === 0)
    return fault('OK', 'not-looked-at', `${by}, and no other node's neighbour table has it to compare with`);
  const differing = known.filter((other) => other.entry.mac !== mac);
  const [first] = differing;
  const proof = differing.find((other) => other.entry.state === 'REACHABLE') ?? first;
  if (proof === undefined) return null;
  const certain = proof.entry.state === 'REACHABLE' && differing.length === known.length;
  const brief = `${name}: gateway ${address} is set to ${mac} by hand, ${proof.name} has ${proof.entry.mac}`;
  const what = answersTo(clients.some, circle);
  const fix = `ip neigh del ${address} dev ${ifname}`;
  if (certain) {
    const text = `${by}, but answers ${proof.name} with ${proof.entry.mac}: ${what} are lost. Fix: ${fix}`;
    return fault(matters(clients, circle) ? 'CRITICAL' : 'WARNING', 'gateway-differs', brief, text);
  }
  const how = proof.entry.state === 'PERMANENT' ? 'by hand as well' : `(${proof.entry.state}: learned some time ago)`;
  const text = `${by}, on ${proof.name} it has ${proof.entry.mac} ${how}: if the first one is wrong, ${what} are lost. Fix in that case: ${fix}`;
  return fault('WARNING', 'gateway-differs', brief, text);
}

/** What is not known of the gateways of all nodes, or not judged, once for all of them. */
export function gatewayNotes(circle: Circle): readonly Fault[] {
  const serving = circle.followed.filter(({ serves }) => serves);
  return [...notRead(serving), ...notUsed(serving), ...learnedApart(serving, circle)].map((text) =>
    fault('OK', 'not-looked-at', text),
  );
}

function notRead(nodes: readonly Followed[]): readonly string[] {
  const why = new Map<string, string[]>();
  for (const { node, replies } of nodes) {
    const { missing } = node.neighbours;
    if (missing !== null && gatewaysOf(replies.spans).length > 0)
      why.set(missing, [...(why.get(missing) ?? []), node.name]);
  }
  return [...why].map(
    ([missing, names]) => `not looked at: whether gateways answer ${listOf(names)} (the neighbour table: ${missing})`,
  );
}

/** Gateways that a node has lately sent nothing to. */
function notUsed(nodes: readonly Followed[]): readonly string[] {
  return nodes.flatMap((one) => {
    const { name, neighbours, host } = one.node;
    const { entries, missing } = neighbours;
    const links = host.links ?? [];
    const silent = gatewaysOf(one.replies.spans).filter(
      ({ via, dev }) =>
        !entries.some(({ address, ifname }) => sameIp(via, address) && (dev === null || dev === ifname)) &&
        !links.some(({ ifname, flags }) => ifname === dev && flags.includes('NOARP')),
    );
    const more = silent.length > 3 ? ` and ${silent.length - 3} more` : '';
    return silent.length === 0 || missing !== null
      ? []
      : [
          `not known on ${name}: whether its gateways answer: ${silent
            .slice(0, 3)
            .map(({ via }) => via)
            .join(', ')}${more} (not in the neighbour table: nothing was sent by them lately)`,
        ];
  });
}

/** Each gateway once. */
function gatewaysOf(spans: readonly Span[]): readonly { readonly via: string; readonly dev: string | null }[] {
  const found = new Map<string, { readonly via: string; readonly dev: string | null }>();
  for (const { lead } of spans.flatMap(({ cases }) => cases))
    if (lead.kind === 'sent')
      for (const { via, dev } of lead.route.hops) if (via !== null) found.set(`${via} ${dev}`, { via, dev });
  return [...found.values()];
}

/** Routers that share an address may give each node a different MAC; so may somebody who impersonates the gateway. */
function learnedApart(nodes: readonly Followed[], circle: Circle): readonly string[] {
  const told = new Set<string>();
  return nodes.flatMap((one) =>
    gatewayEntries(one).flatMap((entry) => {
      const { address, mac, state } = entry;
      if (mac === null || state === 'PERMANENT' || state === 'FAILED' || told.has(address)) return [];
      const other = knownElsewhere(one, entry, circle).find(
        (there) => there.entry.mac !== mac && !['PERMANENT', 'FAILED'].includes(there.entry.state),
      );
      if (other === undefined) return [];
      told.add(address);
      return [
        `the gateway ${address} has ${mac} on ${one.node.name} (${state}) and ${other.entry.mac} on ${other.name} (${other.entry.state})`,
      ];
    }),
  );
}
