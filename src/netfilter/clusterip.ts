import { formatIp, parseIp, parseMac } from '../address/index.ts';
import { type Section, type Snapshot, section } from '../snapshot/index.ts';
import { describeTraffic } from './describe.ts';
import { type Effects, judgeEarlier } from './earlier.ts';
import type { Hash, HashField } from './hash.ts';
import { type Arrival, followPackets } from './path.ts';
import type { Bucket, Obstacle, Reading, Rule, Unread } from './rule.ts';
import { parseRuleset, type RuleLine, type Ruleset } from './ruleset.ts';
import { intersect, isEmpty, type Region, unite } from './traffic.ts';

/** What happens to clients of a node whose packets never come to the CLUSTERIP rule (measured on a 6.1 kernel). */
const effects: Effects = {
  accepted: 'TCP gets no answer, ICMP and UDP are answered by this node for every client',
  dropped: 'clients of its buckets get no answer',
  rejected: 'clients get its refusal, those of other nodes too',
  redirected: 'they never come to the cluster rule and get no answer',
  untracked: 'CLUSTERIP drops what is not tracked, clients of its buckets get no answer',
  unknown: 'not known',
};

const modes: Readonly<Record<string, readonly HashField[]>> = {
  sourceip: ['saddr'],
  'sourceip-sourceport': ['saddr', 'sport'],
  'sourceip-sourceport-destport': ['saddr', 'sport', 'dport'],
};

/** The parameters of one `-j CLUSTERIP` line. */
type Parameters = {
  readonly total: number;
  readonly hash: Hash;
  readonly mac: string;
  readonly ifname: string | null;
};

/**
 * Reads a VIP's CLUSTERIP state: the buckets from `/proc/net/ipt_CLUSTERIP/VIP` (the saved rule never shows a later
 * `+N`), everything else from `iptables-legacy-save`. No entry for the VIP means no rule: the kernel keeps both together.
 */
export function readClusterip(snapshot: Snapshot, vip: string): Reading {
  const ip = parseIp(vip);
  const entry = ip?.family === 4 ? section(snapshot, 'clusterip', formatIp(ip)) : undefined;
  const legacy = section(snapshot, 'iptables-legacy');
  const ruleset = parseRuleset(legacy?.lines ?? []);
  const lines = clusterLines(ruleset, vip);
  if (entry === undefined) return withoutEntry(snapshot, lines, vip);
  const unread = [
    unreadable(entry, `/proc/net/ipt_CLUSTERIP/${vip}`),
    unreadable(legacy, 'the legacy iptables rules'),
  ].filter((one) => one !== null);
  if (unread.length > 0) return { rules: [], unread };
  const buckets = parseBuckets(entry.lines);
  if (buckets === null)
    return oddity(`/proc/net/ipt_CLUSTERIP/${vip}`, `unexpected content "${entry.lines.join(' ')}"`);
  const [first] = lines;
  if (first === undefined)
    return oddity('the CLUSTERIP rule', 'the kernel holds the VIP, but the saved rules have no CLUSTERIP rule for it');
  const parameters = readParameters(first);
  if (parameters === null) return oddity('the CLUSTERIP rule', `it cannot be understood: ${first.text}`);
  return { rules: [describeRule(ruleset, lines, parameters, buckets, vip)], unread: [] };
}

/**
 * Reads the held buckets alone, for those who judge no rules: with the number of buckets that the user gives.
 * What the rule would have said (hash, interface, MAC) stays open.
 */
