import type { ChainRule, ClusterUse, Program } from './chain.ts';
import { describeTraffic } from './describe.ts';
import { type Effects, judgeLosses, ownPorts } from './earlier.ts';
import { type Holding, holdingOf } from './holding.ts';
import { type Flow, type Packets, residuesOf } from './packet.ts';
import type { Arrival, Way } from './path.ts';
import type { Answered, Backend, Obstacle, Rule } from './rule.ts';
import { allBits, allTraffic, intersect, isEmpty, phase, point, type Region, subtract, unite } from './traffic.ts';

/** What happens to clients of a node whose packets never come to its cluster rule (measured, see docs). */
const effects: Readonly<Record<Backend, Effects>> = {
  clusterip: effectsOf('CLUSTERIP drops what is not tracked, clients of its buckets get no answer'),
  xt_cluster: effectsOf('xt_cluster matches nothing that is not tracked, clients of its buckets get no answer'),
  nftables: effectsOf('ct original matches nothing that is not tracked, clients of its buckets get no answer'),
};

function effectsOf(untracked: string): Effects {
  return {
    accepted: 'TCP gets no answer, ICMP and UDP are answered by this node for every client',
    dropped: 'clients of its buckets get no answer',
    rejected: 'clients get its refusal, those of other nodes too',
    redirected: 'they never come to the cluster rule and get no answer',
    untracked,
    unknown: 'not known',
  };
}

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
    obstacles: withHang(way, shared, family, [
      ...arrivals.flatMap((arrival) => beforeIt(arrival, family)),
      ...severalHashes(arrivals),
      ...severalBackends(arrivals),
      ...(holding === null ? [] : shortcomings(holding, shared, first, family)),
      ...refusals(way, first, held),
      ...(arrivals.some(failsThere) ? [] : behindIt(way, shared, first, held, family)),
      ...unexplained(way, shared, family),
    ]),
    managed: arrivals.some(({ rule }) => rule.managed),
    shared,
  };
}

/** What the rules of one hash let through; null when a later rule decides. */
function claimsOf(arrivals: readonly Arrival[], id: string): bigint | null {
  return arrivals
    .filter(({ use }) => use.id === id)
    .reduce<bigint | null>((sum, { use }) => (sum === null || use.claims === null ? null : sum | use.claims), 0n);
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

function beforeIt(arrival: Arrival, family: 4 | 6): readonly Obstacle[] {
  const { taken, use, offered } = arrival;
  const counting = taken.filter(({ fate }) => fate !== 'untracked' || use.hash.tracked);
  const loss = { shared: offered, effects: effects[use.backend], family, position: 'before' as const };
  return [...chainsThatFail(arrival), ...vagueMatch(arrival), ...judgeLosses(counting, loss)];
}

/** Before connection tracking there is nothing to hash, and nat sees the first packet of a connection only. */
function chainsThatFail({ base, place, use }: Arrival): readonly Obstacle[] {
  const better =
    use.backend === 'clusterip' ? 'move it to filter INPUT' : 'move it to prerouting at priority mangle (-150)';
  if (base.nat) {
    const why = 'where later packets of a connection never pass: TCP connects, then hangs';
    return [
      fault(`has the cluster rule in ${place}, ${why}`, `has the cluster rule in a nat chain (${place})`, better),
    ];
  }
  const early = base.hook === 'ingress' || (base.hook === 'prerouting' && base.priority <= -200);
  if (!early || !use.hash.tracked) return [];
  const what = use.backend === 'clusterip' ? 'where it drops everything' : 'where it matches nothing';
  return [
    fault(
      `has the cluster rule in ${place}, before connection tracking, ${what}`,
      `has the cluster rule before connection tracking (${place})`,
      better,
    ),
  ];
}

function vagueMatch({ exact, rule }: Arrival): readonly Obstacle[] {
  if (exact) return [];
  const text = `shares only some of the traffic, and which cannot be told from the rule: ${rule.text}`;
  return [
    {
      ...fault(text, 'has a cluster rule with a condition', 'match by protocol and port'),
      state: 'UNKNOWN',
      disables: false,
    },
  ];
}

function severalHashes(arrivals: readonly Arrival[]): readonly Obstacle[] {
  const uses = arrivals.map(({ use }) => use);
  const [first] = uses;
  const other = uses.find(({ id }) => id !== first?.id);
  if (first === undefined || other === undefined) return [];
  const name = ({ hash, total }: ClusterUse) => `${hash.name} mod ${total} seed ${hash.seed ?? 'none'}`;
  const text = `has cluster rules with different hashes (${name(first)}; ${name(other)}): together they fit no other node’s`;
  return [{ ...fault(text, 'has cluster rules with different hashes', 'give all of them the same'), disables: false }];
}

/** During a migration both may be there; harmless only where both hash alike and let the same through. */
function severalBackends(arrivals: readonly Arrival[]): readonly Obstacle[] {
  const names = [...new Set(arrivals.map(({ use }) => use.backend))];
  if (names.length < 2) return [];
  const said = names.map((name) => {
    const own = arrivals.filter(({ use }) => use.backend === name);
    const id = own[0]?.use.id ?? '';
    return `${id} ${claimsOf(own, id)}`;
  });
  const both = names.join(' and ');
  const mend = 'delete the rules of one';
  if (new Set(said).size === 1) {
    const text = `shares the VIP by two backends at once (${both}), which agree`;
    return [{ ...fault(text, `has two backends (${both})`, mend), state: 'WARNING', disables: false }];
  }
  const text = `shares the VIP by two backends at once (${both}), which do not agree: only what both let through is answered`;
  return [{ ...fault(text, `has two backends that do not agree (${both})`, mend), disables: false }];
}

/** What the outcome itself lacks: a DROP, the packet type, a port that is answered for everybody. */
function shortcomings(
  { leak, open, deaf }: Holding,
  shared: Region,
  { use, place, rule }: Arrival,
  family: 4 | 6,
): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (deaf) {
    const text = 'does not set meta pkttype host before it accepts: the frames stay multicast, and TCP gets no answer';
    found.push(
      fault(
        text,
        'does not set meta pkttype host: TCP gets no answer',
        `add "meta pkttype set host" in prerouting (${rule.text})`,
      ),
    );
  }
  if (open !== 0n) {
    const text = `drops nothing behind the accept in ${place}: ICMP and UDP are answered by this node for every client`;
    found.push({
      ...fault(text, 'has no DROP behind the cluster rule', 'add a drop for the VIP at the end of the chain'),
      disables: false,
    });
  }
  if (!isEmpty(leak)) {
    const taken = {
      place,
      text: rule.text,
      fate: 'accepted' as const,
      traffic: leak,
      certain: true,
      names: false,
      claimed: true,
      resets: false,
    };
    const answered = { ...effects[use.backend], accepted: 'this node answers it for every client' };
    const losses = judgeLosses([taken], { shared, effects: answered, family, position: 'behind' });
    found.push(
      ...losses.map((one) => ({ ...one, mend: 'drop it before it is accepted', alike: null, disables: false })),
    );
  }
  return found;
}

