import type { ClusterUse } from '../model/program.ts';
import type { Backend, Obstacle, Rule } from '../model/rule.ts';
import { allTraffic, isEmpty, phase, type Region, subtract } from '../model/traffic.ts';
import type { Holding } from '../walk/holding.ts';
import type { Arrival, Way } from '../walk/trace.ts';
import { type Effects, judgeLosses } from './losses.ts';
import { fault, unique } from './obstacle.ts';
import { past, served, unexplained, unheard, withHang } from './unserved.ts';

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
    ...past(way, arrivals, effects[first.use.backend], shared, family),
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
