import { backends } from '../backend.ts';
import type { Carried, Packets } from '../model/packet.ts';
import type { ChainRule, Program } from '../model/program.ts';
import type { Answered, Backend, Obstacle, Rule } from '../model/rule.ts';
import { mainTraffic, phase, type Traffic, tcp, udp } from '../model/traffic.ts';
import { holdingOf } from '../walk/holding.ts';
import type { Path } from '../walk/path.ts';
import type { Arrival, Trace } from '../walk/trace.ts';
import { dropsByName } from './by_name.ts';
import { withoutLeftover } from './leftover.ts';
import { deniedHosts } from './losses.ts';
import { obstacle } from './obstacle.ts';
import { claimsOf, obstaclesOf } from './obstacles.ts';
import { isHeard } from './policy.ts';
import { describeTraffic } from './words.ts';

/** Turns what packets showed into a rule; null when no rule of the node shares the VIP's traffic or drops all of it. */
export function ruleOf(program: Program, trace: Trace, { space }: Packets, path: Path): Rule | null {
  const arrivals = decisive(trace.arrivals);
  const [first] = arrivals;
  if (first === undefined) return unreachedRule(program, space, path) ?? droppingRule(program, trace, space, path);
  const shared = space.union(arrivals.map(({ offered }) => offered));
  const { id, total, hash, backend, offset } = first.use;
  const claims = claimsOf(arrivals, id);
  const flows = withoutLeftover(trace, arrivals, claims);
  const holding = holdingOf({ flows, id, total, shared });
  const held = holding?.held ?? claims ?? space.none;
  const all = held.equals(space.all);
  const answersAll = holding !== null && !holding.deaf && all && claims !== null && !claims.equals(space.all);
  return {
    backend,
    ifname: first.rule.ifname,
    match: describeTraffic(shared),
    total,
    buckets: space.residuesIn(answersAll ? claims : held, id, total).map((residue) => residue + 1),
    held: answersAll ? claims : held,
    hash,
    offset: backends[backend].choosesOffset ? offset : null,
    mac: arrivals.map(({ rule }) => rule.mac).find((mac) => mac !== null) ?? null,
    answersAll,
    dropsByName: false,
    place: first.place,
    tool: first.rule.tool,
    text: first.rule.text,
    extension: first.rule.extension,
    obstacles: obstaclesOf({ trace, arrivals, holding, shared, held }),
    managed: arrivals.some(({ rule }) => rule.managed),
    shared,
    denied: deniedHosts(trace.takenBehind, shared),
  };
}

/** The cluster rules that decide: those behind all that another one has taken share nothing. */
function decisive(arrivals: readonly Arrival[]): readonly Arrival[] {
  const offered = arrivals.filter((arrival) => !arrival.offered.isEmpty);
  const reached = offered.filter((arrival) => arrival.reached);
  return reached.length === 0 ? offered : reached;
}

/**
 * What comes to the sockets in the end. Frames that stay multicast are ignored by TCP alone. Null where a hash is used
 * in a way that is not understood.
 */
export function answeredBy(
  { delivered, arrivals, taken, takenBehind, puzzles, asksZone }: Trace,
  { space }: Packets,
): Answered | null {
  if (puzzles.length > 0) return null;
  const segments = space.only({ protocol: tcp });
  // Whether later segments come through from a zone that their answers are not in depends on how the rule is written.
  const asked = asksZone || arrivals.some(({ use }) => use.hash.tracked);
  const zoned = (carried: Carried) => carried.zoned && asked;
  const heard = delivered.map(({ carried, traffic }) => ({
    certain: carried.certain && !zoned(carried),
    traffic: carried.pkttype === 'host' ? traffic : traffic.less(segments),
  }));
  const of = (certain: boolean) =>
    space.union(heard.filter((one) => one.certain === certain).map(({ traffic }) => traffic));
  const denials = [...taken, ...takenBehind].filter(
    ({ certain, fate }) => !certain && (fate === 'dropped' || fate === 'rejected'),
  );
  const hashes = new Map(arrivals.map(({ use: { id, hash, total } }) => [id, { id, hash, total }]));
  return {
    traffic: of(true),
    hashes: [...hashes.values()],
    doubt: of(false),
    unless: space.union(denials.map(({ traffic }) => traffic)),
    refused: space
      .union(takenBehind.filter((one) => one.certain && isHeard(one)).map(({ traffic }) => traffic))
      .and(segments),
    resent: resentBy(delivered, space),
  };
}

