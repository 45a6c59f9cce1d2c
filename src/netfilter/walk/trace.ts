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
  /** False where only some of that traffic is taken, and which is not known from the rule. */
  readonly certain: boolean;
  /** True where that hangs on another rule, which may have let them through, changed them or sent them here. */
  readonly doubted: boolean;
  /** Why the rule's own conditions leave open which packets it takes; null where they do not. */
  readonly doubt: Doubt | null;
  /** True where another rule has changed the mark that a cluster rule gave them. */
  readonly estranged: boolean;
  /** True where they are denied for the mark that a cluster rule gave them. */
  readonly byMark: boolean;
  /** True where a program, or the kernel's means against floods, decide what becomes of them. */
  readonly queued: boolean;
  /** True where a cluster rule had made it this host's: what is refused then is refused for real. */
  readonly claimed: boolean;
  /** True where TCP is told so by a reset, which goes out whatever the frame was addressed to. */
  readonly resets: boolean;
};

/** A cluster rule, as the packets come to it. */
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
  /** The other rule that does, where it is one. */
  readonly sender: Place | null;
  /** What other rules have taken before. */
  readonly taken: readonly Taken[];
};

/** A rule that packets for the VIP come to, and that looks at a hash in a way that is not understood. */
export type Puzzle = { readonly place: string; readonly rule: ChainRule; readonly what: string };

/** How packets for the VIP fare on a node. */
export type Trace = {
  readonly arrivals: readonly Arrival[];
  /** What was taken of packets whose hash a cluster rule had looked at: by the cluster's own DROP, or by a firewall behind it. */
  readonly takenBehind: readonly Taken[];
  /** What was taken of packets that met no cluster rule, to the end of the way. */
  readonly taken: readonly Taken[];
  readonly puzzles: readonly Puzzle[];
  /** Rules that changed packets, and of which ones is not known. */
  readonly blurred: readonly Place[];
  /** Rules that put packets into another zone of connection tracking. */
  readonly zones: readonly Place[];
  /** True where a rule looks at connection tracking for packets of such a zone: their answers are not in it. */
  readonly asksZone: boolean;
  /** What comes to the host itself. */
  readonly delivered: readonly Flow[];
  /** False when the ruleset is too large to follow, or loops. */
  readonly complete: boolean;
};

/** Where a rule stands. */
export type Place = { readonly place: string; readonly rule: ChainRule };
