import { memberFacts, type ReachedNode, type SilentNode } from '../member/index.ts';
import { type BackendChoice, type Reading, readHeldBuckets, readRules, type TrafficSpace } from '../netfilter/index.ts';
import type { Snapshot } from '../snapshot/index.ts';

/** A member, and what its rules say of the VIP's traffic. */
export type ReadNode = ReachedNode & { readonly reading: Reading };

export type NodeFacts = ReadNode | SilentNode;

/** Which facts to take from the rules: all, while there is time, or only the held buckets, with the number of buckets that the user gives. */
export type RuleSource =
  | { readonly skipRules: false; readonly backend: BackendChoice; readonly tooLate?: () => boolean }
  | { readonly skipRules: true; readonly total: number | null };

/** Extracts from a node's snapshot everything that is judged about a VIP. */
export function factsOf(
  name: string,
  snapshot: Snapshot,
  vip: string,
  source: RuleSource,
  space: TrafficSpace,
): ReadNode {
  return {
    ...memberFacts(name, snapshot, vip),
    reading: source.skipRules
      ? readHeldBuckets(snapshot, vip, source.total, space)
      : readRules(snapshot, vip, { space, ...source }),
  };
}