/** What NAT sends to another port, whichever node it belongs to: the fields alone decide that. */
function resentBy(delivered: Trace['delivered'], space: Packets['space']): ReadonlyMap<bigint, Traffic> {
  const byPort = new Map<bigint, Traffic>();
  for (const { carried, traffic } of delivered) {
    const port = carried.sentTo?.port ?? null;
    if (port !== null) byPort.set(port, traffic.whateverResidue.or(byPort.get(port) ?? space.none));
  }
  return byPort;
}

/** A cluster rule for the VIP in a place where none of its packets pass. */
function unreachedRule({ chains }: Program, space: Packets['space'], path: Path): Rule | null {
  for (const { place, rules, asleep } of chains) {
    const rule = rules.find(({ names, parts }) => names && parts.some(({ kind }) => kind === 'cluster'));
    const part = rule?.parts.find((one) => one.kind === 'cluster');
    if (rule === undefined || part?.kind !== 'cluster') continue;
    const { backend, id, hash, total, claims, offset } = part.use;
    const traits = backends[backend];
    return {
      ...withoutHash(backend, rule, place, space),
      total,
      buckets: claims === null ? [] : space.residuesIn(claims, id, total).map((residue) => residue + 1),
      held: claims ?? space.none,
      hash,
      offset: traits.choosesOffset ? offset : null,
      obstacles: [unreached(place, asleep ?? null, rule, path, traits.reachedChain)],
    };
  }
  return null;
}

/** Why none of the VIP's packets reach a cluster rule. */
function unreached(place: string, asleep: string | null, { ifname }: ChainRule, path: Path, chain: string): Obstacle {
  const effect = 'TCP gets no answer, ICMP and UDP are answered by this node for every client';
  if (asleep !== null)
    return obstacle(
      'table-dormant',
      `has the cluster rule in the table ${asleep}, which is dormant, so that its chains do nothing: ${effect}`,
      `has the cluster rule in a dormant table (${asleep})`,
      `nft add table ${asleep}`,
    );
  if (path.vrf !== null && ifname === path.ifname && ifname !== null)
    return obstacle(
      'rule-unreached',
      `has the cluster rule in ${place} for ${ifname}, but after prerouting its traffic comes in by its VRF ${path.vrf}: ${effect}`,
      `has the cluster rule for ${ifname} where traffic comes by ${path.vrf}`,
      `put -i ${path.vrf} into the rule, or move it to prerouting`,
    );
  return obstacle(
    'rule-unreached',
    `has the cluster rule in ${place}, where none of the VIP's traffic passes: ${effect}`,
    `has the cluster rule in ${place}, where nothing comes`,
    chain,
  );
}

/** The VIP's own DROP and no rule that lets anything through: a node that holds no bucket, as IPaddr2 leaves it. */
function droppingRule(program: Program, { taken, delivered }: Trace, space: Packets['space'], path: Path): Rule | null {
  const main = mainTraffic(space);
  const drops = taken.filter(({ fate, certain }) => certain && fate === 'dropped');
  // It need not name the VIP: conntrackd's recipe drops by mark alone.
  const drop = drops.find(({ rule }) => rule.names) ?? drops.find(({ traffic }) => main.within(traffic));
  // A frame that stays multicast is not a TCP segment to anybody, and what follows a datagram that was dropped is a
  // first one.
  const later = space.only({ protocol: udp, phase: phase.later });
  const heard = delivered.map(({ carried, traffic }) =>
    traffic.less(carried.pkttype === 'multicast' ? later.or(space.only({ protocol: tcp })) : later),
  );
  if (drop === undefined || heard.some((traffic) => traffic.meets(main))) return null;
  return {
    ...withoutHash(drop.rule.backend, { ...drop.rule, ifname: null, mac: null }, drop.place, space),
    dropsByName: dropsByName(program, space, path),
  };
}

function withoutHash(backend: Backend, rule: ChainRule, place: string, space: Packets['space']): Rule {
  const { ifname, mac, tool, text, managed } = rule;
  return {
    backend,
    ifname,
    match: '',
    total: 0,
    buckets: [],
    held: space.none,
    hash: null,
    offset: null,
    mac,
    answersAll: false,
    dropsByName: false,
    place,
    tool,
    text,
    extension: null,
    obstacles: [],
    managed,
    shared: space.none,
    denied: space.none,
  };
}
