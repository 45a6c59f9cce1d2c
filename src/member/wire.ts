import type { FibRoute, IpBlock, Stretch as Span } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { describeTraffic, type Traffic } from '../netfilter/index.ts';
import { type Circle, type Followed, short } from './circle.ts';

/** The networks that wires mostly have, by family. */
const usualPrefix = { 4: 24, 6: 64 } as const;

/** Clients whose answers go to the wire, and what is said of them. */
type Wires = { readonly faults: readonly Fault[]; readonly doubt: Traffic };

/**
 * Answers that a node puts on the wire itself, where as many nodes or more send them to a gateway, as with a netmask that is
 * too wide: clients beyond the gateway get none. A network of the usual size may well be a second one on that wire, unless
 * clients are said to be there.
 */
export function judgeWires(one: Followed, circle: Circle): Wires {
  const { scope, followed, asked, space } = circle;
  const serving = followed.filter(({ serves }) => serves);
  const own = wiresOf(one);
  if (own.size === 0) return { faults: [], doubt: space.none };
  const wires = serving.map((other) => [...wiresOf(other).values()].flat());
  const judged = [...own].flatMap(([route, blocks]) => {
    if (asked.networks.length === 0 && route.prefix >= usualPrefix[space.family]) return [];
    const gatewayed = serving.flatMap(({ node: { name }, replies }) => {
      const beyond = beyondGateways(replies.spans, blocks);
      return beyond === null ? [] : [{ name, ...beyond }];
    });
    const [peer] = gatewayed;
    if (peer === undefined) return [];
    const alike = wires.filter((others) =>
      others.some((block) => peer.blocks.some((here) => both(block, here) !== null)),
    );
    const meant = space.only({ source: peer.blocks }).and(scope);
    if (gatewayed.length < alike.length || meant.isEmpty) return [];
    const whom = describeTraffic(space.only({ source: route.block }).and(scope)) || 'all clients';
    const brief = `${one.node.name}: answers to ${short(whom)} go by no gateway, unlike on ${peer.name}`;
    const text = `${one.node.name}: answers to ${whom} go to the wire itself (${route.text}), on ${peer.name} by the gateway ${peer.via}: clients there that are not on that wire get no answer. Fix: correct the netmask, or make the routes the same on all nodes`;
    return [{ fault: fault('WARNING', 'answer-leaves-elsewhere', brief, text), meant }];
  });
  return { faults: judged.map((one) => one.fault), doubt: space.union(judged.map(({ meant }) => meant)) };
}

/** The routes by which a node has clients on the wire of the VIP's own interface, with the addresses that take them. */
function wiresOf({ replies, ifname }: Followed): ReadonlyMap<FibRoute, readonly IpBlock[]> {
  const found = new Map<FibRoute, IpBlock[]>();
  for (const { block, cases } of replies.spans) {
    const lead = cases[0]?.lead;
    if (cases.length !== 1 || lead?.kind !== 'sent') continue;
    if (!lead.route.hops.every(({ via, dev }) => via === null && dev === ifname)) continue;
    found.set(lead.route, [...(found.get(lead.route) ?? []), block]);
  }
  return found;
}

/** Which of these addresses a node reaches by a gateway, and the first such gateway; null where it reaches none so. */
function beyondGateways(
  spans: readonly Span[],
  blocks: readonly IpBlock[],
): { readonly via: string; readonly blocks: readonly IpBlock[] } | null {
  const found = spans.flatMap((span) => {
    const via = gatewayOf(span);
    const shared = via === null ? [] : blocks.flatMap((block) => both(span.block, block) ?? []);
    return via === null || shared.length === 0 ? [] : [{ via, shared }];
  });
  const [first] = found;
  return first === undefined ? null : { via: first.via, blocks: found.flatMap(({ shared }) => shared) };
}

/** The first gateway of addresses that are reached by gateways alone. */
function gatewayOf({ cases }: Span): string | null {
  const lead = cases[0]?.lead;
  if (lead?.kind !== 'sent' || !lead.route.hops.every(({ via }) => via !== null)) return null;
  return lead.route.hops[0]?.via ?? null;
}

/** The addresses that two blocks of a family have in common. */
function both(a: IpBlock, b: IpBlock): IpBlock | null {
  const { low } = a.low < b.low ? b : a;
  const { high } = a.high < b.high ? a : b;
  return low <= high ? { family: a.family, low, high } : null;
}
