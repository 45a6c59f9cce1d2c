/** An ARP packet that a node sends, or that one of its peers sends it, as rules look at it. */
export type ArpPacket = {
  readonly hook: 'output' | 'input';
  readonly operation: 'request' | 'reply';
  /** Whose address it announces; null: any peer's. */
  readonly sender: string | null;
  /** Whose address it asks for, or whom it answers; null: any peer. */
  readonly target: string | null;
  /** The interface by which it leaves or arrives; null where that is not known. */
  readonly ifname: string | null;
  /** Set where any peer means one that no rule names by itself, as nearly all are. */
  readonly unnamed?: true;
};

/** The sender's MAC that a packet carries: what a rule or CLUSTERIP has written there, null where that is not known. */
export type Told = { readonly by: 'card' | 'rule'; readonly mac: string | null };

/** Whether a condition is met; null where that is not known, or where it is by some of the peers. */
export type Met = boolean | null;

/** A condition as a function of the packet and of the MAC that it carries by now. */
export type ArpCondition = (packet: ArpPacket, told: Told) => Met;

/**
 * Why a rule leaves open whether it applies: it names single peers (`host`), a network of them, or something not
 * understood.
 */
export type Open = 'host' | 'network' | 'other';

export type ArpVerdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' | 'unknown' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** One step of a rule; they are passed from left to right. */
export type ArpPart =
  | { readonly kind: 'when'; readonly met: ArpCondition; readonly open: Open }
  /** Overwrites the sender's MAC; null where the rule does not show with which. */
  | { readonly kind: 'tell'; readonly mac: string | null }
  /** Ends as the first matching case says; `continue` goes on to the next part, and a packet that matches none leaves the rule. */
  | { readonly kind: 'choose'; readonly cases: readonly ArpCase[] }
  | { readonly kind: 'end'; readonly verdict: ArpVerdict };

export type ArpCase = { readonly met: ArpCondition; readonly open: Open; readonly verdict: ArpVerdict };

export type ArpRule = {
  /** The rule as the tool gave it. */
  readonly text: string;
  readonly parts: readonly ArpPart[];
};

/** A chain that the kernel itself calls. */
export type ArpBase = {
  readonly hook: 'output' | 'egress' | 'ingress' | 'input';
  readonly priority: number;
  /** The interfaces whose frames it sees; empty where it sees those of all, null where that is not known. */
  readonly devices: readonly string[] | null;
  readonly rules: readonly ArpRule[];
  /** The policy that drops, as a text; null where it accepts. */
  readonly policy: string | null;
  /** The chains of its table, by name. */
  readonly table: ReadonlyMap<string, readonly ArpRule[]>;
  /** Where nft would insert another rule: `cluster output`; null for the tables of arptables. */
  readonly place: string | null;
};

/** Every chain that ARP packets of a node pass, of whatever tool. */
export type ArpProgram = readonly ArpBase[];

/** True where all of some conditions are met. */
export function allMet(conditions: readonly Met[]): Met {
  if (conditions.includes(false)) return false;
  return conditions.includes(null) ? null : true;
}

/** True where one of them is. */
export function anyMet(conditions: readonly Met[]): Met {
  if (conditions.includes(true)) return true;
  return conditions.includes(null) ? null : false;
}

export function opposite(met: Met): Met {
  return met === null ? null : !met;
}
