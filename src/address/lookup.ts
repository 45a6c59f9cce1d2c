import type { FibRoute, Hop } from './fib.ts';
import { type Ip, type IpBlock, wholeFamily } from './ip.ts';

/** Addresses for which a table gives the same answer: the route, and those that would take precedence for some packets. */
export type Piece = {
  readonly block: IpBlock;
  /** Null: the table has none. */
  readonly route: FibRoute | null;
  /** Routes for a type of service, which only packets with that take. */
  readonly special: readonly FibRoute[];
};

/** Routes of one block. */
type Node = { readonly block: IpBlock; readonly route: FibRoute | null; readonly special: readonly FibRoute[] };

/**
 * Divides a family's addresses by which route of a table the longest prefix gives them, in order and without gaps: among
 * equal prefixes the lowest metric wins, and dead next hops are passed over (Linux: fib_table_lookup, fib6_table_lookup).
 * IPv6 routes of one metric are one route of several next hops; those for other sources than `source` are left aside.
 */
export function divideTable(routes: readonly FibRoute[], family: 4 | 6, source: Ip | null): readonly Piece[] {
  const nodes = nodesOf(routes.filter((route) => applies(route, source)).flatMap((route) => alive(route) ?? []));
  const pieces: Piece[] = [];
  const stack: Node[] = [];
  const whole = wholeFamily(family);
  let at = whole.low;
  const upTo = (high: bigint) => {
    if (high < at) return;
    pieces.push(pieceOf({ family, low: at, high }, stack));
    at = high + 1n;
  };
  // Blocks of prefixes lie within each other or apart.
  const leave = (before: bigint | null) => {
    for (
      let top = stack.at(-1);
      top !== undefined && (before === null || top.block.high < before);
      top = stack.at(-1)
    ) {
      upTo(top.block.high);
      stack.pop();
    }
  };
  for (const node of nodes) {
    leave(node.block.low);
    upTo(node.block.low - 1n);
    stack.push(node);
  }
  leave(null);
  upTo(whole.high);
  return pieces;
}

function pieceOf(block: IpBlock, stack: readonly Node[]): Piece {
  const special: FibRoute[] = [];
  for (const node of [...stack].reverse()) {
    special.push(...node.special);
    if (node.route !== null) return { block, route: node.route, special };
  }
  return { block, route: null, special };
}

/** One node a block, the outer ones first. */
function nodesOf(routes: readonly FibRoute[]): readonly Node[] {
  const groups = new Map<string, FibRoute[]>();
  for (const route of routes) {
    const key = `${route.block.low}/${route.prefix}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [route]);
    else group.push(route);
  }
  return [...groups.values()]
    .flatMap((group) => nodeOf(group) ?? [])
    .sort((a, b) =>
      a.block.low === b.block.low ? compare(b.block.high, a.block.high) : compare(a.block.low, b.block.low),
    );
}

function nodeOf(group: readonly FibRoute[]): Node | null {
  const [any] = group;
  if (any === undefined) return null;
  const special = group.filter(isSpecial);
  const plain = group
    .filter((route) => !isSpecial(route))
    .sort((a, b) => narrowness(b) - narrowness(a) || a.metric - b.metric);
  const [first] = plain;
  if (first === undefined) return { block: any.block, route: null, special };
  const alike = plain.filter(
    (route) =>
      any.block.family === 6 &&
      route.type === 'unicast' &&
      first.type === 'unicast' &&
      route.metric === first.metric &&
      narrowness(route) === narrowness(first),
  );
  const route = alike.length > 1 ? { ...first, hops: alike.flatMap(({ hops }) => hops) } : first;
  return { block: any.block, route, special };
}

function isSpecial({ others }: FibRoute): boolean {
  return others.some((one) => /^(?:tos|dsfield) /.test(one));
}

/** IPv6: of the sources that a route is for. */
function narrowness({ from }: FibRoute): number {
  return from === null ? 0 : 129 - (from.high - from.low + 1n).toString(2).length;
}

function applies({ from }: FibRoute, source: Ip | null): boolean {
  if (from === null) return true;
  return source !== null && source.family === from.family && source.value >= from.low && source.value <= from.high;
}

/** Without the next hops that are dead; null when all are. */
function alive(route: FibRoute): FibRoute | null {
  const hops = route.hops.filter(isAlive);
  if (hops.length === route.hops.length) return route;
  return hops.length === 0 ? null : { ...route, hops };
}

function isAlive({ flags }: Hop): boolean {
  return !flags.includes('dead');
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
