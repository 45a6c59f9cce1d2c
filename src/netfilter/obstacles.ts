import type { ClusterUse } from './chain.ts';
import { describeTraffic } from './describe.ts';
import { describeServed, type Effects, judgeLosses, ownPorts } from './earlier.ts';
import type { Holding } from './holding.ts';
import type { Backend, Obstacle, Rule } from './rule.ts';
import { allTraffic, intersect, isEmpty, phase, point, type Region, subtract } from './traffic.ts';
import type { Arrival, Way } from './way.ts';

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

/** What a node's packets showed, as far as obstacles hang on it. */
export type Shown = {
  readonly way: Way;
  readonly arrivals: readonly Arrival[];
  readonly holding: Holding | null;
  readonly shared: Region;
  /** The residues that it answers for, as bits. */
  readonly held: bigint;
  readonly family: 4 | 6;
};

/** What keeps a node's cluster rules from doing what they say. */
export function obstaclesOf({ way, arrivals, holding, shared, held, family }: Shown): readonly Obstacle[] {
  const [first] = arrivals;
  if (first === undefined) return [];
  return withHang(way, shared, family, [
    ...arrivals.flatMap((arrival) => beforeIt(arrival, family)),
    ...severalHashes(arrivals),
    ...severalBackends(arrivals),
    ...(holding === null ? [] : shortcomings(holding, shared, first, family)),
    ...refusals(way, first, held),
    ...(arrivals.some(failsThere) ? [] : behindIt(way, shared, first, held, family)),
    ...unexplained(way, shared, family),
    ...past(way, arrivals, shared, family),
    ...(holding === null || holding.deaf ? [] : unheard(way, first, shared, held, family)),
  ]);
}

