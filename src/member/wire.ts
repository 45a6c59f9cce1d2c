import type { FibRoute, Stretch as Span } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { describeTraffic, type Traffic } from '../netfilter/index.ts';
import { type Circle, type Followed, shareOf, short, smallShare } from './circle.ts';

/** Clients whose answers go to the wire, and what is said of them. */
type Wires = { readonly faults: readonly Fault[]; readonly doubt: Traffic };

/**
 * Answers that a node puts on the wire itself, where as many nodes or more send them to a gateway, as with a netmask that is
 * too wide: clients beyond the gateway get none. A network of less than 512 addresses may well be a second one on that wire.
 */
export function judgeWires(one: Followed, circle: Circle): Wires {
  const { scope, followed, space } = circle;
  const serving = followed.filter(({ serves }) => serves);
  const wires = serving.map((other) => [...onWire(other).values()].flat());
  const judged = [...onWire(one)].flatMap(([route, own]) => {
    const network = space.only({ source: route.block }).and(scope);
    if (network.isEmpty || shareOf(network, scope) < smallShare) return [];
    const gatewayed = serving.flatMap((other) => {
      const hop = other === one ? undefined : gatewayFor(other, own);
      return hop === undefined ? [] : [{ name: other.node.name, ...hop }];
    });
    const alike = wires.filter((spans) => spans.some(meeting(own)));
    const [peer] = gatewayed;
    if (peer === undefined || gatewayed.length < alike.length) return [];
    const meant = peer.traffic(network);
    if (meant.isEmpty || shareOf(meant, scope) < smallShare) return [];
    const whom = describeTraffic(network) === '' ? 'all clients' : describeTraffic(network);
    const brief = `${one.node.name}: answers to ${short(whom)} go by no gateway, unlike on ${peer.name}`;
    const text = `${one.node.name}: answers to ${whom} go to the wire itself (${route.text}), on ${peer.name} by the gateway ${peer.via}: clients there that are not on that wire get no answer. Fix: correct the netmask, or make the routes the same on all nodes`;
    return [{ fault: fault('WARNING', 'answer-leaves-elsewhere', brief, text), meant }];
  });
  return { faults: judged.map((one) => one.fault), doubt: space.union(judged.map(({ meant }) => meant)) };
}

/** The routes by which a node has clients on the wire of the VIP's own interface, with their addresses. */
function onWire({ replies, ifname }: Followed): ReadonlyMap<FibRoute, readonly Span[]> {
  const found = new Map<FibRoute, Span[]>();
  for (const span of replies.spans) {
    const lead = span.cases[0]?.lead;
    if (span.cases.length !== 1 || lead?.kind !== 'sent') continue;
    if (!lead.route.hops.every(({ via, dev }) => via === null && dev === ifname)) continue;
    const known = found.get(lead.route);
    if (known === undefined) found.set(lead.route, [span]);
    else known.push(span);
  }
  return found;
}

/** The gateway of a node for some of these addresses, and which of a set's packets it gets. */
function gatewayFor({ replies }: Followed, own: readonly Span[]) {
  const spans = replies.spans.filter((span) => viaOf(span) !== undefined && meeting(own)(span));
  const [first] = spans;
  const via = first === undefined ? undefined : viaOf(first);
  if (via === undefined) return undefined;
  const traffic = (of: Traffic) =>
    of.and(of.space.only({ source: spans.map(({ block: { low, high } }) => ({ low, high })) }));
  return { via, traffic };
}

function viaOf({ cases }: Span): string | undefined {
  const lead = cases[0]?.lead;
  if (lead?.kind !== 'sent' || lead.route.hops.length === 0) return undefined;
  return lead.route.hops.every(({ via }) => via !== null) ? (lead.route.hops[0]?.via ?? undefined) : undefined;
}

function meeting(own: readonly Span[]): (span: Span) => boolean {
  return ({ block }) => own.some((one) => one.block.low <= block.high && block.low <= one.block.high);
}
