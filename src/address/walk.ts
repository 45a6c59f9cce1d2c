import type { FibGap, FibRoute } from './fib.ts';
import { type Ip, type IpBlock, wholeFamily } from './ip.ts';
import { divideTable, type Piece } from './lookup.ts';
import type { PolicyRule } from './policy.ts';
import type { Case, Lead, Routing, Sender, Stretch } from './routing.ts';

/** Addresses whose route is not decided yet, with what was found for them so far. */
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
  const parts = within.map((block): Open => ({ block, cases: [], gaps: [] }));
  return merged(walk({ rules, sender, tables: tablesOf(routing, sender) }, 0, parts));
}

/** The rules, in order of priority, and the tables. */
type Asked = {
  readonly rules: readonly PolicyRule[];
  readonly sender: Sender;
  readonly tables: ReturnType<typeof tablesOf>;
};

/** Asks the rules from one of them on. */
function walk(asked: Asked, from: number, parts: readonly Open[]): readonly Stretch[] {
  const { rules, sender } = asked;
  const open = new Map<number, Open[]>([[from, [...parts]]]);
  const done: Stretch[] = [];
  for (const [at, rule] of rules.entries()) {
    // Nothing is open before the first one.
    for (const one of open.get(at) ?? []) {
      const { fits, others } = split(one, rule, sender);
      push(open, at + 1, others);
      for (const fit of fits) {
        const step = follow(asked, at, rule, fit);
        done.push(...step.done);
        push(open, step.next, step.open);
      }
    }
  }
  const none: Case = { when: [], lead: { kind: 'refused', why: 'none', route: null }, rule: null };
  return [...done, ...(open.get(rules.length) ?? []).map((one) => ({ ...one, cases: [...one.cases, none] }))];
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

/** Which of some addresses a rule matches, and which it leaves to the next one. */
function split(
  one: Open,
  rule: PolicyRule,
  sender: Sender,
): { readonly fits: readonly Fit[]; readonly others: readonly Open[] } {
  const conditions = conditionsOf(rule, sender);
  const [inside, outside] = mayFit(rule, sender) ? divide(one, rule.to) : [[], [one]];
  const under = (parts: readonly Open[], when: readonly string[]) => parts.map((part) => ({ part, when }));
  if (!rule.not) return { fits: under(inside, conditions), others: outside };
  // A packet that misses one selector is matched, whatever the others require.
  if (conditions.length === 0) return { fits: under(outside, []), others: inside };
  return { fits: [...under(outside, []), ...under(inside, [`not ${conditions.join(' ')}`])], others: [] };
}

/** Which of some addresses are in a block, and which are not. */
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

/** Conditions of a rule that the sender does not settle. */
function conditionsOf({ mark, others }: PolicyRule, sender: Sender): readonly string[] {
  if (mark === null || sender.mark !== null) return others;
  return [`fwmark 0x${mark.value.toString(16)}/0x${mark.mask.toString(16)}`, ...others];
}

/** What a rule has decided, and what is left to the rule `next`. */
type Step = { readonly done: readonly Stretch[]; readonly open: readonly Open[]; readonly next: number };

/** What a rule does with addresses that it is for. */
function follow(asked: Asked, at: number, rule: PolicyRule, { part, when }: Fit): Step {
  const { rules, sender, tables } = asked;
  const next = at + 1;
  const { action } = rule;
  if (action.kind === 'nop') return { done: [], open: [part], next };
  if (action.kind === 'goto') {
    const target = action.resolved ? rules.findIndex(({ priority }) => priority === action.priority) : -1;
    // One that leads nowhere is passed over.
    if (target <= at) return { done: [], open: [part], next };
    return when.length === 0
      ? { done: [], open: [part], next: target }
      : { done: [], open: branch(asked, target, { part, when }), next };
  }
  if (action.kind === 'table') {
    const table = tables(action.table === vrfTable ? (sender.vrfTable ?? '') : action.table);
    return { ...lookUp(part, rule, when, table), next };
  }
  const lead: Lead =
    action.kind === 'unknown'
      ? { kind: 'unknown', what: rule.text }
      : { kind: 'refused', why: action.kind, route: null };
  return { ...settled(part, [{ when, lead, rule }]), next };
}

/** Some packets go on at another rule: its cases are theirs, and the others go on here. */
function branch(asked: Asked, target: number, { part, when }: Fit): readonly Open[] {
  return walk(asked, target, [{ ...part, cases: [] }]).map(({ block, cases, gaps }) => ({
    block,
    cases: [...part.cases, ...cases.map((one) => ({ ...one, when: [...when, ...one.when] }))],
    gaps,
  }));
}

type Settled = Omit<Step, 'next'>;

/** Adds cases; a way that ends for all packets is done. */
function settled(part: Open, cases: readonly Case[]): Settled {
  const next = { ...part, cases: [...part.cases, ...cases] };
  return cases.at(-1)?.when.length === 0 ? { done: [next], open: [] } : { done: [], open: [next] };
}

function lookUp(
  part: Open,
  rule: PolicyRule,
  when: readonly string[],
  table: ReturnType<ReturnType<typeof tablesOf>>,
): Settled {
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
  return { done: steps.flatMap(({ done }) => done), open: steps.flatMap(({ open }) => open) };
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

/** In order; neighbours that are treated alike are joined. */
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