/** Packets that may or may not be let through, though no rule was found that may take them: one has changed them, or sent them past. */
function unexplained(
  { taken, takenBehind, delivered, blurred }: Way,
  shared: Region,
  family: 4 | 6,
): readonly Obstacle[] {
  const uncertain = delivered.filter(({ state }) => !state.certain).flatMap(({ region }) => region);
  const main = [6n, 17n].map((protocol) => ({ ...allTraffic(family), protocol: point(protocol) }));
  const explained = [...taken, ...takenBehind]
    .filter(({ certain, fate }) => !certain && fate !== 'accepted')
    .flatMap(({ traffic }) => traffic);
  const open = subtract(served(intersect(uncertain, main), shared, family), explained);
  if (isEmpty(open)) return [];
  const [by] = blurred;
  const rule = by === undefined ? '' : ` (${by.place}: ${by.rule.text})`;
  const text = `has a rule whose condition cannot be read, and on which it hangs whether ${describeTraffic(open, family) || 'everything'} is let through${rule}`;
  const mend = 'write it with conditions on addresses, ports and states';
  return [{ ...fault(text, 'has a rule that cannot be read', mend), state: 'UNKNOWN', disables: false }];
}

/** A REJECT in place of the DROP refuses the clients of other nodes; of a frame that is still multicast nothing is sent. */
function refusals({ takenBehind }: Way, { use }: Arrival, held: bigint): readonly Obstacle[] {
  const refusing = takenBehind.find(
    ({ fate, claimed, resets, traffic }) =>
      fate === 'rejected' &&
      (claimed || resets) &&
      traffic.some(({ residues }) => residues.some(({ hash, held: bits }) => hash === use.id && (bits & ~held) !== 0n)),
  );
  if (refusing === undefined) return [];
  const text = `rejects what its buckets do not hold, so that clients of other nodes get its refusal too (${refusing.place}: ${refusing.text})`;
  return [
    {
      ...fault(text, 'has a REJECT where the cluster needs a DROP', 'make it a DROP'),
      disables: false,
      disturbs: true,
    },
  ];
}

