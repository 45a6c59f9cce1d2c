import type { Fault } from '../findings/index.ts';
import type { Traffic } from '../netfilter/index.ts';

/** What one stretch of a client's way does on a node, beside what its cluster rule says. */
export type Stretch = {
  readonly faults: readonly Fault[];
  /** Packets that certainly do not get through, or whose answers do not: nothing where none is lost. */
  readonly lost: Traffic;
  /** Packets for which that is not known. */
  readonly doubt: Traffic;
};

/** The stretches of each node's way, by its name. */
export type Stretches = ReadonlyMap<string, readonly Stretch[]>;
