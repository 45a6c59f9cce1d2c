import { hostSetting, type IpBlock, parseIp, type Stretch as Span } from '../address/index.ts';
import { type Fault, fault, type Group, inLists } from '../findings/index.ts';
import {
  type Adverts,
  clientsInUse,
  describeTraffic,
  type Leaving,
  mainTraffic,
  percent,
  type Traffic,
  type TrafficSpace,
  withoutOwn,
} from '../netfilter/index.ts';
import { listOf, type State } from '../plugin/index.ts';
import { denialFaults } from './denial.ts';
import type { ReachedNode } from './facts.ts';
import { gatewayNotes, judgeGateways } from './gateway.ts';
import { renamingFaults } from './renaming.ts';
import { followReplies, type Loss, type Replies } from './reply.ts';
import type { Stretch } from './stretch.ts';
import { unprintedNotes, unshownFaults } from './unshown.ts';

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

/**
 * Judges the way back of answers by the routes of all nodes. If nothing is said about where clients are, networks that the
 * routes of all nodes lose alike are taken to have none, as long as some clients are left.
 */
export function judgeReplies(repliers: readonly Replier[], asked: Asked): ReadonlyMap<string, Stretch> {
  const vip = parseIp(asked.vip);
  const [any] = repliers;
  if (vip === null || any === undefined) return new Map();
  const { space } = any;
  const followed: Followed[] = [];
  const blind = new Map<string, string[]>();
  for (const one of repliers) {
    const { routing } = one.node;
    if (typeof routing === 'string') blind.set(routing, [...(blind.get(routing) ?? []), one.node.name]);
    else if (one.node.placements.length > 0 || one.serves)
      followed.push({
        ...one,
        unread: routing.unread,
        replies: followReplies({ ...one, vip, marks: marksOf(one) }, routing),
      });
  }
  const circle: Circle = { scope: clientsOf(asked.networks, space), asked, space, followed };
  const judged = new Map(
    followed.filter(({ serves }) => serves).map((one) => [one.node.name, judgeOne(one, around(one, circle))] as const),
  );
  const notes = [
    ...alikeNotes(circle),
    ...gatewayNotes(circle),
    ...unprintedNotes(repliers.map(({ node }) => node)),
    ...[...blind].map(([why, names]) => notLookedAt(listOf(names), why)),
  ];
  return new Map(
    repliers.map(({ node: { name } }, i) => {
      const one = judged.get(name) ?? { faults: [], lost: space.none, doubt: space.none };
      return [name, i === 0 ? { ...one, faults: [...one.faults, ...notes] } : one];
    }),
  );
}

/** Answers to pings, resets and accepted connections may take the mark of the request (sysctl). */
function marksOf({ node: { settings }, space, leaving }: Replier): Leaving['marks'] {
  const names = ['net.ipv4.fwmark_reflect', 'net.ipv4.tcp_fwmark_accept', 'net.ipv6.fwmark_reflect'];
  const reflects = settings !== null && names.some((name) => (hostSetting(settings, name) ?? 0) > 0);
  const marks = leaving === null || typeof leaving === 'string' ? [{ mark: 0, traffic: space.all }] : leaving.marks;
  return marks.map((one) => (reflects && one.mark === 0 ? { ...one, mark: null } : one));
}

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

/** The same for the clients whom a node's firewall lets in to anything: the others are missing no answer. */
function around({ shared, space }: Replier, circle: Circle): Circle {
  const main = withoutOwn(shared.and(mainTraffic(space)));
  return main.isEmpty ? circle : { ...circle, scope: circle.scope.and(main.like('source')) };
}

function notLookedAt(names: string, why: string): Fault {
  return fault(
    'OK',
    'not-looked-at',
    'the way back not looked at',
    `not looked at: the way back of answers on ${names} (${why})`,
  );
}