export function readHeldBuckets(snapshot: Snapshot, vip: string, total: number | null): Reading {
  const ip = parseIp(vip);
  const entry = ip?.family === 4 ? section(snapshot, 'clusterip', formatIp(ip)) : undefined;
  if (entry === undefined) return withoutEntry(snapshot, [], vip);
  const file = `/proc/net/ipt_CLUSTERIP/${vip}`;
  const unread = unreadable(entry, file);
  if (unread !== null) return { rules: [], unread: [unread] };
  const buckets = parseBuckets(entry.lines);
  if (buckets === null) return oddity(file, `unexpected content "${entry.lines.join(' ')}"`);
  const rule: Rule = {
    backend: 'clusterip',
    ifname: null,
    match: '',
    total: total ?? buckets.at(-1) ?? 0,
    buckets,
    hash: null,
    mac: null,
    answersAll: false,
    place: '',
    text: '',
    obstacles: [],
    managed: false,
  };
  return { rules: [rule], unread: [] };
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

function withoutEntry(snapshot: Snapshot, lines: readonly RuleLine[], vip: string): Reading {
  if (lines.length > 0)
    return oddity(
      `/proc/net/ipt_CLUSTERIP/${vip}`,
      'not there, though the saved rules have a CLUSTERIP rule for the VIP',
    );
  const listed = snapshot.sections.some(({ name }) => name === 'clusterip');
  return listed ? { rules: [], unread: [] } : oddity('/proc/net/ipt_CLUSTERIP', 'the answer has no such section');
}

function oddity(what: string, reason: string): Reading {
  return { rules: [], unread: [{ what, reason, needs: null }] };
}

function unreadable(part: Section | undefined, what: string): Unread | null {
  if (part === undefined) return { what, reason: 'the answer has no such section', needs: null };
  if (part.status === 'read') return null;
  const reason =
    part.status === 'missing'
      ? `${part.command || 'the tool'} is not installed`
      : part.errors.join(' ') || `exit ${part.exit}`;
  return { what, reason, needs: part.needs };
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
  const fields = modes[after('--hashmode') ?? ''];
  // All of these are always saved (libipt_CLUSTERIP.c): what lacks one is damaged, and nothing is guessed for it.
  const total = unsigned(after('--total-nodes'), 0xffff);
  const seed = unsigned(after('--hash-init'), 0xffff_ffff);
  const mac = parseMac(after('--clustermac') ?? '');
  if (fields === undefined || total === null || seed === null || mac === null) return null;
  return {
    total,
    hash: { formula: 'clusterip', fields, seed },
    mac,
    ifname: after('-i') ?? null,
  };
}

function unsigned(text: string | undefined, most: number): number | null {
  if (text === undefined || !/^\d+$/.test(text)) return null;
  return Number(text) <= most ? Number(text) : null;
}

function describeRule(
  ruleset: Ruleset,
  lines: readonly RuleLine[],
  parameters: Parameters,
  buckets: readonly Bucket[],
  vip: string,
): Rule {
  const packets = { vip, family: 4 as const, ifname: parameters.ifname, marked: setsMarks(ruleset) };
  const arrivals = followPackets(ruleset, packets, (rule) => isClusterLine(rule, vip));
  const shared = arrivals.reduce<Region>((sum, arrival) => unite(sum, sharedBy(arrival)), []);
  const obstacles = isEmpty(shared)
    ? [neverReached(ruleset, lines)]
    : arrivals.flatMap((arrival) => obstaclesOf(arrival));
  const { total } = parameters;
  return {
    backend: 'clusterip',
    ...parameters,
    match: isEmpty(shared) ? '' : describeTraffic(shared),
    buckets,
    answersAll: total === 0,
    place: arrivals[0]?.place ?? placeOf(ruleset, lines[0]),
    text: lines[0]?.text ?? '',
    obstacles: [...unique(obstacles), ...secondRules(lines, parameters)],
    managed: lines.some(
      ({ words }) =>
        /pacemaker|IPaddr2|cip-/i.test(words[words.indexOf('--comment') + 1] ?? '') && words.includes('--comment'),
    ),
  };
}

function sharedBy(arrival: Arrival): Region {
  return intersect(arrival.offered, arrival.match.traffic);
}

function obstaclesOf(arrival: Arrival): readonly Obstacle[] {
  const shared = sharedBy(arrival);
  const earlier = arrival.taken.flatMap((taken) => judgeEarlier(taken, shared, effects) ?? []);
  return [...tablesThatFail(arrival), ...vagueMatch(arrival), ...earlier];
}

/** In raw nothing is tracked yet, and nat sees the first packet of a connection only: CLUSTERIP cannot work there. */
function tablesThatFail({ table, place }: Arrival): readonly Obstacle[] {
  if (table !== 'raw' && table !== 'nat') return [];
  const why =
    table === 'raw'
      ? 'before connection tracking, where it drops everything'
      : 'where later packets of a connection never pass: TCP connects, then hangs';
  return [
    fault(`has the cluster rule in ${place}, ${why}`, `cluster rule in table ${table}`, 'move it to filter INPUT'),
  ];
}

function vagueMatch({ match, rule }: Arrival): readonly Obstacle[] {
  if (match.exact) return [];
  return [
    {
      ...fault(
        `shares only some of the traffic, and which cannot be told from the rule: ${rule.text}`,
        'cluster rule with a condition',
        'match by protocol and port',
      ),
      state: 'UNKNOWN',
      disables: false,
    },
  ];
}

function neverReached(ruleset: Ruleset, lines: readonly RuleLine[]): Obstacle {
  const place = placeOf(ruleset, lines[0]);
  return fault(
    `has the cluster rule in ${place}, where none of the VIP's traffic passes: TCP gets no answer, ICMP and UDP are answered by this node for every client`,
    `cluster rule in ${place} is never reached`,
    'move it to filter INPUT',
  );
}

/** Only the parameters of the rule that was there first count (measured); with others beside it, which came first is not visible. */
function secondRules(lines: readonly RuleLine[], parameters: Parameters): readonly Obstacle[] {
  const key = ({ total, hash }: Parameters) => `${total} ${hash.fields.join()} ${hash.seed}`;
  const other = lines.find((line) => {
    const read = readParameters(line);
    return read === null || key(read) !== key(parameters);
  });
  if (other === undefined) return [];
  const text = `has a second CLUSTERIP rule with other parameters, which do not count while the first one lives: ${other.text}`;
  return [
    { ...fault(text, 'a second CLUSTERIP rule with other parameters', 'delete it'), state: 'WARNING', disables: false },
  ];
}

function fault(text: string, brief: string, mend: string): Obstacle {
  return { state: 'CRITICAL', text, brief, mend, disables: true, alike: null };
}

function placeOf(ruleset: Ruleset, rule: RuleLine | undefined): string {
  for (const [table, chains] of ruleset) {
    for (const chain of chains.values())
      if (rule !== undefined && chain.rules.includes(rule)) return `${table} ${chain.name}`;
  }
  return '';
}

function setsMarks(ruleset: Ruleset): boolean {
  const rules = [...ruleset.values()].flatMap((table) => [...table.values()].flatMap((chain) => chain.rules));
  return rules.some(({ words }) => ['MARK', 'CONNMARK', 'HMARK'].includes(words[words.indexOf('-j') + 1] ?? ''));
}

function unique(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  return obstacles.filter((one, i) => obstacles.findIndex(({ text }) => text === one.text) === i);
}
