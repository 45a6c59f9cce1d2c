import { type Condition, every, remembered, when } from './condition.ts';
import type { Hash } from './hash.ts';
import type { Carried, Destination } from './packet.ts';
import type { Backend, Extension } from './rule.ts';
import type { Traffic, TrafficSpace } from './traffic.ts';

/** How a rule looks at a hash. */
export type ClusterUse = {
  readonly backend: Backend;
  /** Equal for equal hashes of the same number of residues on this node. */
  readonly id: string;
  readonly hash: Hash;
  readonly total: number;
  /** What the rule calls the first residue. */
  readonly offset: number;
  /** The residues that it lets through; null where a later rule decides. */
  readonly claims: Traffic | null;
};

/** What a rule does with packets that reach it. */
export type Verdict =
  | {
      readonly kind:
        | 'accept'
        | 'drop'
        | 'reject'
        /** Rejects TCP by its own means, which go out whatever the frame was addressed to. */
        | 'reset'
        | 'return'
        /** Leaves it to a program, or to the kernel's own flood protection. */
        | 'queue'
        /** May be any. */
        | 'unknown';
    }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  /** Sends to another address or port; `to` where that is known and this host's own. */
  | { readonly kind: 'redirect'; readonly to?: Destination };

/** One step of a rule; a rule's parts are passed from left to right. */
export type Part =
  | WhenPart
  /** Looks at a hash: a condition that also leaves its trace on packets that do not meet it. */
  | {
      readonly kind: 'cluster';
      readonly read: Condition;
      readonly use: ClusterUse;
      readonly change: (carried: Carried) => Carried;
    }
  | { readonly kind: 'set'; readonly change: (carried: Carried) => Carried }
  | { readonly kind: 'untrack' }
  /** Puts connections into another zone of connection tracking. */
  | { readonly kind: 'zone' }
  /** Looks at a hash in a way that is not understood. */
  | { readonly kind: 'puzzle'; readonly what: string }
  /** Ends as the first case says that a packet meets; what meets none leaves the rule. */
  | { readonly kind: 'choose'; readonly cases: readonly Case[] }
  | { readonly kind: 'end'; readonly verdict: Verdict };

/** A condition; `plain` where it gives the same result for every packet of an interface, whatever else it carries. */
export type WhenPart = { readonly kind: 'when'; readonly read: Condition; readonly plain: boolean };

/** `continue`: its packets go on to the rule's next part. */
export type Case = {
  readonly read: Condition;
  readonly plain: boolean;
  readonly verdict: Verdict | { readonly kind: 'continue' };
};

/** A rule, whatever tool wrote it. */
export type ChainRule = {
  /** What it is changed with: `iptables`, `ip6tables-legacy`, `nft`. */
  readonly tool: string;
  /** The backend whose rules that tool writes. */
  readonly backend: Backend;
  readonly text: string;
  readonly parts: readonly Part[];
  /** True when it names the VIP as destination. */
  readonly names: boolean;
  /** True when it matches sources that are in a list. */
  readonly lists: boolean;
  /** The interface that it is bound to, when it is exactly one. */
  readonly ifname: string | null;
  /** True where a cluster manager wrote it. */
  readonly managed: boolean;
  /** The cluster MAC, where the rule names it. */
  readonly mac: string | null;
  /** Null where it is not a cluster rule of a form that can be repeated with another bucket. */
  readonly extension: Extension | null;
  /** What the rule turns the source of outgoing packets into, if it does. */
  readonly rewrites?: Rewriting;
  /** True where it asks connection tracking for connections that are established. */
  readonly established?: boolean;
  /** True where it asks a set of destinations that is kept elsewhere: it meets all packets to the VIP, or none. */
  readonly destinations?: boolean;
};

/** Another source address: that of the interface, one of a range, or what is not understood. */
export type Rewriting =
  | { readonly kind: 'masquerade' }
  | { readonly kind: 'address'; readonly low: bigint; readonly high: bigint }
  | { readonly kind: 'unknown' };

export type Chain = {
  readonly place: string;
  readonly rules: readonly ChainRule[];
  /** The table of it, where that is dormant: the kernel does not call its chains. */
  readonly asleep?: string;
};

/** A chain that the kernel itself calls. */
export type BaseChain = {
  readonly hook:
    | ('ingress' | 'bridge prerouting' | 'bridge input' | 'prerouting' | 'input')
    | ('output' | 'postrouting' | 'egress' | 'bridge output' | 'bridge postrouting')
    | 'other';
  readonly priority: number;
  /** Its table, as nft names it: among chains with the same hook and priority, those of younger tables run first. */
  readonly owner: string | null;
  /** The interfaces whose packets it sees; empty where it sees those of all. */
  readonly devices: readonly string[];
  /** A nat chain sees only the packet that opens a connection. */
  readonly nat: boolean;
  /** A chain behind which the route of what leaves is chosen again if it has changed the mark: nft's type route, mangle OUTPUT. */
  readonly reroutes: boolean;
  readonly chain: Chain;
  /** What drops the packets that its rules leave, as a rule; null where they go on. */
  readonly policy: ChainRule | null;
  /** The other chains of its table, by name. */
  readonly table: ReadonlyMap<string, Chain>;
};

/** Everything a node's packets can pass, from whatever tool. */
export type Program = {
  readonly bases: readonly BaseChain[];
  /** Every chain, those that nothing reaches too. */
  readonly chains: readonly Chain[];
  /** True where any rule remembers marks with the connection, so that later packets do not begin with none. */
  readonly setsConnmarks: boolean;
};

/** A base chain's policy as a rule. */
export function policyRule(tool: string, backend: Backend, text: string): ChainRule {
  return {
    tool,
    backend,
    text,
    parts: [{ kind: 'end', verdict: { kind: 'drop' } }],
    names: false,
    lists: false,
    ifname: null,
    managed: false,
    mac: null,
    extension: null,
  };
}

/**
 * A rule that names another address as destination, where packets stay with theirs: it is not met. The rules of many VIPs
 * are mostly such, and reading them whole for each VIP takes longer than all else.
 */
export function ruleElsewhere(
  tool: string,
  backend: Backend,
  text: string,
  accepts: boolean,
  space: TrafficSpace,
): ChainRule {
  const never: Part = { kind: 'when', plain: true, read: () => when(false, space) };
  return {
    ...policyRule(tool, backend, text),
    parts: [never, { kind: 'end', verdict: { kind: accepts ? 'accept' : 'drop' } }],
  };
}

/** The conditions of a rule, with those that are the same for every packet joined: a large firewall has thousands. */
export function fused(parts: readonly Part[], space: TrafficSpace): readonly Part[] {
  const conditions = parts.filter((part) => part.kind === 'when');
  const plain = conditions.filter((part) => part.plain).map(({ read }) => read);
  const together: Part = { kind: 'when', plain: true, read: remembered(every(plain, space)) };
  return [...(plain.length === 0 ? [] : [together]), ...conditions.filter((part) => !part.plain)];
}

/** The rules of a base chain, less those at its end that only accept what its policy accepts anyway. */
export function withoutIdleEnd(rules: readonly ChainRule[]): readonly ChainRule[] {
  let end = rules.length;
  while (end > 0 && rules[end - 1]?.parts.every(onlyAccepts)) end--;
  return end === rules.length ? rules : rules.slice(0, end);
}

function onlyAccepts(part: Part): boolean {
  return part.kind === 'when' || (part.kind === 'end' && part.verdict.kind === 'accept');
}