function judgeOne(one: Followed, circle: Circle): Stretch {
  const { node, replies, unread } = one;
  const { space } = circle;
  if (replies.homeless) return { faults: [homeless(one, circle.asked.vip)], lost: space.all, doubt: space.none };
  const of = (certain: boolean) =>
    space.union(replies.losses.filter((loss) => loss.certain === certain).map(({ clients }) => clients));
  const denied = denialFaults(one, circle);
  const renamed = renamingFaults(one, circle);
  const gateways = judgeGateways(one, circle);
  const lost = of(true).and(clientsOf([], space)).or(denied.lost).or(renamed.lost);
  return {
    faults: [
      ...denied.faults,
      ...renamed.faults,
      ...lossFaults(one, circle),
      ...asideFaults(one, circle),
      ...gateways.faults,
      ...unshownFaults(one, circle),
      ...(unread.length === 0 ? [] : [notUnderstood(node.name, unread)]),
    ],
    lost,
    doubt: (unread.length === 0 ? of(false).or(denied.doubt).or(renamed.doubt).or(gateways.doubt) : space.all).less(
      lost,
    ),
  };
}

function homeless({ node: { name }, ifname }: Followed, vip: string): Fault {
  const brief = `${name} has no local route for ${vip}: it accepts nothing`;
  const where = ifname === null ? '' : ` dev ${ifname}`;
  return fault(
    'CRITICAL',
    'local-route-missing',
    brief,
    `${name} has the VIP, but no local route for it: its clients get no answer. Fix: remove the address there and add it again, or: ip route add local ${vip}${where} table local`,
  );
}

/** Lines of the node's routes or rules that might lead answers anywhere. */
function notUnderstood(name: string, unread: readonly string[]): Fault {
  const brief = `${name}: ${unread.length === 1 ? 'a route or rule is' : `${unread.length} routes or rules are`} not understood`;
  const shown = unread.slice(0, 3).map((line) => line.replaceAll(/\s+/g, ' ').trim());
  const more = unread.length > 3 ? ` and ${unread.length - 3} more` : '';
  return fault(
    'WARNING',
    'route-unreadable',
    brief,
    `${brief}, and may divert or drop answers: ${shown.join('; ')}${more}`,
  );
}

/** What all of the compared nodes certainly lose. */
function common({ followed, space }: Circle): Traffic {
  const sets = followed.map(({ replies: { losses, nobody } }) =>
    space.union([nobody(), ...losses.filter(({ certain }) => certain).map(({ clients }) => clients)]),
  );
  return sets.reduce((sum, one) => sum.and(one), space.all);
}

/** What a loss means for the clients that count. */
type JudgedLoss = { readonly loss: Loss; readonly meant: Traffic; readonly state: State };

function lossFaults(one: Followed, circle: Circle): readonly Fault[] {
  const judged = one.replies.losses.flatMap((loss) => judgeLoss(loss, circle) ?? []);
  return inLists(judged, kindOf).map((list) => lossFault(one, list, circle));
}

function kindOf({ loss: { cause, certain }, state }: JudgedLoss): string {
  return `${state} ${certain} ${cause.side} ${cause.how}`;
}

/** Null where it concerns no client, or where all nodes are alike, which is said once for all. */
function judgeLoss(loss: Loss, circle: Circle): JudgedLoss | null {
  const { scope, asked, space } = circle;
  const { cause, certain } = loss;
  const here = loss.clients.and(scope);
  if (here.isEmpty) return null;
  const all = common(circle);
  const policy = certain && asked.networks.length === 0 && !scope.within(all);
  const meant = policy ? here.less(all) : here;
  if (meant.isEmpty) return null;
  const whole = asked.networks.some(({ low, high }) => space.only({ source: { low, high } }).within(loss.clients));
  return { loss, meant, state: !certain ? 'WARNING' : cause.hosts && !whole ? 'OK' : 'CRITICAL' };
}

function lossFault({ node, replies }: Followed, list: Group<JudgedLoss>, circle: Circle): Fault {
  const { scope, asked, space } = circle;
  const [{ loss, state }] = list;
  const { cause, certain } = loss;
  const others = list.length - 1;
  const meant = space.union(list.map((one) => one.meant));
  const whom = describeTraffic(meant) === '' ? 'all clients' : describeTraffic(meant);
  const of = `(${percent(shareOf(meant, scope))} of ${asked.networks.length > 0 ? 'the addresses of --clients' : 'addresses'})`;
  const what = `${cause.side === 'answers' ? 'answers to' : 'packets from'} ${whom}`;
  const reason = cause.text === null ? '' : ` (${cause.text}${others === 0 ? '' : ` and ${others} more`})`;
  const way = cause.fix ?? peersRoute(node.name, meant, circle);
  const fix = state === 'OK' ? '' : `. Fix: ${way}${others === 0 ? '' : ', and so for the others'}`;
  const unsure = certain ? '' : ', for some of their packets';
  return fault(
    state,
    cause.side === 'answers' ? 'answer-route-lost' : 'rp-filter-drops',
    `${node.name}: ${short(what)} ${cause.how}`,
    `${node.name}: ${what} ${of} ${cause.how}${unsure}${reason}${fix}${replies.gaps.length > 0 ? leftOut(replies.gaps) : ''}`,
  );
}

