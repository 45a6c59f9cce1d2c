import { type Code, type Group, inLists } from '../../findings/index.ts';
import type { State } from '../../plugin/index.ts';
import type { Obstacle, Told } from '../model/rule.ts';
import { count, type Traffic, tcp } from '../model/traffic.ts';
import type { Fate, Taken } from '../walk/trace.ts';
import { type Extent, extentOf, isOfHosts } from './extent.ts';
import { denies, hangs, isBanList, type Position, policyKey } from './policy.ts';
import { tell } from './told.ts';
import { describeTraffic } from './words.ts';

/** What happens to clients whose packets an earlier rule takes, which depends on the backend. */
export type Effects = Readonly<Record<Fate, string>>;

/** What another rule takes of the traffic that a cluster rule shares, and how that is worded. */
type Loss = {
  readonly taken: Taken;
  readonly shared: Traffic;
  readonly effects: Effects;
  readonly position: Position;
};

/** One rule's part in what is lost, judged. */
type JudgedLoss = {
  readonly taken: Taken;
  readonly traffic: Traffic;
  readonly extent: Extent;
  readonly obstacle: Obstacle;
};

/**
 * Judges what other rules take of the traffic that a cluster rule shares. Many rules of one kind, as a firewall keeps
 * them against single clients or ports, are one finding.
 */
export function judgeLosses(taken: readonly Taken[], loss: Omit<Loss, 'taken'>): readonly Obstacle[] {
  const judged = byRule(taken).flatMap((one) => judgeLoss({ ...loss, taken: one }) ?? []);
  const kindOf = (one: JudgedLoss, i: number) =>
    isMinor(one) ? `${one.taken.place} ${one.taken.fate} ${one.extent}` : `${i}`;
  return inLists(judged, kindOf).map((list) => asOne(list, loss.position));
}

/** Single hosts whose packets the node's firewall denies after the cluster rule, whichever bucket they are in. */
export function deniedHosts(taken: readonly Taken[], shared: Traffic): Traffic {
  const denied = byRule(taken.filter((one) => one.certain && denies(one))).flatMap((one) => {
    const traffic = one.traffic.and(shared);
    const hosts = !traffic.isEmpty && (isBanList(one, traffic) || isOfHosts(traffic, shared));
    return hosts ? [traffic.whateverResidue] : [];
  });
  return shared.space.union(denied);
}

/** Joins what one rule takes: packets with different marks reach it separately. */
function byRule(taken: readonly Taken[]): readonly Taken[] {
  const rules = new Map<Taken['rule'], Map<string, Taken>>();
  for (const one of taken) {
    const known = rules.get(one.rule) ?? new Map<string, Taken>();
    const key = `${one.place} ${one.fate} ${one.certain} ${one.doubted} ${one.doubt}`;
    const before = known.get(key);
    known.set(key, before === undefined ? one : { ...before, traffic: before.traffic.or(one.traffic) });
    rules.set(one.rule, known);
  }
  return [...rules.values()].flatMap((known) => [...known.values()]);
}

/** What a firewall has hundreds of: rules that deny single clients, or ports. */
function isMinor({ taken, extent }: JudgedLoss): boolean {
  return denies(taken) && taken.certain && (extent === 'hosts' || extent === 'ports');
}

function asOne(list: Group<JudgedLoss>, position: Position): Obstacle {
  const [{ taken, traffic, extent, obstacle }, ...others] = list;
  if (others.length === 0) return obstacle;
  const all = traffic.space.union(list.map((one) => one.traffic));
  const what = extent === 'hosts' ? `some traffic of ${list.length} single clients` : describeTraffic(all);
  const brief = `${deeds[taken.fate].verb} ${what} ${where[position]} the cluster rule`;
  const text = `${brief} (${taken.place}: ${taken.rule.text} and ${others.length} more rules)`;
  const keys = list.map((one) => one.obstacle.alike ?? '').sort();
  // It is told of all of them already.
  const { told, ...untold } = obstacle;
  return { ...untold, text, brief, alike: keys.join('; '), denies: all.whateverResidue };
}

/** Judges what another rule takes of the traffic that a cluster rule shares; null when it takes nothing of it. */
function judgeLoss(loss: Loss): JudgedLoss | null {
  const { taken, shared, position } = loss;
  const traffic = taken.traffic.and(shared);
  if (traffic.isEmpty) return null;
  const extent = isBanList(taken, traffic) ? 'hosts' : extentOf(traffic, shared);
  if (position === 'behind' && (extent === 'aside' || stateOf(extent, loss, traffic) === 'OK')) return null;
  return { taken, traffic, extent, obstacle: obstacleOf(loss, traffic, extent) };
}

