import { type Section, type Snapshot, section } from '../snapshot/index.ts';
import { type FibGap, type FibRoute, parseFib, parseFibGaps } from './fib.ts';
import { type Ip, type IpBlock, wholeFamily } from './ip.ts';
import { divideTable, type Piece } from './lookup.ts';
import { type PolicyRule, parsePolicyRules } from './policy.ts';
import type { Refusal } from './route.ts';

/** How a node finds the way of a packet: the rules of policy routing, and the routes of all tables. */
export type Routing = {
  readonly family: 4 | 6;
  readonly rules: readonly PolicyRule[];
  readonly routes: readonly FibRoute[];
  /** Routes that the snapshot does not carry. */
  readonly gaps: readonly FibGap[];
  /** What could not be read, as it came: it may lead packets anywhere. */
  readonly unread: readonly string[];
};

/** The packets whose way is asked for. */
export type Sender = {
  /** Their source address; null where the kernel is still to choose it. */
  readonly from: Ip | null;
  /** Their mark; null where it is not known. */
  readonly mark: number | null;
  /** Where they came in; `lo` for the host's own. */
  readonly iif: string;
  /** The interface that the socket is bound to. */
  readonly oif: string | null;
  /** The table of the VRF that they belong to. */
  readonly vrfTable: string | null;
};

/** A host's own packets from an address, with no mark. */
export function ownPackets(from: Ip | null): Sender {
  return { from, mark: 0, iif: 'lo', oif: null, vrfTable: null };
}

/** What becomes of a packet. */
export type Lead =
  | { readonly kind: 'sent'; readonly route: FibRoute }
  /** To the host itself. */
  | { readonly kind: 'own'; readonly route: FibRoute }
  /** Broadcast, multicast or anycast. */
  | { readonly kind: 'group'; readonly route: FibRoute }
  /** By a route, by a rule, or (`none`) because no table has a route. */
  | { readonly kind: 'refused'; readonly why: Refusal; readonly route: FibRoute | null }
  | { readonly kind: 'unknown'; readonly what: string };

/** What becomes of the packets that fulfil all of `when`, which are selectors of rules and routes. */
export type Case = {
  readonly when: readonly string[];
  readonly lead: Lead;
  /** The rule that decided; null where none did. */
  readonly rule: PolicyRule | null;
};

/** Addresses to which all of a sender's packets fare alike. */
export type Stretch = {
  readonly block: IpBlock;
  /** The first one whose `when` holds; the last has none. */
  readonly cases: readonly Case[];
  /** Routes that the snapshot does not carry and that may lead some of these addresses elsewhere. */
  readonly gaps: readonly FibGap[];
};

/** Takes the routing of a family out of a snapshot; a text where a section is not there or was not read. */
export function readRouting(snapshot: Snapshot, family: 4 | 6): Routing | string {
  const parts = [section(snapshot, `rule${family}`), section(snapshot, `routes${family}`)] as const;
  const [ruleLines, routeLines] = parts;
  const why = whyUnread(ruleLines, 'the rules of policy routing') ?? whyUnread(routeLines, 'the routes');
  if (why !== null || ruleLines === undefined || routeLines === undefined)
    return why ?? 'the routes: not in the snapshot';
  const rules = parsePolicyRules(ruleLines.lines);
  const routes = parseFib(routeLines.lines, family);
  const gaps = parseFibGaps(routeLines.leftOut);
  return {
    family,
    rules: rules.read,
    routes: routes.read,
    gaps: gaps.read,
    unread: [...new Set([...rules.unread, ...ruleLines.leftOut, ...routes.unread, ...gaps.unread])],
  };
}

function whyUnread(part: Section | undefined, what: string): string | null {
  if (part === undefined) return `${what}: not in the snapshot`;
  if (part.status === 'read') return null;
  if (part.status === 'missing') return `${what}: ${part.command} is not installed on the node`;
  return `${what}: ${part.errors.at(-1) ?? `exit ${part.exit}`}`;
}

/** Addresses whose way is still open, with what was found on it so far. */
type Open = { readonly block: IpBlock; readonly cases: readonly Case[]; readonly gaps: readonly FibGap[] };

/**
 * Where a sender's packets to each address of some blocks (by default, of the family) go: the blocks divided into
 * stretches, in order and without gaps. The rules are asked by their priority; a table answers by its longest prefix,
 * and where it has no route, or one of type `throw`, or one that the rule suppresses, the next rule is asked (Linux:
 * fib_rules_lookup). What a rule asks of packets beyond addresses, interfaces and mark stays a condition of a case.
 */