/** There is room for some 100 characters in a first line. */
export function short(what: string): string {
  return what.length > 60 ? `${what.slice(0, 57)}...` : what;
}

function leftOut(gaps: Replies['gaps']): string {
  const shown = gaps.slice(0, 3).map(({ text }) => text);
  return `. Left out of the snapshot: ${shown.join('; ')}`;
}

export function shareOf(part: Traffic, whole: Traffic): number {
  return part.space.share(part, whole, () => 1);
}

/** The route by which another node reaches them. */
function peersRoute(name: string, clients: Traffic, circle: Circle): string {
  const peer = peerSpan(name, clients, circle, () => true);
  return peer === null ? 'add a route to them' : `add a route, such as that of ${peer.name}: ${peer.route}`;
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

/** Answers that leave by another interface, where those of the other nodes do not. */
function asideFaults({ node, replies, ifname }: Followed, circle: Circle): readonly Fault[] {
  const { scope, followed, space } = circle;
  const asides = followed.map(({ replies: { aside } }) => space.union([...aside.values()]));
  const alike = asides.reduce((sum, one) => sum.and(one), space.all);
  return [...replies.aside].flatMap(([dev, clients]) => {
    const meant = clients.and(scope).less(alike);
    if (meant.isEmpty || shareOf(meant, scope) < smallShare) return [];
    const what = `answers to ${describeTraffic(meant) === '' ? 'all clients' : describeTraffic(meant)}`;
    const brief = `${node.name}: ${short(what)} leave by ${dev}, not by ${ifname}`;
    const text = `${node.name}: ${what} leave by ${dev}, not by ${ifname} (which has the VIP) as on the other nodes: whether they arrive is not known. Fix: make the routes the same on all nodes`;
    return [fault('WARNING', 'answer-leaves-elsewhere', brief, text)];
  });
}

/** Less than a network of 256 hosts in IPv4: routes to single hosts, as administrators have. */
export const smallShare = 1e-7;

/** What all nodes do alike, once for all of them. */
function alikeNotes(circle: Circle): readonly Fault[] {
  const { scope, followed, asked, space } = circle;
  const serving = followed.filter(({ serves }) => serves);
  const [first] = serving;
  if (first === undefined) return [];
  const who =
    serving.length > 1
      ? 'all nodes alike'
      : 'no other node to compare with: say with --clients where the clients are to have it judged';
  // What all lose is lost by the first one, too.
  const loses = first.replies.losses.some(({ certain }) => certain);
  const all = loses ? common(circle).and(scope).less(first.replies.nobody()) : space.none;
  const lost =
    asked.networks.length > 0 || all.isEmpty || scope.within(common(circle)) || first.replies.homeless
      ? []
      : [`answers to ${describeTraffic(all)} have no way back (${listOf(reasons(first, all))}; ${who})`];
  const away = [...first.replies.aside].flatMap(([dev, clients]) => {
    const meant = followed.reduce(
      (sum, { replies }) => sum.and(circle.space.union([...replies.aside.values()])),
      clients.and(scope),
    );
    const whom = describeTraffic(meant) === '' ? 'all clients' : describeTraffic(meant);
    return meant.isEmpty ? [] : [`answers to ${whom} leave by ${dev}, not by ${first.ifname} (${who})`];
  });
  return [...lost, ...away].map((text) => fault('OK', 'routes-alike', text));
}

function reasons({ replies }: Followed, within: Traffic): readonly string[] {
  const there = replies.losses.filter(({ certain, clients }) => certain && clients.meets(within));
  return [...new Set(there.map(({ cause }) => cause.text ?? 'no route'))].slice(0, 3);
}
