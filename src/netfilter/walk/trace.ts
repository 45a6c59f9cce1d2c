import type { Doubt } from '../model/condition.ts';
import type { Flow } from '../model/packet.ts';
import type { BaseChain, ChainRule, ClusterUse } from '../model/program.ts';
import type { Traffic } from '../model/traffic.ts';

/** How a rule ends the way of packets, as far as the cluster's rule is concerned. */
export type Fate = 'accepted' | 'dropped' | 'rejected' | 'redirected' | 'untracked' | 'unknown';

/** Packets that a rule takes away. */
export type Taken = {
  /** `filter INPUT`: the table and the chain of the rule. */
  readonly place: string;
  readonly rule: ChainRule;
  readonly fate: Fate;
  readonly traffic: Traffic;
  /** False where only some of that traffic is taken, and the rule does not show which. */
  readonly certain: boolean;
  /** True where that depends on another rule, which may have let them through, changed them or sent them here. */
  readonly doubted: boolean;
  /** Why the rule's own conditions leave open which packets it takes; null where they do not. */
  readonly doubt: Doubt | null;
  /** True where another rule has changed the mark that a cluster rule gave them. */
  readonly estranged: boolean;
  /** True where they are denied because of the mark that a cluster rule gave them. */
  readonly byMark: boolean;
  /** True where a program, or the kernel's flood protection, decides what happens to them. */
  readonly queued: boolean;
  /** True where a cluster rule had made it this host's: then a refusal is really sent. */
  readonly claimed: boolean;
  /** True where TCP gets a reset, which is sent whatever the frame was addressed to. */
  readonly resets: boolean;
};

/** A cluster rule, and the packets that reach it. */
export type Arrival = {
  readonly base: BaseChain;
  readonly place: string;
  readonly rule: ChainRule;
  readonly use: ClusterUse;
  /** What chains and the rule's own conditions can send to the hash at all, whatever other rules take. */
  readonly offered: Traffic;
  /** What its own conditions by themselves would send to the hash. */
  readonly own: Traffic;
  /** False where its conditions, or another rule's, leave open which of that comes to the hash. */
  readonly exact: boolean;
  /** False where other rules have taken all of that before. */
  readonly reached: boolean;
  /** The other rule that does, where it is one. */
  readonly sender: Place | null;
  /** What other rules have taken before. */
  readonly taken: readonly Taken[];
};

/** A rule that packets for the VIP reach, and that uses a hash in a way that is not understood. */
export type Puzzle = { readonly place: string; readonly rule: ChainRule; readonly what: string };

/** What happens to packets for the VIP on a node. */
export type Trace = {
  readonly arrivals: readonly Arrival[];
  /**
   * What was taken of packets whose hash a cluster rule had looked at: by the cluster's own DROP, or by a firewall
   * after it.
   */
  readonly takenBehind: readonly Taken[];
  /** What was taken of packets that met no cluster rule up to the end of the way. */
  readonly taken: readonly Taken[];
  readonly puzzles: readonly Puzzle[];
  /** Rules that changed packets, where it is not known which ones. */
  readonly blurred: readonly Place[];
  /** Rules that put packets into another zone of connection tracking. */
  readonly zones: readonly Place[];
  /** True where a rule looks at connection tracking for packets of such a zone: their answers are not in it. */
  readonly asksZone: boolean;
  /** What reaches the host itself. */
  readonly delivered: readonly Flow[];
  /** False when the ruleset is too large to follow, or loops. */
  readonly complete: boolean;
};

/** Where a rule is. */
export type Place = { readonly place: string; readonly rule: ChainRule };