export function routeFor(
  routing: Routing,
  sender: Sender,
  within: readonly IpBlock[] = [wholeFamily(routing.family)],
): readonly Stretch[] {
  const rules = [...routing.rules].sort((a, b) => a.priority - b.priority);
  const tables = tablesOf(routing, sender);
  const open = new Map<number, Open[]>([[0, within.map((block) => ({ block, cases: [], gaps: [] }))]]);
  const done: Stretch[] = [];
  for (const [at, rule] of rules.entries()) {
    for (const one of open.get(at) ?? []) {
      const { fits, others } = split(one, rule, sender);
      push(open, at + 1, others);
      for (const fit of fits) {
        const step = follow(fit, rule, sender, tables);
        done.push(...step.done);
        const to = step.goTo === null ? -1 : rules.findIndex(({ priority }) => priority === step.goTo);
        push(open, to > at ? to : at + 1, step.open);
      }
    }
    open.delete(at);
  }
  const none: Case = { when: [], lead: { kind: 'refused', why: 'none', route: null }, rule: null };
  for (const rest of open.values()) done.push(...rest.map((one) => ({ ...one, cases: [...one.cases, none] })));
  return merged(done);
}

function push(open: Map<number, Open[]>, at: number, parts: readonly Open[]): void {
  const there = open.get(at);
  if (there === undefined) open.set(at, [...parts]);
  else there.push(...parts);
}

/** Gives the pieces and the gaps of a table, each divided once. */
function tablesOf({ routes, gaps, family }: Routing, { from }: Sender) {
  const known = new Map<string, { readonly pieces: readonly Piece[]; readonly gaps: readonly FibGap[] }>();
  return (name: string) => {
    const there = known.get(name);
    if (there !== undefined) return there;
    const table = {
      pieces: divideTable(
        routes.filter((route) => route.table === name),
        family,
        from,
      ),
      gaps: gaps.filter((gap) => gap.table === name),
    };
    known.set(name, table);
    return table;
  };
}

/** Addresses that a rule is for, where the packets fulfil `when`. */
type Fit = { readonly part: Open; readonly when: readonly string[] };

/** What of some addresses a rule is for, and what it leaves to the next one. */
function split(
  one: Open,
  rule: PolicyRule,
  sender: Sender,
): { readonly fits: readonly Fit[]; readonly others: readonly Open[] } {
  const conditions = conditionsOf(rule, sender);
  const [inside, outside] = mayFit(rule, sender) ? divide(one, rule.to) : [[], [one]];
  const under = (parts: readonly Open[], when: readonly string[]) => parts.map((part) => ({ part, when }));
  if (!rule.not) return { fits: under(inside, conditions), others: outside };
  // Whoever misses one selector is meant, whatever the others ask.
  if (conditions.length === 0) return { fits: under(outside, []), others: inside };
  return { fits: [...under(outside, []), ...under(inside, [`not ${conditions.join(' ')}`])], others: [] };
}

/** What of some addresses lies in a block, and what does not. */
function divide(one: Open, within: IpBlock | null): readonly [readonly Open[], readonly Open[]] {
  const { block } = one;
  if (within === null) return [[one], []];
  const part = (low: bigint, high: bigint) => (low > high ? [] : [{ ...one, block: { ...block, low, high } }]);
  if (within.high < block.low || within.low > block.high) return [[], [one]];
  return [
    part(max(block.low, within.low), min(block.high, within.high)),
    [...part(block.low, within.low - 1n), ...part(within.high + 1n, block.high)],
  ];
}

function mayFit({ from, iif, oif, mark, action }: PolicyRule, sender: Sender): boolean {
  if (from !== null && (sender.from === null || !contains(from, sender.from))) return false;
  if (iif !== null && iif !== sender.iif) return false;
  if (oif !== null && oif !== sender.oif) return false;
  if (mark !== null && sender.mark !== null && (sender.mark & mark.mask) !== (mark.value & mark.mask)) return false;
  return !(action.kind === 'table' && action.table === vrfTable && sender.vrfTable === null);
}

const vrfTable = '[l3mdev-table]';

/** What a rule asks that the sender does not say. */
function conditionsOf({ mark, others }: PolicyRule, sender: Sender): readonly string[] {
  if (mark === null || sender.mark !== null) return others;
  return [`fwmark 0x${mark.value.toString(16)}/0x${mark.mask.toString(16)}`, ...others];
}

type Step = { readonly done: readonly Stretch[]; readonly open: readonly Open[]; readonly goTo: number | null };

/** What a rule does with addresses that it is for. */
function follow({ part, when }: Fit, rule: PolicyRule, sender: Sender, tables: ReturnType<typeof tablesOf>): Step {
  const { action } = rule;
  if (action.kind === 'nop') return { done: [], open: [part], goTo: null };
  if (action.kind === 'goto' && when.length === 0)
    return { done: [], open: [part], goTo: action.resolved ? action.priority : null };
  if (action.kind === 'table')
    return lookUp(part, rule, when, tables(action.table === vrfTable ? (sender.vrfTable ?? '') : action.table));
  const lead: Lead =
    action.kind === 'goto' || action.kind === 'unknown'
      ? { kind: 'unknown', what: rule.text }
      : { kind: 'refused', why: action.kind, route: null };
  return settled(part, [{ when, lead, rule }]);
}

