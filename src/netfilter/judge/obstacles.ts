import { backends } from '../backend.ts';
import type { ClusterUse } from '../model/program.ts';
import type { Obstacle } from '../model/rule.ts';
import { phase, type Traffic } from '../model/traffic.ts';
import type { Holding } from '../walk/holding.ts';
import type { Arrival, Taken, Trace } from '../walk/trace.ts';
import { dropInDoubt } from './leftover.ts';
import { judgeLosses } from './losses.ts';
import { obstacle } from './obstacle.ts';
import { isHeard } from './policy.ts';
import { deafTo, leftOut, sentPast, unexplained, withHang } from './unserved.ts';

/** What a node's packets showed, as far as obstacles depend on it. */
export type Shown = {
  readonly trace: Trace;
  readonly arrivals: readonly Arrival[];
  readonly holding: Holding | null;
  readonly shared: Traffic;
  /** The residues that it answers for. */
  readonly held: Traffic;
};

/** What keeps a node's cluster rules from doing what they say. */
export function obstaclesOf({ trace, arrivals, holding, shared, held }: Shown): readonly Obstacle[] {
  const [first] = arrivals;
  if (first === undefined) return [];
  return withHang(trace, shared, [
    ...arrivals.flatMap(beforeIt),
    ...zones(trace, arrivals),
    ...severalHashes(arrivals),
    ...severalBackends(arrivals),
    ...(holding === null ? [] : shortcomings(holding, shared, first)),
    ...refusals(trace, first, held),
    ...(arrivals.some(failsThere) ? [] : behindIt(trace, shared, first, held)),
    ...dropInDoubt(trace, arrivals, claimsOf(arrivals, first.use.id)),
    ...unexplained(trace, shared),
    ...leftOut(arrivals, shared),
    ...sentPast(trace, arrivals, backends[first.use.backend].effects, shared),
    ...(holding === null || holding.deaf ? [] : deafTo(trace, first, shared, held)),
  ]);
}

/** What the rules of one hash let through; null when a later rule decides. */
export function claimsOf(arrivals: readonly Arrival[], id: string): Traffic | null {
  const claims = arrivals.filter(({ use }) => use.id === id).map(({ use }) => use.claims);
  return claims.reduce((sum, one) => (sum === null || one === null ? null : sum.or(one)));
}

function beforeIt(arrival: Arrival): readonly Obstacle[] {
  const { taken, use, offered } = arrival;
  const counting = taken.filter(
    (one) => (one.fate !== 'untracked' || use.hash.tracked) && !isOfOwnConnections(one, offered),
  );
  const { effects } = backends[use.backend];
  return [
    ...chainsThatFail(arrival),
    ...vagueMatch(arrival),
    ...judgeLosses(counting, { shared: offered, effects, position: 'before' }),
  ];
}

/**
 * What is accepted as ESTABLISHED once its frames are this host's (`meta pkttype set host` in a chain before): of connections
 * whose first packets come to the hash, the node knows those alone that it has let through. Frames that stay multicast are
 * ignored by TCP all the same.
 */
function isOfOwnConnections({ fate, certain, claimed, rule, traffic }: Taken, offered: Traffic): boolean {
  if (fate !== 'accepted' || !certain || !claimed || rule.established !== true) return false;
  const { space } = traffic;
  const first = traffic.whatever('phase').and(space.only({ phase: phase.first }));
  return traffic.within(space.only({ phase: phase.later })) && first.within(offered);
}

/** Before connection tracking there is nothing to hash, and nat sees the first packet of a connection only. */
function chainsThatFail({ base, place, use }: Arrival): readonly Obstacle[] {
  const { betterChain, untracked } = backends[use.backend];
  if (base.nat) {
    const why = 'where later packets of a connection never pass: TCP connects, then hangs';
    return [
      obstacle(
        'rule-in-nat',
        `has the cluster rule in ${place}, ${why}`,
        `has the cluster rule in a nat chain (${place})`,
        betterChain,
      ),
    ];
  }
  const early = !['prerouting', 'input'].includes(base.hook) || (base.hook === 'prerouting' && base.priority <= -200);
  if (!early || !use.hash.tracked) return [];
  return [
    obstacle(
      'rule-too-early',
      `has the cluster rule in ${place}, before connection tracking, ${untracked}`,
      `has the cluster rule before connection tracking (${place})`,
      betterChain,
    ),
  ];
}