/** What the rules of one hash let through; null when a later rule decides. */
export function claimsOf(arrivals: readonly Arrival[], id: string): bigint | null {
  return arrivals
    .filter(({ use }) => use.id === id)
    .reduce<bigint | null>((sum, { use }) => (sum === null || use.claims === null ? null : sum | use.claims), 0n);
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

function vagueMatch({ exact, rule, sender }: Arrival): readonly Obstacle[] {
  if (exact) return [];
  const open = 'only some of the traffic, and which cannot be told from the rule';
  const text =
    sender === null
      ? `shares ${open}: ${rule.text}`
      : `lets the cluster rule see ${open}: ${sender.rule.text} (${sender.place})`;
  const brief = `has a ${sender === null ? 'cluster rule' : 'rule before the cluster rule'} with a condition that cannot be read`;
  return [{ ...fault(text, brief, 'match by protocol and port'), state: 'UNKNOWN', disables: false }];
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
      doubted: false,
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
  const main = mainTraffic(family);
  // What denies some by a condition of its own leaves no doubt about what goes on, and explains none.
  const explained = [...taken, ...takenBehind]
    .filter(({ doubted, fate }) => fate === 'unknown' || (doubted && fate !== 'accepted'))
    .flatMap(({ traffic }) => traffic);
  // A frame that is no more this host's was changed, not denied.
  const changed = delivered.filter(({ state }) => !state.certain && state.pkttype === 'other');
  const open = [
    ...subtract(served(intersect(uncertain, main), shared, family), explained),
    ...served(
      changed.flatMap(({ region }) => region),
      shared,
      family,
    ),
  ];
  if (isEmpty(open)) return [];
  const [by] = blurred;
  const rule = by === undefined ? '' : ` (${by.place}: ${by.rule.text})`;
  const text = `has a rule whose condition cannot be read, and on which it hangs whether ${describeTraffic(open, family) || 'everything'} is let through${rule}`;
  const mend = 'write it with conditions on addresses, ports and states';
  return [{ ...fault(text, 'has a rule that cannot be read', mend), state: 'UNKNOWN', disables: false }];
}

/** What the cluster rule was to share and never saw, though no rule took it: one has sent it back to a chain that ends. */
function past(
  { delivered, taken }: Way,
  arrivals: readonly Arrival[],
  shared: Region,
  family: 4 | 6,
): readonly Obstacle[] {
  const before = arrivals.flatMap((arrival) => arrival.taken);
  const effects = { ...effectsOf(''), dropped: 'they never come to it, and clients of its buckets get no answer' };
  const later = taken.filter((one) => !before.includes(one) && one.fate !== 'accepted');
  const lost = judgeLosses(later, { shared, effects, family, position: 'before' });
  const unmet = delivered.filter(({ state }) => state.certain && !state.met).flatMap(({ region }) => region);
  const told = [...taken, ...before].flatMap(({ traffic }) => traffic);
  const region = subtract(served(intersect(unmet, mainTraffic(family)), shared, family), told);
  if (isEmpty(region)) return lost;
  const what = describeServed(region, family) || 'everything';
  const text = `sends ${what} past the cluster rule: TCP gets no answer, UDP is answered by this node for every client`;
  return [
    ...lost,
    { ...fault(text, `sends ${what} past the cluster rule`, 'put the cluster rule first'), disables: false },
  ];
}

/** TCP of its own clients that stays multicast: the packet type is set for some of them alone. */
function unheard(
  { delivered }: Way,
  { use, rule }: Arrival,
  shared: Region,
  held: bigint,
  family: 4 | 6,
): readonly Obstacle[] {
  const tcp = [{ ...allTraffic(family), protocol: point(6n) }];
  const own = delivered
    .filter(({ state }) => state.certain && state.met && state.pkttype !== 'host')
    .flatMap(({ region }) => served(intersect(region, tcp), shared, family))
    .filter(({ residues }) => residues.every(({ hash, held: bits }) => hash !== use.id || (bits & held) !== 0n));
  if (isEmpty(own)) return [];
  const what = describeTraffic(own, family) || 'tcp';
  const text = `does not set meta pkttype host for ${what} of its buckets: these frames stay multicast, and TCP gets no answer`;
  const brief = `does not set meta pkttype host for ${what}: TCP gets no answer`;
  return [{ ...fault(text, brief, `add "meta pkttype set host" for all of them (${rule.text})`), disables: false }];
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

function mainTraffic(family: 4 | 6): Region {
  return [6n, 17n].map((protocol) => ({ ...allTraffic(family), protocol: point(protocol) }));
}

/** What of some traffic the cluster shares, and is not for a node's own administration. */
function served(traffic: Region, shared: Region, family: 4 | 6): Region {
  return subtract(intersect(traffic, shared), ownPorts(family));
}

/** TCP whose first packet comes through and no later one: found where no other rule explains it. */
function withHang(
  { delivered, taken, takenBehind }: Way,
  shared: Region,
  family: 4 | 6,
  found: readonly Obstacle[],
): readonly Obstacle[] {
  const obstacles = unique(found);
  if (obstacles.some(({ state }) => state === 'CRITICAL')) return obstacles;
  const tcp = { ...allTraffic(family), protocol: point(6n) };
  const carrying = intersect(shared, [{ ...tcp, phase: point(phase.later) }]);
  const unopened = subtract(
    carrying.map((box) => ({ ...box, phase: point(phase.first) })),
    shared,
  );
  if (!isEmpty(subtract(unopened, ownPorts(family)))) {
    const what = describeTraffic(unopened, family);
    const text = `shares no ${what}, but what follows it: no connection of these clients ever begins`;
    return [fault(text, `shares no ${what}: TCP cannot begin`, 'match NEW too, or no state at all'), ...obstacles];
  }
  const hosts = delivered.filter(({ state }) => state.pkttype === 'host');
  const opened = hosts
    .filter(({ state }) => state.met && state.certain)
    .flatMap(({ region }) => intersect(intersect(region, shared), [{ ...tcp, phase: point(phase.first) }]))
    .map((box) => ({ ...box, phase: point(phase.later) }));
  const kept = hosts.flatMap(({ region }) => intersect(region, [{ ...tcp, phase: point(phase.later) }]));
  const told = [...taken, ...takenBehind].flatMap(({ traffic }) => traffic);
  const hung = subtract(subtract(opened, [...kept, ...told]), ownPorts(family));
  if (isEmpty(hung)) return obstacles;
  const whole = opened.every((box) => !isEmpty(subtract([box], kept)));
  const of = describeTraffic(
    hung.map((box) => ({ ...box, phase: allTraffic(family).phase })),
    family,
  );
  const text = `lets through what opens ${whole ? 'a TCP connection' : `connections of ${of}`}, and not what follows: TCP connects, then hangs`;
  const brief = `lets only NEW through${whole ? '' : ` of ${of}`}: TCP hangs`;
  return [{ ...fault(text, brief, 'match ESTABLISHED too, or no state at all'), disables: whole }, ...obstacles];
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
      // What may be anything may also let through what the cluster would drop.
      traffic: taken.traffic
        .filter((box) => taken.fate === 'unknown' || isOwn(box))
        .map((box) => ({ ...box, residues: [] })),
    }));
  const there = { ...effects[use.backend], dropped: 'no client of this node gets an answer there' };
  return judgeLosses(own, { shared, effects: there, family, position: 'behind' });
}

export function fault(text: string, brief: string, mend: string): Obstacle {
  return { state: 'CRITICAL', text, brief, mend, disables: true, alike: null };
}

function unique(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  return obstacles.filter((one, i) => obstacles.findIndex(({ text }) => text === one.text) === i);
}
