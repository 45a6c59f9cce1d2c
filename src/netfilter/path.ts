import { type Match, matchRule, type Packets } from './match.ts';
import type { RuleLine, Ruleset } from './ruleset.ts';
import { allTraffic, intersect, isEmpty, type Region, subtract, unite } from './traffic.ts';

/** How a rule ends the way of packets, as far as the cluster's rule is concerned. */
export type Fate = 'accepted' | 'dropped' | 'rejected' | 'redirected' | 'untracked' | 'unknown';

/** Packets that a rule takes away before they come to where the cluster's rule stands. */
export type Taken = {
  /** `filter INPUT`: the table and the chain of the rule. */
  readonly place: string;
  readonly text: string;
  readonly fate: Fate;
  readonly traffic: Region;
  /** False where only some of that traffic is taken, and which cannot be told from the rule. */
  readonly certain: boolean;
};

/** A rule that was looked for, as the packets come to it. */
export type Arrival = {
  readonly place: string;
  readonly table: string;
  readonly rule: RuleLine;
  readonly match: Match;
  /** What the chains above it can send here at all, whatever other rules take. */
  readonly offered: Region;
  readonly taken: readonly Taken[];
};

/** The chains that a packet for this host passes, in their order (`net/ipv4/netfilter/`, NF_IP_PRI_*). */
const way: readonly (readonly [table: string, chain: string])[] = [
  ['raw', 'PREROUTING'],
  ['mangle', 'PREROUTING'],
  ['nat', 'PREROUTING'],
  ['mangle', 'INPUT'],
  ['filter', 'INPUT'],
  ['security', 'INPUT'],
  ['nat', 'INPUT'],
];

/** Targets that look at a packet or change it and let it go on. */
const passing = new Set(
  'LOG ULOG NFLOG MARK CONNMARK TCPMSS TCPOPTSTRIP CLASSIFY DSCP TOS TTL HL TRACE AUDIT SECMARK CONNSECMARK SET CHECKSUM IDLETIMER LED RATEEST TEE ECN HMARK CLUSTERIP'.split(
    ' ',
  ),
);

const fates: Readonly<Record<string, Fate>> = {
  ACCEPT: 'accepted',
  DROP: 'dropped',
  REJECT: 'rejected',
  TARPIT: 'rejected',
  DNAT: 'redirected',
  REDIRECT: 'redirected',
  NETMAP: 'redirected',
  TPROXY: 'redirected',
};

/** A bound on the work for one ruleset; real ones stay far below it, and iptables itself refuses loops. */
const maxSteps = 200_000;

/**
 * Follows the VIP's packets through a ruleset and reports every wanted rule they can come to, with what was taken
 * from them before. A wanted rule that is not reported stands where no packet for this host passes.
 */
export function followPackets(
  ruleset: Ruleset,
  packets: Packets,
  wanted: (rule: RuleLine) => boolean,
): readonly Arrival[] {
  const walk = new Walk(ruleset, packets, wanted);
  let taken: readonly Taken[] = [];
  for (const [table, chain] of way) {
    walk.enter(table, taken);
    const through = walk.chain(chain, [allTraffic(packets.family)], true, 0);
    const policy = ruleset.get(table)?.get(chain)?.policy ?? 'ACCEPT';
    if (policy !== 'ACCEPT') walk.take(`${table} ${chain}`, `-P ${chain} ${policy}`, 'dropped', through, true);
    // To accept ends one table only; the next one sees those packets again.
    taken = walk.taken.filter(({ fate }) => fate !== 'accepted');
  }
  return walk.arrivals;
}

/** The state of one walk: the table it is in, what it found so far. */
class Walk {
  readonly arrivals: Arrival[] = [];
  taken: Taken[] = [];
  private readonly ruleset: Ruleset;
  private readonly packets: Packets;
  private readonly wanted: (rule: RuleLine) => boolean;
  private table = '';
  private steps = 0;

  constructor(ruleset: Ruleset, packets: Packets, wanted: (rule: RuleLine) => boolean) {
    this.ruleset = ruleset;
    this.packets = packets;
    this.wanted = wanted;
  }

  enter(table: string, taken: readonly Taken[]): void {
    this.table = table;
    this.taken = [...taken];
  }

  /** Sends packets through a chain; comes back with those that return to the caller. */
  chain(name: string, arriving: Region, certain: boolean, depth: number): Region {
    const chain = this.ruleset.get(this.table)?.get(name);
    if (chain === undefined || depth > 64) return arriving;
    let here = arriving;
    let returned: Region = [];
    for (const rule of chain.rules) {
      if (++this.steps > maxSteps) return arriving;
      const match = matchRule(rule, this.packets);
      const place = `${this.table} ${name}`;
      if (this.wanted(rule)) {
        this.arrivals.push({ place, table: this.table, rule, match, offered: here, taken: [...this.taken] });
        continue;
      }
      const matched = intersect(here, match.traffic);
      const back = this.apply(rule, match, matched, place, certain && match.exact, depth);
      if (back === null || !match.exact) continue;
      here = subtract(here, subtract(matched, back.stay));
      returned = unite(returned, back.leave);
    }
    return unite(here, returned);
  }

  /** What becomes of the matched packets: those that stay in the chain, those that leave it for its caller; null: all stay. */
  private apply(
    rule: RuleLine,
    match: Match,
    matched: Region,
    place: string,
    certain: boolean,
    depth: number,
  ): { stay: Region; leave: Region } | null {
    const { target } = match;
    if (target === null || passing.has(target)) return null;
    if (target === 'RETURN') return { stay: [], leave: matched };
    if (this.ruleset.get(this.table)?.has(target) === true) {
      const back = this.chain(target, matched, certain, depth + 1);
      return match.goto ? { stay: [], leave: back } : { stay: back, leave: [] };
    }
    const untracked = target === 'NOTRACK' || (target === 'CT' && match.targetWords.includes('--notrack'));
    if (target === 'CT' && !untracked) return null;
    this.take(place, rule.text, untracked ? 'untracked' : (fates[target] ?? 'unknown'), matched, certain);
    return null;
  }

  /** Notes what a rule takes away of the packets that no earlier one has taken for certain. */
  take(place: string, text: string, fate: Fate, matched: Region, certain: boolean): void {
    const gone = this.taken.filter((earlier) => earlier.certain && earlier.fate !== 'untracked');
    const traffic = gone.reduce<Region>((rest, earlier) => subtract(rest, earlier.traffic), matched);
    if (!isEmpty(traffic)) this.taken.push({ place, text, fate, traffic, certain: certain && fate !== 'unknown' });
  }
}