/**
 * Segments that another node answers look new to this node's connection tracking. A rule that resets what is new and no
 * SYN ends those connections, wherever it comes before the cluster's own DROP: the reset goes out for multicast frames too.
 */
export function withResets(rule: Rule, strays: Way, own: Way, family: 4 | 6): Rule {
  const held = rule.buckets.reduce((sum, bucket) => sum | (1n << BigInt(bucket - 1)), 0n);
  const isOthers = ({ residues }: Region[number]) =>
    residues.length === 0 || residues.some(({ held: bits }) => (bits & ~held) !== 0n);
  // A port that is refused from the first packet on is no connection of anybody's.
  const refused = [...own.taken, ...own.takenBehind]
    .filter(({ resets, certain }) => resets && certain)
    .flatMap(({ traffic }) => traffic.filter((box) => box.phase.low === phase.first))
    .map((box) => ({ ...box, phase: allTraffic(family).phase }));
  const found = [...strays.taken, ...strays.takenBehind]
    .filter(({ resets, certain }) => resets && certain)
    .map(({ traffic, ...one }) => {
      const others = served(traffic.filter(isOthers), rule.shared, family);
      return { ...one, traffic: subtract(others, refused) };
    })
    .find(({ traffic }) => !isEmpty(traffic));
  if (found === undefined) return rule;
  const text = `resets connections that other nodes answer, which look new to it (${found.place}: ${found.text})`;
  const brief = 'resets the connections of other nodes’ clients';
  const obstacle = {
    ...fault(text, brief, 'make it a DROP, or put the cluster rule before it'),
    disables: false,
    disturbs: true as const,
  };
  return { ...rule, obstacles: unique([obstacle, ...rule.obstacles]) };
}

/** What of some traffic the cluster shares, and is not for a node's own administration. */
function served(traffic: Region, shared: Region, family: 4 | 6): Region {
  return subtract(intersect(traffic, shared), ownPorts(family));
}

/** TCP whose first packet comes through and no later one: found where no other rule explains it. */
function withHang({ delivered }: Way, shared: Region, family: 4 | 6, found: readonly Obstacle[]): readonly Obstacle[] {
  const obstacles = unique(found);
  if (obstacles.some(({ state }) => state === 'CRITICAL')) return obstacles;
  const tcp = { ...allTraffic(family), protocol: point(6n) };
  const hosts = delivered.filter(({ state }) => state.pkttype === 'host');
  const opened = hosts
    .filter(({ state }) => state.met)
    .flatMap(({ region }) => intersect(intersect(region, shared), [{ ...tcp, phase: point(phase.first) }]))
    .map((box) => ({ ...box, phase: point(phase.later) }));
  const kept = hosts.flatMap(({ region }) => intersect(region, [{ ...tcp, phase: point(phase.later) }]));
  if (isEmpty(opened) || opened.some((box) => isEmpty(subtract([box], kept)))) return obstacles;
  const text = 'lets through what opens a TCP connection, and not what follows: TCP connects, then hangs';
  return [fault(text, 'lets only NEW through: TCP hangs', 'match ESTABLISHED too, or no state at all'), ...obstacles];
}

/** The cluster's own DROP takes everything then, and is not the cause. */
function failsThere(arrival: Arrival): boolean {
  return chainsThatFail(arrival).length > 0;
}

/** What a firewall behind the cluster rule takes of what the cluster let through. */
function behindIt(
  { takenBehind }: Way,
  shared: Region,
  { use }: Arrival,
  held: bigint,
  family: 4 | 6,
): readonly Obstacle[] {
  const isOwn = ({ residues }: Region[number]) =>
    residues.every(({ hash, held: bits }) => hash !== use.id || (bits & held) !== 0n);
  const own = takenBehind
    .filter(({ fate }) => fate !== 'accepted' && fate !== 'untracked')
    .map((taken) => ({
      ...taken,
      traffic: taken.traffic.filter(isOwn).map((box) => ({ ...box, residues: [] })),
    }));
  const there = { ...effects[use.backend], dropped: 'no client of this node gets an answer there' };
  return judgeLosses(own, { shared, effects: there, family, position: 'behind' });
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
  const main = [6n, 17n].map((protocol) => ({ ...allTraffic(family), protocol: point(protocol) }));
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

function fault(text: string, brief: string, mend: string): Obstacle {
  return { state: 'CRITICAL', text, brief, mend, disables: true, alike: null };
}

function unique(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  return obstacles.filter((one, i) => obstacles.findIndex(({ text }) => text === one.text) === i);
}