/** Adds cases; a way that ends for all packets is done. */
function settled(part: Open, cases: readonly Case[]): Step {
  const next = { ...part, cases: [...part.cases, ...cases] };
  return cases.at(-1)?.when.length === 0
    ? { done: [next], open: [], goTo: null }
    : { done: [], open: [next], goTo: null };
}

function lookUp(
  part: Open,
  rule: PolicyRule,
  when: readonly string[],
  table: ReturnType<ReturnType<typeof tablesOf>>,
): Step {
  const steps = overlapping(table.pieces, part.block).map((piece) => {
    const block = {
      ...part.block,
      low: max(part.block.low, piece.block.low),
      high: min(part.block.high, piece.block.high),
    };
    const gaps = [...new Set([...part.gaps, ...table.gaps])];
    const cases = casesOf(piece, rule, when);
    const open = { ...part, block, gaps };
    return cases.length === 0 ? { done: [], open: [open] } : settled(open, cases);
  });
  return { done: steps.flatMap(({ done }) => done), open: steps.flatMap(({ open }) => open), goTo: null };
}

/** The pieces of a table that a block touches; they are in order and leave nothing out. */
function overlapping(pieces: readonly Piece[], { low, high }: IpBlock): readonly Piece[] {
  let [first, last] = [0, pieces.length];
  while (first < last) {
    const middle = (first + last) >> 1;
    const piece = pieces[middle];
    if (piece !== undefined && piece.block.high < low) first = middle + 1;
    else last = middle;
  }
  const end = pieces.findIndex(({ block }, i) => i >= first && block.low > high);
  return pieces.slice(first, end < 0 ? undefined : end);
}

function casesOf({ route, special }: Piece, rule: PolicyRule, when: readonly string[]): readonly Case[] {
  return [...special, ...(route === null ? [] : [route])].flatMap((one) => {
    const { action } = rule;
    if (one.type === 'throw') return [];
    if (action.kind === 'table' && action.suppressPrefix !== null && one.prefix <= action.suppressPrefix) return [];
    const group =
      action.kind === 'table' && action.suppressGroup !== null ? [`not by group ${action.suppressGroup}`] : [];
    const tos = special.includes(one) ? one.others.filter((other) => /^(?:tos|dsfield) /.test(other)) : [];
    return [{ when: [...when, ...group, ...tos], lead: leadOf(one), rule }];
  });
}

function leadOf(route: FibRoute): Lead {
  switch (route.type) {
    case 'unicast':
      return { kind: 'sent', route };
    case 'local':
      return { kind: 'own', route };
    case 'broadcast':
    case 'multicast':
    case 'anycast':
      return { kind: 'group', route };
    case 'blackhole':
    case 'unreachable':
    case 'prohibit':
      return { kind: 'refused', why: route.type, route };
    default:
      return { kind: 'unknown', what: route.text };
  }
}

/** In order, neighbours that fare alike as one. */
function merged(stretches: readonly Stretch[]): readonly Stretch[] {
  const result: Stretch[] = [];
  for (const one of [...stretches].sort((a, b) => (a.block.low < b.block.low ? -1 : 1))) {
    const last = result.at(-1);
    if (last !== undefined && last.block.high + 1n === one.block.low && isAlike(last, one))
      result[result.length - 1] = { ...last, block: { ...last.block, high: one.block.high } };
    else result.push(one);
  }
  return result;
}

function isAlike(a: Stretch, b: Stretch): boolean {
  if (a.cases.length !== b.cases.length || a.gaps.length !== b.gaps.length) return false;
  return (
    a.gaps.every((gap, i) => gap === b.gaps[i]) &&
    a.cases.every((one, i) => {
      const other = b.cases[i];
      return (
        other !== undefined &&
        one.rule === other.rule &&
        sameLead(one.lead, other.lead) &&
        one.when.join() === other.when.join()
      );
    })
  );
}

function sameLead(a: Lead, b: Lead): boolean {
  if (a.kind === 'unknown' || b.kind === 'unknown')
    return a.kind === b.kind && 'what' in a && 'what' in b && a.what === b.what;
  if (a.kind !== b.kind || a.route !== b.route) return false;
  return !('why' in a) || ('why' in b && a.why === b.why);
}

function contains(block: IpBlock, { family, value }: Ip): boolean {
  return block.family === family && value >= block.low && value <= block.high;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
