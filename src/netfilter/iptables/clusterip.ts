import { formatIp, parseIp, parseMac } from '../../address/index.ts';
import { type Section, type Snapshot, section } from '../../snapshot/index.ts';
import { clusteripHash, type Hash, useId } from '../model/hash.ts';
import type { Answered, Bucket, Obstacle, Reading, Rule, Unread } from '../model/rule.ts';
import type { TrafficSpace } from '../model/traffic.ts';
import { unreadable } from '../model/unread.ts';
import type { ClusteripUse } from './rule.ts';
import type { RuleLine, Ruleset } from './save.ts';

/** The parameters of one `-j CLUSTERIP` line. */
type Parameters = {
  readonly total: number;
  readonly hash: Hash;
  readonly mac: string;
  readonly ifname: string | null;
};

/** What a node's kernel and its saved rules say about a VIP's CLUSTERIP. */
export type Clusterip = {
  /** The buckets that the kernel holds now; they may be above the total. */
  readonly buckets: readonly Bucket[];
  readonly parameters: Parameters;
  /** Its rules; only the parameters of the one that was there first count. */
  readonly lines: readonly RuleLine[];
};

/** A VIP's CLUSTERIP on a node: null where it has none, or where it was not read for a reason. */
export type ClusteripReading = {
  readonly clusterip: Clusterip | null;
  readonly unread: Unread | null;
};

/**
 * Reads a VIP's CLUSTERIP state: the buckets from `/proc/net/ipt_CLUSTERIP/VIP` (the saved rule never shows a later
 * `+N`), everything else from `iptables-legacy-save`. No entry for the VIP means no rule: the kernel keeps both
 * together.
 */
export function readClusterip(snapshot: Snapshot, ruleset: Ruleset, vip: string): ClusteripReading {
  const file = `/proc/net/ipt_CLUSTERIP/${vip}`;
  const entry = entryOf(snapshot, vip);
  const lines = clusterLines(ruleset, vip);
  if (entry === undefined) return notRead(withoutEntry(snapshot, lines, vip));
  const unread = unreadable(entry, file);
  if (unread !== null) return notRead(unread);
  const buckets = parseBuckets(entry.lines);
  if (buckets === null) return notRead(oddity(file, `unexpected content "${entry.lines.join(' ')}"`));
  const [first] = lines;
  if (first === undefined) {
    // The caller that needs these rules reports that they could not be read.
    if (unreadable(section(snapshot, 'iptables-legacy'), '') !== null) return notRead(null);
    const reason = 'the kernel holds the VIP, but the saved rules have no CLUSTERIP rule for it';
    return notRead(oddity('the CLUSTERIP rule', reason));
  }
  const parameters = readParameters(first);
  if (parameters === null) return notRead(oddity('the CLUSTERIP rule', `it cannot be understood: ${first.text}`));
  return { clusterip: { buckets, parameters, lines }, unread: null };
}

function notRead(unread: Unread | null): ClusteripReading {
  return { clusterip: null, unread };
}

/** How a CLUSTERIP rule looks at the hash; null for other rules. */
export function clusteripUse(
  { buckets, parameters, lines }: Clusterip,
  line: RuleLine,
  space: TrafficSpace,
): ClusteripUse | null {
  if (!lines.includes(line)) return null;
  // With a total of 0 every client falls into the one bucket that such a node answers.
  const total = Math.max(1, parameters.total);
  const { hash } = parameters;
  const id = useId(hash, total);
  const all = new Set(buckets);
  const held = space.residues(id, total, (residue) => parameters.total === 0 || all.has(residue + 1));
  return { use: { backend: 'clusterip', id, hash, total, offset: 1, claims: held }, held };
}

/** Puts the kernel's own numbers into a rule: buckets above the total, a total of 0. */
export function withKernelState(rule: Rule, { buckets, parameters, lines }: Clusterip): Rule {
  if (rule.backend !== 'clusterip') return rule;
  const { total, mac } = parameters;
  return {
    ...rule,
    buckets,
    total,
    mac,
    dropsByName: false,
    answersAll: total === 0,
    obstacles: [...rule.obstacles, ...secondRules(lines, parameters)],
  };
}

function entryOf(snapshot: Snapshot, vip: string): Section | undefined {
  const ip = parseIp(vip);
  return ip?.family === 4 ? section(snapshot, 'clusterip', formatIp(ip)) : undefined;
}

/**
 * Reads only the held buckets, for runs that judge no rules, with the number of buckets that the user gives.
 * What the rule would have said (hash, interface, MAC) stays open.
 */