function vagueMatch({ exact, rule, sender }: Arrival): readonly Obstacle[] {
  if (exact) return [];
  const open = 'only part of the traffic; which part is not clear';
  const text =
    sender === null
      ? `shares ${open}: ${rule.text}`
      : `lets the cluster rule see ${open}: ${sender.rule.text} (${sender.place})`;
  const brief = `has a ${sender === null ? 'cluster rule' : 'rule before the cluster rule'} with a condition that cannot be read`;
  return [
    obstacle('rule-unreadable', text, brief, 'match by protocol and port', { state: 'UNKNOWN', disables: false }),
  ];
}

/**
 * With xt_cluster, and before a firewall that knows connections, TCP connects and then hangs (measured: the ACK is
 * INVALID, since its zone has not seen the SYN+ACK); whether it does depends on what tracks the answers.
 */
function zones({ zones: [first], asksZone }: Trace, arrivals: readonly Arrival[]): readonly Obstacle[] {
  if (first === undefined || !(asksZone || arrivals.some(({ use }) => use.hash.tracked))) return [];
  const text = `puts connections into another zone of connection tracking than their answers: TCP may connect and then hang (${first.place}: ${first.rule.text})`;
  const brief = 'puts connections into another conntrack zone: TCP may hang';
  return [obstacle('conntrack-zone', text, brief, 'exclude the VIP from it', { state: 'WARNING', disables: false })];
}

/** Of rules that leave open what comes to them it is not known that the same packets come to several. */
function severalHashes(arrivals: readonly Arrival[]): readonly Obstacle[] {
  const uses = arrivals.filter(({ exact }) => exact).map(({ use }) => use);
  const [first] = uses;
  const other = uses.find(({ id }) => id !== first?.id);
  if (first === undefined || other === undefined) return [];
  const name = ({ hash, total }: ClusterUse) => `${hash.name} mod ${total} seed ${hash.seed ?? 'none'}`;
  const text = `has cluster rules with different hashes (${name(first)}; ${name(other)}): together they match no other node’s`;
  return [
    obstacle('several-hashes', text, 'has cluster rules with different hashes', 'give all of them the same', {
      disables: false,
    }),
  ];
}

/** During a migration both may be there; that is harmless only if both hash alike and let the same through. */
function severalBackends(arrivals: readonly Arrival[]): readonly Obstacle[] {
  const names = [...new Set(arrivals.map(({ use }) => use.backend))];
  if (names.length < 2) return [];
  const said = names.map((name) => {
    const own = arrivals.filter(({ use }) => use.backend === name);
    const id = own[0]?.use.id ?? '';
    return `${id} ${claimsOf(own, id)?.edge}`;
  });
  const both = names.join(' and ');
  const mend = 'delete the rules of one';
  if (new Set(said).size === 1) {
    const text = `shares the VIP with two backends at once (${both}), which agree`;
    return [
      obstacle('several-backends', text, `has two backends (${both})`, mend, { state: 'WARNING', disables: false }),
    ];
  }
  const text = `shares the VIP with two backends at once (${both}), which do not agree: only what both let through is answered`;
  return [
    obstacle('several-backends', text, `has two backends that do not agree (${both})`, mend, { disables: false }),
  ];
}

