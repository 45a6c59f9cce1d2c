import type { Hash } from './hash.ts';
import { type Condition, every, remembered, type State } from './packet.ts';
import type { Backend } from './rule.ts';

/** How a rule looks at a hash. */
export type ClusterUse = {
  readonly backend: Backend;
  /** Equal for equal hashes of the same number of residues on this node. */
  readonly id: string;
  readonly hash: Hash;
  readonly total: number;
  /** What the rule calls the first residue. */
  readonly offset: number;
  /** Residues that it lets through, as bits; null where a later rule decides. */
  readonly claims: bigint | null;
};

/** What a rule does with packets that come to it; `reset` is the rejection of TCP by its own means; `unknown` may be any. */
export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'reject' | 'reset' | 'redirect' | 'return' | 'unknown' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** One step of a rule; a rule's parts are passed from left to right. */
export type Part =
  | { readonly kind: 'when'; readonly read: Condition; readonly plain: boolean }
  /** Looks at a hash: a condition that leaves its trace on packets that do not meet it too. */
  | {
      readonly kind: 'cluster';
      readonly read: Condition;
      readonly use: ClusterUse;
      readonly change: (state: State) => State;
    }
  | { readonly kind: 'set'; readonly change: (state: State) => State }
  | { readonly kind: 'untrack' }
  /** Looks at a hash in a way that is not understood. */
  | { readonly kind: 'puzzle'; readonly what: string }
  | { readonly kind: 'choose'; readonly cases: readonly Case[] }
  | { readonly kind: 'end'; readonly verdict: Verdict };

export type Case = { readonly read: Condition; readonly plain: boolean; readonly verdict: Verdict };

/** A rule, whatever tool wrote it. */
export type ChainRule = {
  /** What it is changed with: `iptables`, `ip6tables-legacy`, `nft`. */
  readonly tool: string;
  readonly text: string;
  readonly parts: readonly Part[];
  /** True when it names the VIP as destination. */
  readonly names: boolean;
  /** The interface that it is bound to, when it is exactly one. */
  readonly ifname: string | null;
  /** True where a cluster manager wrote it. */
  readonly managed: boolean;
  /** The cluster MAC, where the rule names it. */
  readonly mac: string | null;
};

export type Chain = { readonly place: string; readonly rules: readonly ChainRule[] };

/** A chain that the kernel itself calls. */
export type BaseChain = {
  readonly hook: 'ingress' | 'prerouting' | 'input' | 'other';
  readonly priority: number;
  /** A nat chain sees only the packet that opens a connection. */
  readonly nat: boolean;
  readonly chain: Chain;
  readonly policy: 'accept' | 'drop';
  /** How the policy reads as a rule. */
  readonly policyText: string;
  /** The other chains of its table, by name. */
  readonly table: ReadonlyMap<string, Chain>;
};

/** Everything a node's packets can pass, from whatever tool. */
export type Program = {
  readonly bases: readonly BaseChain[];
  /** Every chain, those that nothing reaches too. */
  readonly chains: readonly Chain[];
};

/** The conditions of a rule, those that say the same of every packet as one: a large firewall has thousands. */
export function fused(parts: readonly Part[], family: 4 | 6): readonly Part[] {
  const conditions = parts.filter((part) => part.kind === 'when');
  const plain = conditions.filter((part) => part.plain).map(({ read }) => read);
  const together: Part = { kind: 'when', plain: true, read: remembered(every(plain, family)) };
  return [...(plain.length === 0 ? [] : [together]), ...conditions.filter((part) => !part.plain)];
}
