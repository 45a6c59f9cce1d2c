import type { Family, IpBlock } from '../address/index.ts';
import type { BackendChoice, Bucket, Client } from '../netfilter/index.ts';
import type { State, Thresholds } from '../plugin/index.ts';

/** What the user wants judged, and against what. */
export type Wanted = {
  readonly vip: string;
  /** Asserts the number of buckets that the rules say. */
  readonly totalNodes: number | undefined;
  /** The cluster MAC, lower case with colons. */
  readonly mac: string | undefined;
  /** How many buckets a node may hold. */
  readonly held: Thresholds;
  /** How a node counts that gave nothing and whose buckets no other node holds. */
  readonly unreachable: State;
  readonly skip: readonly ('rules' | 'vip' | 'mac' | 'arp')[];
  /** The backend that every rule must be of; `auto` takes what is there. */
  readonly backend: BackendChoice;
  /** Where clients are; without any, everywhere. */
  readonly networks: readonly IpBlock[];
  /** Clients whose answering nodes are to be listed. */
  readonly clients: readonly AskedClient[];
  /** The buckets that the one node must hold; coverage is not judged then. */
  readonly expectBuckets: readonly Bucket[] | undefined;
};

/** A client that the user asks about; ports are null where the user gave none. */
export type AskedClient = {
  /** As the user wrote it. */
  readonly text: string;
  readonly family: Family;
  readonly protocol: Client['protocol'];
  readonly saddr: bigint;
  readonly sport: number | null;
  readonly dport: number | null;
};
