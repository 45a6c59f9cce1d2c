import {
  type Case,
  type FibGap,
  type Hop,
  type Ip,
  ipv4Setting,
  ownPackets,
  type Routing,
  readCondition,
  reversePath,
  routeFor,
  type Sender,
  type Stretch as Span,
  whyDown,
} from '../address/index.ts';
import type { Traffic, TrafficSpace } from '../netfilter/index.ts';
import { linkOf, type ReachedNode } from './facts.ts';

/** Why clients get no answer, as far as routes decide it. */
export type Cause = {
  /** Whether the answer is lost, or the request already. */
  readonly side: 'answers' | 'requests';
  /** What happens to them, to follow `answers to X` or `packets from X`: `are dropped by a blackhole route`. */
  readonly how: string;
  /** The line that causes it, as the node prints it; null where there is none. */
  readonly text: string | null;
  /** What to do; null where another node's routes show it. */
  readonly fix: string | null;
  /** True where single hosts are meant: what bans attackers writes such routes, on each node for itself. */
  readonly hosts: boolean;
};

/** Clients that get no answer for one cause, in the fields of their requests. */
export type Loss = {
  readonly clients: Traffic;
  /** False where it depends on more of a packet than is known, or another hop is used for some of them. */
  readonly certain: boolean;
  readonly cause: Cause;
};

/** What happens to a node's answers according to its routes. */
export type Replies = {
  readonly losses: readonly Loss[];
  /** Clients whose answers leave by an interface that does not have the VIP, by the interface's name. */
  readonly aside: ReadonlyMap<string, Traffic>;
  /** The node's own addresses and broadcast addresses, which no client has: a host of many has many, and few ask. */
  readonly nobody: () => Traffic;
  /** True where requests find no local route, so that none comes to a socket. */
  readonly homeless: boolean;
  /** Routes that the snapshot has left out and that could change it. */
  readonly gaps: readonly FibGap[];
  readonly spans: readonly Span[];
};

/** A node that answers, and how its frames come in. */
export type Answerer = {
  readonly node: ReachedNode;
  readonly space: TrafficSpace;
  readonly vip: Ip;
  /** Null where it is not known. */
  readonly ifname: string | null;
  /** The marks that answers carry when their route is chosen, for each a set; null where that is not known. */
  readonly marks: readonly { readonly mark: number | null; readonly traffic: Traffic }[];
  /** Packets that NAT has sent to another port of the node, by that port, from which their answers come. */
  readonly resent?: ReadonlyMap<bigint, Traffic>;
};

/** Follows the answers from the VIP to every address through policy routing and routes, and the check of that way on the way in. */
export function followReplies(answerer: Answerer, routing: Routing): Replies {
  const { node, vip, ifname, marks, space } = answerer;
  const vrfTable = ifname === null ? null : (linkOf(node, ifname)?.table ?? null);
  const sender: Sender = { ...ownPackets(vip), vrfTable };
  const found = new Found(space);
  const spans = marks.flatMap(({ mark, traffic }) => {
    const marked = routeFor(routing, { ...sender, mark });
    for (const span of marked) judgeSpan(span, traffic, answerer, found);
    return marked;
  });
  return {
    losses: [...found.losses(), ...filtered(answerer, routing, sender)],
    aside: found.aside(),
    nobody: () => found.nobody(),
    homeless: isHomeless(answerer, routing, vrfTable),
    gaps: [...new Set(spans.flatMap(({ gaps }) => gaps))],
    spans,
  };
}

/** What is lost or diverted, one entry per cause: sets are united once, which is cheaper than one after the other. */
class Found {
  private readonly space: TrafficSpace;
  private readonly lost = new Map<string, { cause: Cause; certain: boolean; parts: Traffic[] }>();
  private readonly leaving = new Map<string, Traffic[]>();
  private readonly hosts: (() => Traffic)[] = [];
  private none: Traffic | null = null;

  constructor(space: TrafficSpace) {
    this.space = space;
  }

  lose(cause: Cause, certain: boolean, clients: Traffic): void {
    if (clients.isEmpty) return;
    const key = `${certain} ${cause.side} ${cause.how} ${cause.text}`;
    const known = this.lost.get(key);
    if (known === undefined) {
      this.lost.set(key, { cause, certain, parts: [clients] });
      return;
    }
    known.parts.push(clients);
    // One address of a network is no host that a route means.
    if (!cause.hosts) known.cause = cause;
  }

  leave(ifname: string, clients: Traffic): void {
    const known = this.leaving.get(ifname);
    if (known === undefined) this.leaving.set(ifname, [clients]);
    else known.push(clients);
  }

  ignore(clients: () => Traffic): void {
    this.hosts.push(clients);
  }

