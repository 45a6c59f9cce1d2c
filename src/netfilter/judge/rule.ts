import { type Flow, type Packets, residuesOf } from '../model/packet.ts';
import type { ChainRule, Program } from '../model/program.ts';
import type { Answered, Backend, Rule } from '../model/rule.ts';
import {
  allBits,
  allTraffic,
  intersect,
  isEmpty,
  mainTraffic,
  point,
  type Region,
  subtract,
  unite,
} from '../model/traffic.ts';
import { holdingOf } from '../walk/holding.ts';
import type { Way } from '../walk/trace.ts';
import { fault } from './obstacle.ts';
import { claimsOf, obstaclesOf } from './obstacles.ts';
import { describeTraffic } from './words.ts';

/** Puts what packets showed into a rule; null when no rule of the node shares the VIP's traffic or drops all of it. */
export function ruleOf(program: Program, way: Way, packets: Packets): Rule | null {
  const arrivals = way.arrivals.filter(({ offered }) => !isEmpty(offered));
  const [first] = arrivals;
  if (first === undefined) return unreachedRule(program) ?? droppingRule(way, packets);
  const { family } = packets;
  const shared = arrivals.reduce<Region>((sum, { offered }) => unite(sum, offered), []);
  const { id, total, hash, backend, offset } = first.use;
  const holding = holdingOf({ flows: way.delivered, id, total, shared, family });
  const claims = claimsOf(arrivals, id);
  const everything = allBits(total);
  const held = holding?.held ?? claims ?? 0n;
  const answersAll =
    holding !== null && !holding.deaf && held === everything && claims !== null && claims !== everything;
  return {
    backend,
    ifname: first.rule.ifname,
    match: describeTraffic(shared, family),
    total,
    buckets: residuesOf(answersAll ? claims : held).map((residue) => residue + 1),
    hash,
    offset: backend === 'nftables' ? offset : null,
    mac: arrivals.map(({ rule }) => rule.mac).find((mac) => mac !== null) ?? null,
    answersAll,
    place: first.place,
    tool: first.rule.tool,
    text: first.rule.text,
    obstacles: obstaclesOf({ way, arrivals, holding, shared, held, family }),
    managed: arrivals.some(({ rule }) => rule.managed),
    shared,
  };
}

/**
 * What comes to the sockets in the end. Frames that stay multicast are ignored by TCP alone. Null where a hash is looked
 * at in a way that is not understood.
 */
export function answeredBy({ delivered, arrivals, taken, takenBehind, puzzles }: Way, family: 4 | 6): Answered | null {
  if (puzzles.length > 0) return null;
  const tcp = [{ ...allTraffic(family), protocol: point(6n) }];
  const heard = (flows: readonly Flow[]) =>
    flows.flatMap(({ state, region: all }) => (state.pkttype === 'host' ? all : subtract(all, tcp)));
  const region = heard(delivered.filter(({ state }) => state.certain));
  const doubt = heard(delivered.filter(({ state }) => !state.certain));
  const unless = [...taken, ...takenBehind]
    .filter(({ certain, fate }) => !certain && (fate === 'dropped' || fate === 'rejected'))
    .flatMap(({ traffic }) => traffic);
  const uses = arrivals.map(({ use }) => use);
  const hashes = uses.filter(({ id }, i) => uses.findIndex((one) => one.id === id) === i);
  return { region, hashes: hashes.map(({ id, hash, total }) => ({ id, hash, total })), doubt, unless };
}

/** A cluster rule for the VIP that stands where none of its packets pass. */
function unreachedRule({ chains }: Program): Rule | null {
  for (const { place, rules } of chains) {
    const rule = rules.find(({ names, parts }) => names && parts.some(({ kind }) => kind === 'cluster'));
    const part = rule?.parts.find((one) => one.kind === 'cluster');
    if (rule === undefined || part?.kind !== 'cluster') continue;
    const { use } = part;
    const text = `has the cluster rule in ${place}, where none of the VIP's traffic passes: TCP gets no answer, ICMP and UDP are answered by this node for every client`;
    const mend = use.backend === 'clusterip' ? 'move it to filter INPUT' : 'move it to where prerouting passes';
    return {
      ...withoutHash(use.backend, rule, place),
      total: use.total,
      buckets: residuesOf(use.claims ?? 0n).map((residue) => residue + 1),
      hash: use.hash,
      offset: use.backend === 'nftables' ? use.offset : null,
      obstacles: [fault(text, `has the cluster rule in ${place}, where nothing comes`, mend)],
    };
  }
  return null;
}

/** The VIP's own DROP and no rule that lets anything through: a node that holds no bucket, as IPaddr2 leaves it. */
function droppingRule({ taken, delivered }: Way, { family }: Packets): Rule | null {
  const drop = taken.find(({ names, fate, certain }) => names && certain && fate === 'dropped');
  const main = mainTraffic(family);
  if (drop === undefined || delivered.some(({ region }) => !isEmpty(intersect(region, main)))) return null;
  const backend = drop.text.startsWith('-') ? 'xt_cluster' : 'nftables';
  const tool = backend === 'nftables' ? 'nft' : family === 4 ? 'iptables' : 'ip6tables';
  const rule = { tool, text: drop.text, ifname: null, managed: drop.place.includes('IPaddr2_'), mac: null };
  return withoutHash(backend, rule, drop.place);
}

function withoutHash(backend: Backend, rule: Omit<ChainRule, 'parts' | 'names'>, place: string): Rule {
  return {
    backend,
    ifname: rule.ifname,
    match: '',
    total: 0,
    buckets: [],
    hash: null,
    offset: null,
    mac: rule.mac,
    answersAll: false,
    place,
    tool: rule.tool,
    text: rule.text,
    obstacles: [],
    managed: rule.managed,
    shared: [],
  };
}
