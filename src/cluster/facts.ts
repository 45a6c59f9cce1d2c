import { type HostAddresses, locate, type Placement, readAddresses } from '../address/index.ts';
import { type BackendChoice, mostComparisons, type Reading, readHeldBuckets, readRules } from '../netfilter/index.ts';
import type { Snapshot } from '../snapshot/index.ts';

/** A node that gave a whole snapshot. */
export type ReachedNode = {
  readonly name: string;
  readonly reached: true;
  /** The account that the snapshot was taken under, for the sudoers line. */
  readonly user: string;
  readonly host: HostAddresses;
  /** Where it has the VIP; empty when it has it nowhere. */
  readonly placements: readonly Placement[];
  readonly reading: Reading;
};

/** A node that gave nothing, or nothing whole. */
export type SilentNode = { readonly name: string; readonly reached: false; readonly reason: string };

export type NodeFacts = ReachedNode | SilentNode;

/**
 * Which facts to take from the rules: all, with a part (0 to 1) of the work that one node may cost, or only the held
 * buckets with the number of buckets said by the user.
 */
export type RuleSource =
  | { readonly skipRules: false; readonly backend: BackendChoice; readonly effort?: number }
  | { readonly skipRules: true; readonly total: number | null };

/** Takes everything that is judged about a VIP out of a node's snapshot. */
export function factsOf(name: string, snapshot: Snapshot, vip: string, source: RuleSource): ReachedNode {
  const host = readAddresses(snapshot);
  return {
    name,
    reached: true,
    user: snapshot.host.user,
    host,
    placements: locate(host, vip),
    reading: source.skipRules
      ? readHeldBuckets(snapshot, vip, source.total)
      : readRules(snapshot, vip, source.backend, Math.floor((source.effort ?? 1) * mostComparisons)),
  };
}
