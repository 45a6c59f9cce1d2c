import type { IpBlock, Stretch as Span } from '../address/index.ts';
import { type Adverts, clientsInUse, type Leaving, type Traffic, type TrafficSpace } from '../netfilter/index.ts';
import type { ReachedNode } from './facts.ts';
import type { Replies } from './reply.ts';

/** A node whose answers are followed. */
export type Replier = {
  readonly node: ReachedNode;
  readonly space: TrafficSpace;
  /** By which interface the VIP's frames come in; null where it is not known. */
  readonly ifname: string | null;
  /** True where clients are to get answers from it now. */
  readonly serves: boolean;
  /** What the cluster shares, less what the node's own firewall denies. */
  readonly shared: Traffic;
  /** Packets that NAT sends to another port of the node, by that port. */
  readonly resent?: ReadonlyMap<bigint, Traffic>;
  /** Which neighbour advertisements to the VIP its rules let in; null over IPv4, and where that is not known. */
  readonly adverts?: Adverts | null;
  /** What happens to answers in the chains that they pass; null where that is not asked, a text where it is not known. */
  readonly leaving: Leaving | string | null;
};

/** Which answers are asked about: those from this VIP to these networks; without networks, to everywhere. */
export type Asked = { readonly vip: string; readonly networks: readonly IpBlock[] };

/** A node with what its chains and routes do to answers. */
export type Followed = Replier & { readonly replies: Replies; readonly unread: readonly string[] };

/** What one node is judged among. */
export type Circle = {
  /** The packets of clients that count. */
  readonly scope: Traffic;
  readonly asked: Asked;
  readonly space: TrafficSpace;
  readonly followed: readonly Followed[];
};

/** The packets of clients in these networks; without any, of all addresses in use, including private IPv6 ones. */
export function clientsOf(networks: readonly IpBlock[], space: TrafficSpace): Traffic {
  if (networks.length > 0) return space.only({ source: networks });
  return space.family === 4
    ? clientsInUse(space)
    : clientsInUse(space).or(space.once('local clients', () => local(space)));
}

/** fc00::/7, RFC 4193. */
function local(space: TrafficSpace): Traffic {
  return space.only({ source: { low: 0xfcn << 120n, high: (0xfen << 120n) - 1n } });
}

/** There is room for some 100 characters in a first line. */
export function short(what: string): string {
  return what.length > 60 ? `${what.slice(0, 57)}...` : what;
}

export function shareOf(part: Traffic, whole: Traffic): number {
  return part.space.share(part, whole, () => 1);
}

/** What all of the compared nodes certainly lose. */
export function common({ followed, space }: Circle): Traffic {
  const sets = followed.map(({ replies: { losses, nobody } }) =>
    space.union([nobody(), ...losses.filter(({ certain }) => certain).map(({ clients }) => clients)]),
  );
  return sets.reduce((sum, one) => sum.and(one), space.all);
}

/** A route by which another node than `name` reaches some of these clients, of those stretches that will do; null without one. */
export function peerSpan(
  name: string,
  clients: Traffic,
  { followed }: Circle,
  will: (span: Span) => boolean,
): { readonly name: string; readonly route: string } | null {
  for (const { node, replies } of followed) {
    if (node.name === name) continue;
    const span = replies.spans.find(
      (one) =>
        one.cases[0]?.lead.kind === 'sent' &&
        will(one) &&
        clients.meets(clients.space.only({ source: { low: one.block.low, high: one.block.high } })),
    );
    const lead = span?.cases[0]?.lead;
    if (lead?.kind === 'sent') return { name: node.name, route: lead.route.text };
  }
  return null;
}

/** Less than a network of 256 hosts in IPv4: routes to single hosts, as administrators have. */
export const smallShare = 1e-7;