  nobody(): Traffic {
    this.none ??= together(
      this.hosts.map((make) => make()),
      this.space,
    );
    return this.none;
  }

  losses(): readonly Loss[] {
    return [...this.lost.values()].map(({ parts, ...loss }) => ({ ...loss, clients: together(parts, this.space) }));
  }

  aside(): ReadonlyMap<string, Traffic> {
    return new Map([...this.leaving].map(([ifname, parts]) => [ifname, together(parts, this.space)]));
  }
}

/** A union in halves. */
export function together(parts: readonly Traffic[], space: TrafficSpace): Traffic {
  if (parts.length < 3) return space.union(parts);
  const middle = parts.length >> 1;
  return together(parts.slice(0, middle), space).or(together(parts.slice(middle), space));
}

function judgeSpan(span: Span, traffic: Traffic, answerer: Answerer, found: Found): void {
  const { space } = answerer;
  const { low, high } = span.block;
  const fates = span.cases.map((one) => fateOf(one, low === high, answerer));
  const none = span.cases.every(({ lead }) => lead.kind === 'group' || (lead.kind === 'own' && low === high));
  if (!none && fates.every(({ cause, aside }) => cause === null && aside === null)) return;
  const whole = () => space.only({ source: { low, high } }).and(traffic);
  if (none) {
    found.ignore(whole);
    return;
  }
  const all = whole();
  const [first] = fates;
  // Whatever its conditions say: none of the packets gets there.
  if (first !== undefined && first.cause !== null && fates.every(({ cause, certain }) => cause !== null && certain)) {
    found.lose(first.cause, true, all);
    return;
  }
  let [sure, may] = [all, space.none];
  for (const [i, { when }] of span.cases.entries()) {
    const fate = fates[i];
    const { surely, perhaps } = meeting(when, answerer);
    const certain = sure.and(surely);
    const open = sure.and(perhaps).less(certain).or(may.and(perhaps));
    if (fate !== undefined && fate.cause !== null) {
      found.lose(fate.cause, fate.certain, certain);
      found.lose(fate.cause, false, open);
    }
    if (fate !== undefined && fate.aside !== null) found.leave(fate.aside, certain);
    may = may.less(surely).or(sure.and(perhaps).less(surely));
    sure = sure.less(perhaps);
  }
}

/** The packets that meet conditions, those of requests whose answers they are about: for certain, and at most. */
function meeting(
  when: readonly string[],
  { space, resent = new Map() }: Pick<Answerer, 'space' | 'resent'>,
): { readonly surely: Traffic; readonly perhaps: Traffic } {
  let [surely, perhaps] = [space.all, space.all];
  for (const { not, selectors } of when.map(readCondition)) {
    const known = selectors.flatMap((one) => {
      if (one === null) return [];
      const { field, low, high } = one;
      // The answer's source port is the request's destination port.
      const own = field === 'sport' ? 'dport' : field === 'dport' ? 'sport' : 'protocol';
      const named = space.only({ [own]: { low, high } });
      if (field !== 'sport') return [named];
      // A route is chosen before the answer gets its port back (measured: nat acts behind the routing).
      const within = [...resent].flatMap(([port, traffic]) => (low <= port && port <= high ? [traffic] : []));
      return [named.less(together([...resent.values()], space)).or(together(within, space))];
    });
    const most = known.reduce((sum, one) => sum.and(one), space.all);
    const least = known.length === selectors.length ? most : space.none;
    surely = surely.and(not ? most.others : least);
    perhaps = perhaps.and(not ? least.others : most);
  }
  return { surely, perhaps };
}

/** What happens to packets in one case; `aside`: the other interface that they leave by. */
type Fate = { readonly cause: Cause | null; readonly certain: boolean; readonly aside: string | null };

const well: Fate = { cause: null, certain: true, aside: null };

function fateOf({ lead, rule }: Case, single: boolean, answerer: Answerer): Fate {
  const dies = (how: string, text: string | null, fix: string | null, hosts = false): Fate => ({
    cause: { side: 'answers', how, text, fix, hosts },
    certain: true,
    aside: null,
  });
  const ip = answerer.vip.family === 4 ? 'ip' : 'ip -6';
  const chosen = rule === null || isUsual(rule.action) ? '' : `, chosen by the ip rule ${plain(rule.text)}`;
  switch (lead.kind) {
    case 'sent':
      return sentFate(lead.route.hops, `${lead.route.text}${chosen}`, answerer);
    case 'own':
      if (single) return well;
      return dies('stay on the node: they go to a local route', lead.route.text, `${ip} route del ${lead.route.text}`);
    case 'group':
      return well;
    case 'refused':
      if (lead.route !== null)
        return dies(
          `are dropped by ${article(lead.why)} ${lead.why} route`,
          `${lead.route.text}${chosen}`,
          `${ip} route del ${lead.route.text}`,
          single || isHost(answerer.vip.family, lead.route.prefix),
        );
      if (rule !== null)
        return dies(
          `are dropped by an ip rule (${lead.why})`,
          plain(rule.text),
          `${ip} rule del pref ${rule.priority}`,
        );
      return dies('have no route', null, null);
    case 'unknown':
      return { ...dies('may be lost: a route or rule is not understood', lead.what, null), certain: false };
    default:
      return well;
  }
}

