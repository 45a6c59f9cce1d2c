import { hostSetting, parseIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { describeTraffic, type Leaving, mainTraffic, type Traffic, withoutOwn } from '../netfilter/index.ts';
import { listOf } from '../plugin/index.ts';
import {
  type Asked,
  type Circle,
  clientsOf,
  common,
  type Followed,
  type Replier,
  shareOf,
  short,
  smallShare,
} from './circle.ts';
import { denialFaults } from './denial.ts';
import { gatewayNotes, judgeGateways } from './gateway.ts';
import { renamingFaults } from './renaming.ts';
import { followReplies } from './reply.ts';
import { lossFaults } from './route_loss.ts';
import type { Stretch } from './stretch.ts';
import { unprintedNotes, unshownFaults } from './unshown.ts';
import { judgeWires } from './wire.ts';

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
  const wires = judgeWires(one, circle);
  const lost = of(true).and(clientsOf([], space)).or(denied.lost).or(renamed.lost);
  return {
    faults: [
      ...denied.faults,
      ...renamed.faults,
      ...lossFaults(one, circle),
      ...asideFaults(one, circle),
      ...wires.faults,
      ...gateways.faults,
      ...unshownFaults(one, circle),
      ...(unread.length === 0 ? [] : [notUnderstood(node.name, unread)]),
    ],
    lost,
    doubt: (unread.length === 0
      ? space.union([of(false), denied.doubt, renamed.doubt, gateways.doubt, wires.doubt])
      : space.all
    ).less(lost),
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