function obstacleOf(loss: Loss, traffic: Traffic, extent: Extent): Obstacle {
  const { taken, shared, position } = loss;
  const state = stateOf(extent, loss, traffic);
  const told = toldOf(loss, traffic, extent);
  const hang = hangs(taken, traffic) && state === 'CRITICAL' ? ': TCP hangs' : '';
  return {
    state,
    code: codeOf(extent, loss, traffic, state),
    // Of a list, only what is said of all its rules is ever read.
    get text() {
      return tell(told).text;
    },
    get brief() {
      return `${tell(told).brief}${hang}`;
    },
    mend: position === 'before' ? mends[taken.fate] : 'let the VIP through there',
    disables: extent === 'all' && state === 'CRITICAL',
    alike: policyKey(taken, traffic, shared, extent, position),
    denies: denies(taken) && taken.certain ? traffic.whateverResidue : null,
    told,
  };
}

function toldOf({ taken, shared, effects, position }: Loss, traffic: Traffic, extent: Extent): Told {
  const { fate, certain, place, rule } = taken;
  const { verb, particle = '' } = deeds[certain ? fate : 'unknown'];
  const lost = hangs(taken, traffic) ? 'TCP connects, then hangs' : effects[fate];
  const effect = extent === 'aside' ? 'not shared by the cluster' : lost;
  return {
    verb,
    adverb: `${particle}${where[position]} the cluster rule`,
    effect: certain ? `: ${effect}` : '; the rule does not show which packets',
    extent: certain ? extent : 'aside',
    traffic,
    shared,
    served: position === 'behind',
    place,
    rule: rule.text,
  };
}

function codeOf(extent: Extent, { taken, position }: Loss, traffic: Traffic, state: State): Code {
  if (extent === 'aside') return 'rule-aside';
  if (!taken.certain) return 'rule-may-take';
  if (hangs(taken, traffic) && state === 'CRITICAL') return 'tcp-hangs';
  if (extent === 'hosts' && state === 'OK') return 'clients-banned';
  return position === 'before' ? 'rule-before' : 'rule-behind';
}

/** What the rule does: a verb, and what follows its object. */
const deeds: Readonly<Record<Fate, { readonly verb: string; readonly particle?: string }>> = {
  accepted: { verb: 'accepts' },
  dropped: { verb: 'drops' },
  rejected: { verb: 'rejects' },
  redirected: { verb: 'redirects' },
  untracked: { verb: 'takes', particle: 'out of connection tracking ' },
  unknown: { verb: 'may take', particle: 'away ' },
};

/** Where the rule is, as seen from the cluster rule. */
const where: Readonly<Record<Position, string>> = { before: 'before', behind: 'after' };

const reorder = 'put the cluster rule before it';
const mends: Readonly<Record<Fate, string>> = {
  accepted: reorder,
  dropped: `delete it, or ${reorder}`,
  rejected: `delete it, or ${reorder}`,
  redirected: 'exclude the VIP from it (! -d VIP)',
  untracked: 'exclude the VIP from it (! -d VIP)',
  unknown: `${reorder}, so that it can take nothing`,
};

function stateOf(extent: Extent, { taken, position }: Loss, traffic: Traffic): State {
  if (extent === 'aside') return 'OK';
  if (!taken.certain) return 'UNKNOWN';
  if (extent === 'all' || extent === 'clients') return 'CRITICAL';
  if (extent === 'hosts' && denies(taken)) return 'OK';
  if (extent === 'datagrams') return position === 'behind' && !denies(taken) ? 'CRITICAL' : 'WARNING';
  return extent === 'ports' && !denies(taken) && areServed(taken, traffic) ? 'CRITICAL' : 'WARNING';
}

/**
 * Whether ports that a rule lets through past the cluster's are such as a cluster serves: those of the Web, or most, or
 * of the VIP by name.
 */
function areServed({ rule }: Taken, traffic: Traffic): boolean {
  const { space } = traffic;
  const segments = traffic.and(space.only({ protocol: tcp }));
  const web = [80n, 443n].some((dport) => segments.meets(space.only({ dport })));
  return !segments.isEmpty && (rule.names || web || count(segments.spans('dport')) > 32768n);
}