/** A network of IPv6 that one host has. */
function isHost(family: 4 | 6, prefix: number): boolean {
  return prefix >= (family === 4 ? 32 : 64);
}

function article(word: string): string {
  return word === 'unreachable' ? 'an' : 'a';
}

function isUsual(action: NonNullable<Case['rule']>['action']): boolean {
  return action.kind === 'table' && ['local', 'main', 'default'].includes(action.table);
}

/** `32765: from all lookup main`: `ip` writes a tab. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** The outcome for several hops, one of which is used for each connection. */
function sentFate(hops: readonly Hop[], text: string, { node, ifname }: Answerer): Fate {
  const dead = hops.flatMap(({ dev }) => {
    const down = dev === null || dev === ifname ? null : whyDown(node.host.links ?? [], dev);
    return down === null || dev === null ? [] : [{ dev, ...down }];
  });
  const [first] = dead;
  if (first !== undefined) {
    const certain = dead.length === hops.length;
    const how = `leave by ${first.dev}, which ${first.what}${certain ? '' : `, as ${hops.length} hops take turns`}`;
    const fix = first.hint ?? `look at ${first.dev}`;
    return { cause: { side: 'answers', how, text: `route ${text}`, fix, hosts: false }, certain, aside: null };
  }
  const others = hops.flatMap(({ dev }) => (dev === null || isOwnCard(node, ifname, dev) ? [] : [dev]));
  return { ...well, aside: others[0] ?? null };
}

/** True for the interface that has the VIP, and the bond, bridge or VRF that it is in. */
function isOwnCard(node: ReachedNode, ifname: string | null, dev: string): boolean {
  if (ifname === null || dev === ifname) return true;
  return linkOf(node, ifname)?.master === dev;
}

/** What strict reverse path filtering drops on the way in, because the way to the client leaves by another interface. */
function filtered({ node, space, ifname }: Answerer, routing: Routing, sender: Sender): readonly Loss[] {
  const { settings } = node;
  if (routing.family === 6 || ifname === null || settings === null) return [];
  const mode = ipv4Setting(settings, ifname, 'rp_filter') ?? 0;
  if (mode !== 1) return [];
  const mark = ipv4Setting(settings, ifname, 'src_valid_mark') === 1 ? null : 0;
  const acceptLocal = ipv4Setting(settings, ifname, 'accept_local') === 1;
  const master = linkOf(node, ifname)?.master ?? null;
  const ifnames = master === null ? [ifname] : [ifname, master];
  const found = new Found(space);
  for (const { block, lets, stretch } of reversePath(routeFor(routing, { ...sender, mark }), {
    ifnames,
    mode,
    acceptLocal,
  })) {
    const sent = stretch.cases.flatMap(({ lead }) => (lead.kind === 'sent' ? [lead.route] : []));
    const [route] = sent.filter(({ hops }) => !hops.some(({ dev }) => dev !== null && ifnames.includes(dev)));
    if (lets === true || route === undefined) continue;
    const how = `are dropped on arrival: rp_filter is strict on ${ifname}, and the route back to them leaves by ${route.hops[0]?.dev ?? 'another interface'}`;
    const fix = `sysctl -w net.ipv4.conf.${ifname}.rp_filter=2 (and the same for conf.all, if that is 1), or a route back by ${ifname}`;
    const cause: Cause = { side: 'requests', how, text: `route ${route.text}`, fix, hosts: false };
    found.lose(cause, lets === false, space.only({ source: { low: block.low, high: block.high } }));
  }
  return found.losses();
}

/** Whether nothing that comes for the VIP goes to the node itself; its interface is up, since a downed one takes the route with it. */
function isHomeless({ node, vip, ifname }: Answerer, routing: Routing, vrfTable: string | null): boolean {
  if (node.placements.every(({ down }) => down !== null)) return false;
  if (!routing.routes.some(({ type }) => type === 'local')) return false;
  const block = { family: vip.family, low: vip.value, high: vip.value };
  const sender: Sender = { from: null, mark: null, iif: ifname ?? 'lo', oif: null, vrfTable };
  const leads = routeFor(routing, sender, [block]).flatMap(({ cases }) => cases.map(({ lead }) => lead));
  return leads.every(({ kind }) => kind !== 'own' && kind !== 'unknown');
}