export function readHeldBuckets(snapshot: Snapshot, vip: string, total: number | null, space: TrafficSpace): Reading {
  const nothing = (unread: Unread | null): Reading => ({
    space,
    rules: [],
    unread: unread === null ? [] : [unread],
    answered: null,
    besides: new Map(),
    adverts: null,
    leaving: 'the rules: left out by --skip rules',
  });
  const entry = entryOf(snapshot, vip);
  if (entry === undefined) return nothing(withoutEntry(snapshot, [], vip));
  const file = `/proc/net/ipt_CLUSTERIP/${vip}`;
  const unread = unreadable(entry, file);
  if (unread !== null) return nothing(unread);
  const buckets = parseBuckets(entry.lines);
  if (buckets === null) return nothing(oddity(file, `unexpected content "${entry.lines.join(' ')}"`));
  const number = total ?? buckets.at(-1) ?? 0;
  const answered = answeredUnread(buckets, number, space);
  const rule: Rule = {
    backend: 'clusterip',
    ifname: null,
    match: '',
    total: number,
    buckets,
    held: answered.traffic,
    hash: null,
    offset: null,
    mac: null,
    answersAll: false,
    dropsByName: false,
    place: '',
    tool: 'iptables-legacy',
    text: '',
    extension: null,
    obstacles: [],
    managed: false,
    shared: space.all,
    denied: space.none,
  };
  return {
    space,
    rules: [rule],
    unread: [],
    answered,
    besides: new Map(),
    adverts: null,
    leaving: 'the rules: left out by --skip rules',
  };
}

/** What is answered when only the buckets are known: by a hash that is assumed to be the same on all nodes. */
function answeredUnread(buckets: readonly Bucket[], total: number, space: TrafficSpace): Answered {
  const hash: Hash = { formula: 'clusterip', fields: [], seed: 0, name: 'not read', tracked: true };
  const id = `not read ${total}`;
  const all = new Set(buckets);
  return {
    traffic: total === 0 ? space.none : space.residues(id, total, (residue) => all.has(residue + 1)),
    hashes: [{ id, hash, total }],
    doubt: space.none,
    unless: space.none,
    refused: space.none,
    resent: new Map(),
  };
}

/** Reads the proc file: `1,2,9`, ascending; an empty file is a node without buckets. Null for anything else. */
export function parseBuckets(lines: readonly string[]): readonly Bucket[] | null {
  const text = lines.join('\n').trim();
  if (text === '') return [];
  if (!/^\d{1,9}(,\d{1,9})*$/.test(text)) return null;
  const buckets = text.split(',').map(Number);
  // A file read in pieces shows `1,1` for `1,2`: never ascending.
  return buckets.every((bucket, i) => bucket >= 1 && bucket > (buckets[i - 1] ?? 0)) ? buckets : null;
}

function withoutEntry(snapshot: Snapshot, lines: readonly RuleLine[], vip: string): Unread | null {
  if (lines.length > 0)
    return oddity(
      `/proc/net/ipt_CLUSTERIP/${vip}`,
      'not there, though the saved rules have a CLUSTERIP rule for the VIP',
    );
  const listed = snapshot.sections.some(({ name }) => name === 'clusterip');
  return listed ? null : oddity('/proc/net/ipt_CLUSTERIP', 'the answer has no such section');
}

function oddity(what: string, reason: string): Unread {
  return { what, reason, needs: null };
}

function clusterLines(ruleset: Ruleset, vip: string): readonly RuleLine[] {
  const rules = [...ruleset.values()].flatMap((table) => [...table.values()].flatMap((chain) => chain.rules));
  return rules.filter((rule) => isClusterLine(rule, vip));
}

function isClusterLine({ words }: RuleLine, vip: string): boolean {
  const jump = words.indexOf('-j');
  const to = words.indexOf('-d');
  return words[jump + 1] === 'CLUSTERIP' && jump >= 0 && to >= 0 && words[to + 1] === `${vip}/32`;
}

function readParameters({ words }: RuleLine): Parameters | null {
  const after = (option: string) => {
    const at = words.indexOf(option);
    return at < 0 ? undefined : words[at + 1];
  };
  // All of these are always saved (libipt_CLUSTERIP.c): a rule without one of them is damaged, and nothing is guessed.
  const total = unsigned(after('--total-nodes'), 0xffff);
  const seed = unsigned(after('--hash-init'), 0xffff_ffff);
  const mac = parseMac(after('--clustermac') ?? '');
  const hash = seed === null ? null : clusteripHash(after('--hashmode') ?? '', seed);
  if (hash === null || total === null || mac === null) return null;
  return {
    total,
    hash,
    mac,
    ifname: after('-i') ?? null,
  };
}

function unsigned(text: string | undefined, most: number): number | null {
  if (text === undefined || !/^\d+$/.test(text)) return null;
  return Number(text) <= most ? Number(text) : null;
}

/**
 * Only the parameters of the rule that was there first count (measured); if there are others, it cannot be seen which
 * came first.
 */
function secondRules(lines: readonly RuleLine[], parameters: Parameters): readonly Obstacle[] {
  const key = ({ total, hash }: Parameters) => `${total} ${hash.name} ${hash.seed}`;
  const other = lines.find((line) => {
    const read = readParameters(line);
    return read === null || key(read) !== key(parameters);
  });
  if (other === undefined) return [];
  const text = `has a second CLUSTERIP rule with other parameters, which have no effect while the first one exists: ${other.text}`;
  const brief = 'a second CLUSTERIP rule with other parameters';
  return [
    { state: 'WARNING', code: 'second-rule-ignored', text, brief, mend: 'delete it', disables: false, alike: null },
  ];
}
