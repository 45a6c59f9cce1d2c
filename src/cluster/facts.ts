import { type HostAddresses, locate, type Placement, readAddresses } from '../address/index.ts';
import { type BackendChoice, type Reading, readHeldBuckets, readRules, type TrafficSpace } from '../netfilter/index.ts';
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

/** Which facts to take from the rules: all, while there is time, or only the held buckets with the number that the user says. */
export type RuleSource =
  | { readonly skipRules: false; readonly backend: BackendChoice; readonly tooLate?: () => boolean }
  | { readonly skipRules: true; readonly total: number | null };

/** Takes everything that is judged about a VIP out of a node's snapshot. */
export function factsOf(
  name: string,
  snapshot: Snapshot,
  vip: string,
  source: RuleSource,
  space: TrafficSpace,
): ReachedNode {
  const host = readAddresses(snapshot);
  return {
    name,
    reached: true,
    user: snapshot.host.user,
    host,
    placements: locate(host, vip),
    reading: source.skipRules
      ? readHeldBuckets(snapshot, vip, source.total, space)
      : readRules(snapshot, vip, { space, ...source }),
  };
}