/** What the outcome itself lacks: a DROP, the packet type, a port that is answered for everybody. */
function shortcomings(
  { leak, open, deaf }: Holding,
  shared: Traffic,
  { use, place, rule }: Arrival,
): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (deaf) {
    const text = 'does not set meta pkttype host before it accepts: the frames stay multicast, and TCP gets no answer';
    const mend = `add meta pkttype set host in prerouting (${rule.text})`;
    found.push(obstacle('pkttype-multicast', text, 'does not set meta pkttype host: TCP gets no answer', mend));
  }
  if (!open.isEmpty) {
    const text = `drops nothing after the accept in ${place}, so this node answers ICMP and UDP for every client`;
    const mend = 'add a drop for the VIP at the end of the chain';
    found.push(obstacle('drop-missing', text, 'has no DROP after the cluster rule', mend, { disables: false }));
  }
  if (!leak.isEmpty) {
    const taken: Taken = {
      place,
      rule: { ...rule, names: false, lists: false },
      fate: 'accepted',
      traffic: leak,
      certain: true,
      doubted: false,
      doubt: null,
      estranged: false,
      byMark: false,
      queued: false,
      claimed: true,
      resets: false,
    };
    const effects = { ...backends[use.backend].effects, accepted: 'this node answers it for every client' };
    const losses = judgeLosses([taken], { shared, effects, position: 'behind' });
    found.push(
      ...losses.map((one) => ({
        ...one,
        code: 'drop-missing' as const,
        mend: 'drop it before it is accepted',
        alike: null,
        disables: false,
      })),
    );
  }
  return found;
}

/** A REJECT in place of the DROP refuses the clients of other nodes. */
function refusals({ takenBehind }: Trace, { use }: Arrival, held: Traffic): readonly Obstacle[] {
  const refusing = takenBehind.find((one) => isHeard(one) && !dependsOnResidue(one.traffic, use).less(held).isEmpty);
  if (refusing === undefined) return [];
  const { place, rule } = refusing;
  const text = `rejects what its buckets do not hold, so clients of other nodes get its refusal too (${place}: ${rule.text})`;
  const brief = 'has a REJECT where the cluster needs a DROP';
  return [obstacle('reject-for-drop', text, brief, 'make it a DROP', { disables: false, disturbs: true })];
}

/** Then the cluster's own DROP takes everything, and is not the cause. */
function failsThere(arrival: Arrival): boolean {
  return chainsThatFail(arrival).length > 0;
}

/** What a firewall after the cluster rule takes of what the cluster let through. */
function behindIt(trace: Trace, shared: Traffic, arrival: Arrival, held: Traffic): readonly Obstacle[] {
  const { takenBehind } = trace;
  const { use } = arrival;
  const clusterDrops = dropsOfOthers(trace, arrival, held);
  const own = takenBehind
    .filter(({ fate }) => fate !== 'accepted' && fate !== 'untracked')
    .map((taken) => ({
      ...taken,
      // A condition that may be anything may also let through what the cluster would drop.
      traffic: (taken.fate === 'unknown' ? taken.traffic : taken.traffic.and(held)).whateverResidue,
    }));
  const isClusters = (taken: Taken) => taken.estranged && clusterDrops.has(taken.rule);
  const effects = { ...backends[use.backend].effects, dropped: 'no client of this node gets an answer there' };
  return [
    ...judgeLosses(
      own.filter((one) => !isClusters(one)),
      { shared, effects, position: 'behind' },
    ),
    ...judgeLosses(own.filter(isClusters), { shared, effects, position: 'behind' }).map(byOwnDrop),
  ];
}

/** What the cluster's own DROP takes is not a policy, however alike the nodes are. */
function byOwnDrop(loss: Obstacle): Obstacle {
  const text = `${loss.text}: this is the cluster's own DROP by mark, and another rule has changed the mark before it`;
  const state = loss.state === 'WARNING' ? 'CRITICAL' : loss.state;
  return {
    ...loss,
    state,
    code: 'mark-changed',
    text,
    mend: 'keep other rules from changing the mark of the VIP’s traffic',
    alike: null,
  };
}

/** Rules that take what other nodes' buckets hold: the DROPs of the cluster, or what serves as one. */
function dropsOfOthers({ takenBehind }: Trace, { use }: Arrival, held: Traffic): ReadonlySet<Taken['rule']> {
  const dropping = takenBehind.filter(
    ({ fate, traffic }) => fate === 'dropped' && dependsOnResidue(traffic, use).meets(held.others),
  );
  return new Set(dropping.map(({ rule }) => rule));
}

/** The part of some traffic whose treatment depends on its residue. */
function dependsOnResidue(traffic: Traffic, { id, total }: Arrival['use']): Traffic {
  return traffic.less(traffic.others.whateverResidueOf(id, total).others);
}
