import { type Fault, fault } from '../findings/index.ts';
import {
  describeTraffic,
  fieldsKey,
  type Hash,
  mainTraffic,
  percent,
  type Rule,
  withoutOwn,
} from '../netfilter/index.ts';
import { listOf } from '../plugin/index.ts';
import { holdsNothing } from './coverage.ts';
import type { JudgedNode } from './node.ts';
import type { Shares } from './shares.ts';

/** A node that has a rule. */
export type RuledNode = JudgedNode & { readonly rule: Rule };

/** Faults in what all nodes must have alike: which traffic they share, and how they hash it. `shares` is null where it is not known. */
export function judgeAgreement(nodes: readonly RuledNode[], shares: Shares | null): readonly Fault[] {
  const hashing = nodes.filter(({ rule }) => !rule.answersAll && !holdsNothing(rule));
  const seeded = hashing.filter(({ rule }) => rule.hash === null || rule.hash.seed !== null);
  const differences = [
    difference('total', hashing, ({ total }) => `${total}`),
    difference(
      'what is hashed',
      hashing,
      ({ hash }) => fieldsText(hash),
      ({ hash }) => (hash === null ? '?' : fieldsKey(hash)),
    ),
    difference('hash seed', seeded, ({ hash }) => `${hash?.seed ?? '?'}`),
    difference(
      'offset',
      hashing.filter(({ rule }) => rule.offset !== null),
      ({ offset }) => `${offset}`,
    ),
  ].filter((one) => one !== null);
  return [
    ...randomSeeds(hashing, shares),
    ...(differences.length > 0 ? [hashDifference(differences, shares)] : []),
    ...matchDifference(nodes.filter(({ rule }) => !holdsNothing(rule))),
  ];
}

/** What is hashed; distinguishes CLUSTERIP, which hashes the same field by a formula of its own. */
function fieldsText(hash: Hash | null): string {
  return hash === null ? '?' : hash.name;
}

function difference(
  what: string,
  nodes: readonly RuledNode[],
  show: (rule: Rule) => string,
  key: (rule: Rule) => string = show,
): string | null {
  if (new Set(nodes.map(({ rule }) => key(rule))).size < 2) return null;
  return `${what} differs (${nodes.map(({ name, rule }) => `${name} ${show(rule)}`).join(', ')})`;
}

function hashDifference(differences: readonly string[], shares: Shares | null): Fault {
  const what = listOf(differences);
  const mend = 'Give all nodes the same rule';
  if (shares === null) return fault('CRITICAL', 'hash-differs', what, `${what}: coverage is not exact. ${mend}`);
  if (shares.exact && shares.lost === 0 && shares.doubled === 0) {
    return fault(
      'WARNING',
      'works-by-accident',
      `${what}; works by accident`,
      `${what}, and yet every client is answered exactly once: this works by accident. ${mend}`,
    );
  }
  const brief = `${differences[0]}: ${percent(shares.lost)} lost, ${percent(shares.doubled)} doubled`;
  return fault('CRITICAL', 'hash-differs', brief, `${what}: ${shareText(shares)}. ${mend}`);
}

function shareText(shares: Shares, each = 'client addresses'): string {
  const about = shares.exact ? '' : 'about ';
  return `${about}${percent(shares.lost)} of ${each} get no answer, ${about}${percent(shares.doubled)} several`;
}

const choices = {
  symhash: ['symhash', 'symhash hashes with a key that each kernel draws at boot'],
  'numgen random': ['numgen random', 'numgen random draws a number for each packet, whoever sent it'],
  'numgen inc': ['numgen inc', 'numgen inc counts packets, whoever sent them'],
} as const;

/** Rules that choose by something that no other node can know. */
function randomSeeds(nodes: readonly RuledNode[], shares: Shares | null): readonly Fault[] {
  return nodes
    .filter(({ rule }) => rule.hash !== null && rule.hash.seed === null)
    .map(({ name, rule }) => {
      const formula = rule.hash?.formula;
      const [brief, why] =
        formula === 'symhash' || formula === 'numgen random' || formula === 'numgen inc'
          ? choices[formula]
          : (['no hash seed', 'the rule has no hash seed, so every load draws a new one'] as const);
      const perPacket = formula?.startsWith('numgen') === true;
      const each = perPacket ? 'packets' : 'client addresses';
      const expected = shares === null ? '' : ` (${shareText(shares, each)})`;
      const text = `${name}: ${why}: coverage cannot be exact${expected}. Give all nodes jhash with the same seed`;
      return fault('CRITICAL', perPacket ? 'hash-per-packet' : 'hash-seed-random', `${name}: ${brief}`, text);
    });
}

/** What one node shares and another does not is answered by the other for every client, or for none. */
function matchDifference(nodes: readonly RuledNode[]): readonly Fault[] {
  const working = nodes.filter(({ rule }) => rule.place !== '' && !rule.obstacles.some(({ disables }) => disables));
  const text = difference('the shared traffic', working, ({ match }) => match || 'everything');
  if (text !== null) {
    const why = 'a node answers every client for what it does not share. Give all nodes the same rule';
    return [fault('CRITICAL', 'match-differs', text, `${text}: ${why}`)];
  }
  // Words alone do not show one port of many.
  const different = working.filter(
    ({ rule }, i) => working.findIndex((one) => one.rule.shared.equals(rule.shared)) === i,
  );
  for (const { name, rule } of different) {
    for (const other of different) {
      const { space } = rule.shared;
      const missing = other.rule.shared.and(mainTraffic(space)).less(rule.shared);
      if (withoutOwn(missing).isEmpty) continue;
      const brief = `${name} does not share ${describeTraffic(missing)} as ${other.name} does`;
      const why = 'it answers that traffic for every client or for none. Give all nodes the same rules';
      return [fault('CRITICAL', 'match-differs', brief, `${brief}: ${why}`)];
    }
  }
  return [];
}
