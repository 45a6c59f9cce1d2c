import { oncePerSnapshot, type Section, type Snapshot, section } from '../snapshot/index.ts';
import { type FibGap, type FibRoute, parseFib, parseFibGaps } from './fib.ts';
import type { Ip, IpBlock } from './ip.ts';
import { type PolicyRule, parsePolicyRules } from './policy.ts';
import type { Refusal } from './route.ts';

/** How a node routes a packet: the rules of policy routing, and the routes of all tables. */
export type Routing = {
  readonly family: 4 | 6;
  readonly rules: readonly PolicyRule[];
  readonly routes: readonly FibRoute[];
  /** Routes that the snapshot does not carry. */
  readonly gaps: readonly FibGap[];
  /** What could not be read, as it came: it may lead packets anywhere. */
  readonly unread: readonly string[];
  /** What the node's tool does not print of rules and routes. */
  readonly unprinted: readonly string[];
};

/** The packets whose way is asked for. */
export type Sender = {
  /** Their source address; null where the kernel has yet to choose it. */
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

/** What happens to a packet. */
export type Lead =
  | { readonly kind: 'sent'; readonly route: FibRoute }
  /** To the host itself. */
  | { readonly kind: 'own'; readonly route: FibRoute }
  /** Broadcast, multicast or anycast. */
  | { readonly kind: 'group'; readonly route: FibRoute }
  /** By a route, by a rule, or (`none`) because no table has a route. */
  | { readonly kind: 'refused'; readonly why: Refusal; readonly route: FibRoute | null }
  | { readonly kind: 'unknown'; readonly what: string };

/** What happens to the packets that meet all of `when`, which are selectors of rules and routes. */
export type Case = {
  readonly when: readonly string[];
  readonly lead: Lead;
  /** The rule that decided; null where none did. */
  readonly rule: PolicyRule | null;
};

/** Addresses to which all packets of a sender are treated alike. */
export type Stretch = {
  readonly block: IpBlock;
  /** The first one whose `when` holds; the last has none. */
  readonly cases: readonly Case[];
  /** Routes that the snapshot does not carry and that may lead some of these addresses elsewhere. */
  readonly gaps: readonly FibGap[];
};

/** Extracts the routing of a family from a snapshot; a text where a section is missing or was not read. */
export function readRouting(snapshot: Snapshot, family: 4 | 6): Routing | string {
  return routings[family](snapshot);
}

const routings = {
  4: oncePerSnapshot((snapshot) => routingOf(snapshot, 4)),
  6: oncePerSnapshot((snapshot) => routingOf(snapshot, 6)),
} as const;

function routingOf(snapshot: Snapshot, family: 4 | 6): Routing | string {
  const parts = [section(snapshot, `rule${family}`), section(snapshot, `routes${family}`)] as const;
  const [ruleLines, routeLines] = parts;
  const why = whyUnread(ruleLines, 'the rules of policy routing') ?? whyUnread(routeLines, 'the routes');
  if (why !== null || ruleLines === undefined || routeLines === undefined)
    return why ?? 'the routes: not in the snapshot';
  const rules = parsePolicyRules(ruleLines.lines);
  const routes = parseFib(routeLines.lines, family);
  const [unprinted, cut] = byTool([...ruleLines.leftOut, ...routeLines.leftOut]);
  const gaps = parseFibGaps(cut.filter((text) => !ruleLines.leftOut.includes(text)));
  return {
    family,
    rules: rules.read,
    routes: routes.read,
    gaps: gaps.read,
    unread: [
      ...new Set([
        ...rules.unread,
        ...cut.filter((text) => ruleLines.leftOut.includes(text)),
        ...routes.unread,
        ...gaps.unread,
      ]),
    ],
    unprinted: [...new Set(unprinted)],
  };
}

/** What a tool never prints, and what the script has cut off. */
function byTool(leftOut: readonly string[]): readonly [readonly string[], readonly string[]] {
  const isTool = (text: string) => text.startsWith('words that the ip of BusyBox');
  return [leftOut.filter(isTool), leftOut.filter((text) => !isTool(text))];
}

function whyUnread(part: Section | undefined, what: string): string | null {
  if (part === undefined) return `${what}: not in the snapshot`;
  if (part.status === 'read') return null;
  if (part.status === 'missing') return `${what}: ${part.command} is not installed on the node`;
  return `${what}: ${part.errors.at(-1) ?? `exit ${part.exit}`}`;
}
