import { isMulticastMac } from '../address/index.ts';
import { type Hash, percent, type Rule } from '../netfilter/index.ts';
import type { Shares } from './coverage.ts';
import { type Fault, fault, listOf } from './fault.ts';
import type { JudgedNode } from './node.ts';
import type { Wanted } from './wanted.ts';

/** A node that has a rule. */
export type RuledNode = JudgedNode & { readonly rule: Rule };

/** The kernel's own word for what is hashed. */
export function hashName(hash: Hash | null): string | null {
  if (hash === null) return null;
  if (hash.formula === 'xt_cluster') return 'source address';
  return ['sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport'][hash.fields.length - 1] ?? null;
}

/** Faults in what all nodes must have alike: which traffic they share, and how they hash it. `shares` is null where it is not known. */
export function judgeAgreement(nodes: readonly RuledNode[], shares: Shares | null): readonly Fault[] {
  const hashing = nodes.filter(({ rule }) => !rule.answersAll);
  const differences = [
    difference('total', hashing, ({ total }) => `${total}`),
    difference('what is hashed', hashing, ({ hash }) => hashName(hash) ?? '?'),
    difference('hash seed', hashing, ({ hash }) => `${hash?.seed ?? '?'}`),
  ].filter((one) => one !== null);
  return [
    ...randomSeeds(hashing),
    ...(differences.length > 0 ? [hashDifference(differences, shares)] : []),
    ...matchDifference(nodes),
  ];
}

function difference(what: string, nodes: readonly RuledNode[], read: (rule: Rule) => string): string | null {
  if (new Set(nodes.map(({ rule }) => read(rule))).size < 2) return null;
  return `${what} differs (${nodes.map(({ name, rule }) => `${name} ${read(rule)}`).join(', ')})`;
}

function hashDifference(differences: readonly string[], shares: Shares | null): Fault {
  const what = listOf(differences);
  const mend = 'Give all nodes the same rule';
  if (shares === null) return fault('CRITICAL', what, `${what}: coverage is not exact. ${mend}`);
  if (shares.exact && shares.lost === 0 && shares.doubled === 0) {
    return fault(
      'WARNING',
      `${what}; works by accident`,
      `${what}, and yet every client is answered exactly once: this works by accident. ${mend}`,
    );
  }
  const share = `${about(shares)}${percent(shares.lost)} of client addresses get no answer, ${about(shares)}${percent(shares.doubled)} several`;
  return fault(
    'CRITICAL',
    `${differences[0]}: ${percent(shares.lost)} lost, ${percent(shares.doubled)} doubled`,
    `${what}: ${share}. ${mend}`,
  );
}

function about({ exact }: Shares): string {
  return exact ? '' : 'about ';
}

function randomSeeds(nodes: readonly RuledNode[]): readonly Fault[] {
  return nodes
    .filter(({ rule }) => rule.hash !== null && rule.hash.seed === null)
    .map(({ name }) =>
      fault(
        'CRITICAL',
        `${name}: no hash seed`,
        `${name}: the rule has no hash seed, so that every load draws its own: coverage cannot be exact. Give all nodes the same seed`,
      ),
    );
}

/** What one node shares and another does not is answered by the other for every client. */
function matchDifference(nodes: readonly RuledNode[]): readonly Fault[] {
  const working = nodes.filter(({ rule }) => rule.place !== '' && !rule.obstacles.some(({ disables }) => disables));
  const text = difference('the shared traffic', working, ({ match }) => match || 'everything');
  if (text === null) return [];
  return [
    fault(
      'CRITICAL',
      text,
      `${text}: what a node does not share it answers for every client. Give all nodes the same rule`,
    ),
  ];
}

/** Faults in the cluster MAC: different, unicast, or not the one asked for. */
export function judgeMacs(nodes: readonly RuledNode[], { mac: expected }: Wanted): readonly Fault[] {
  const named = nodes.flatMap(({ name, rule }) => (rule.mac === null ? [] : [{ name, mac: rule.mac }]));
  const all = named.map(({ name, mac }) => `${name} ${mac}`).join(', ');
  const faults: Fault[] = [];
  if (new Set(named.map(({ mac }) => mac)).size > 1) {
    faults.push(
      fault(
        'CRITICAL',
        `cluster MAC differs (${all})`,
        `the cluster MAC differs (${all}): each client reaches only the nodes that listen to the MAC it has learned. Give all nodes the same rule`,
      ),
    );
  } else if (expected !== undefined && named.some(({ mac }) => mac !== expected)) {
    faults.push(
      fault(
        'CRITICAL',
        `cluster MAC is ${named[0]?.mac}, not ${expected}`,
        `the rules name the cluster MAC ${named[0]?.mac}, expected ${expected} (--mac)`,
      ),
    );
  }
  const unicast = named.find(({ mac }) => !isMulticastMac(mac));
  if (unicast !== undefined) {
    faults.push(
      fault(
        'CRITICAL',
        `cluster MAC ${unicast.mac} is unicast`,
        `the cluster MAC ${unicast.mac} is unicast (its first octet is even): a switch hands it to one node only. Use a multicast MAC such as 01:00:5e:xx:xx:xx`,
      ),
    );
  }
  return faults;
}
