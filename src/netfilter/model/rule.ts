import type { Code } from '../../findings/index.ts';
import type { State } from '../../plugin/index.ts';
import type { Hash } from './hash.ts';
import type { Traffic, TrafficSpace } from './traffic.ts';

/** One residue of the hash, numbered from 1 ("node" in netfilter's options). */
export type Bucket = number;

export type Backend = 'clusterip' | 'xt_cluster' | 'nftables';

/** How to let one more bucket through: the rule to insert before this one, without the number of the bucket. */
export type Extension = {
  /** The tool that inserts it: `nft`, `iptables-legacy`. */
  readonly tool: string;
  /** Its arguments before the number of the bucket, and after it. */
  readonly before: string;
  readonly after: string;
};

/**
 * What one node's kernel was told about a VIP. Every backend is read into this form, the only one that the judge knows:
 * a new backend is a new reader.
 */
export type Rule = {
  readonly backend: Backend;
  /** The interface it is bound to; null when to none. */
  readonly ifname: string | null;
  /** Which of the VIP's traffic is shared, in words (`tcp port 80`); empty for all of it. */
  readonly match: string;
  /** How many buckets the hash has. */
  readonly total: number;
  /** The buckets this node answers for, ascending, as the kernel says now. */
  readonly buckets: readonly Bucket[];
  /** The same as residues of its hash. */
  readonly held: Traffic;
  /** Null where the rule was not read, and where the node drops everything to the VIP. */
  readonly hash: Hash | null;
  /** What nft calls the first bucket; null for the other backends, which have no choice. */
  readonly offset: number | null;
  /** The cluster MAC that the rule names, lower case; null when it names none. */
  readonly mac: string | null;
  /** True when the node answers every client, whatever its buckets are. */
  readonly answersAll: boolean;
  /** True where the node drops everything to the VIP by rules that name it, and each packet to it meets one of them. */
  readonly dropsByName: boolean;
  /** `filter INPUT`. */
  readonly place: string;
  /** What it is changed with: `iptables`, `ip6tables-legacy`, `nft`. */
  readonly tool: string;
  /** The rule as saved. */
  readonly text: string;
  /** How to add another bucket with a rule of the same form; null where that is not possible. */
  readonly extension: Extension | null;
  /** What keeps the rule from doing what it says, worst first. */
  readonly obstacles: readonly Obstacle[];
  /** True where a cluster manager wrote the rule: it would undo a repair by hand. */
  readonly managed: boolean;
  /** The VIP's traffic that is shared; empty where the rule was not read. */
  readonly shared: Traffic;
  /** Single hosts that the node's firewall denies, of all buckets: nobody's clients where every node denies them. */
  readonly denied: Traffic;
};

/** The traffic that comes to a node's own sockets, whatever rule decided it. */
export type Answered = {
  readonly traffic: Traffic;
  /** The hashes that its residues are of, by their id. More than one is a fault of its own. */
  readonly hashes: readonly HashInUse[];
  /** Packets for which it is not known whether they get there. */
  readonly doubt: Traffic;
  /**
   * The part of the traffic that a firewall denies to some clients by a list, a rate or the like, which no ruleset
   * shows.
   */
  readonly unless: Traffic;
  /** TCP whose clients hear a refusal from it, although a cluster rule has let them in. */
  readonly refused: Traffic;
  /** Packets that NAT has sent to another port of this host, by that port: the routes of their answers see it. */
  readonly resent: ReadonlyMap<bigint, Traffic>;
};

export type HashInUse = { readonly id: string; readonly hash: Hash; readonly total: number };

/** A rule that drops some of the answers on their way out, or may drop them. */
export type Denial = {
  /** `filter OUTPUT`. */
  readonly place: string;
  /** The rule as saved. */
  readonly text: string;
  /** In the fields of the requests. */
  readonly traffic: Traffic;
  readonly certain: boolean;
  /** True where the same rule on all nodes may be taken as intended: lists, rates, and what is left to a program. */
  readonly policy: boolean;
  /** True where it is a list of addresses. */
  readonly lists: boolean;
};

/** A rule of nat that gives some of the answers another source address than the VIP, or may give them one. */
export type Renaming = Pick<Denial, 'place' | 'text' | 'traffic' | 'certain'>;

/** What happens to answers in the chains that they pass. */
export type Leaving = {
  readonly denials: readonly Denial[];
  readonly renamings: readonly Renaming[];
  /** The marks that they carry when their route is chosen; null where that is not known. */
  readonly marks: readonly { readonly mark: number | null; readonly traffic: Traffic }[];
};

/** Something on the node that keeps a rule from doing what it says. */
export type Obstacle = {
  readonly state: State;
  readonly code: Code;
  /** What is wrong, to follow the node's name: `accepts tcp ESTABLISHED before the cluster rule: ...`. */
  readonly text: string;
  /** A short form for the first line. */
  readonly brief: string;
  /** What to do about it. */
  readonly mend: string;
  /** True when the node's buckets get no (lasting) answer because of it. */
  readonly disables: boolean;
  /**
   * True when it spoils connections of other nodes' clients, so that what this node answers does not tell who is
   * served.
   */
  readonly disturbs?: true;
  /** Equal on nodes with the same obstacle; a DROP that all nodes have is policy, and null is never policy. */
  readonly alike: string | null;
  /** What it denies for certain, where that may be policy; null where it is none. */
  readonly denies?: Traffic | null;
  /** What it takes, where that can be told of several rules at once. */
  readonly told?: Told;
};

/** What one rule takes of the traffic that a cluster rule shares, as far as words need it. */
export type Told = {
  /** `drops`, and what follows its object: `after the cluster rule`. */
  readonly verb: string;
  readonly adverb: string;
  /** What comes of it, with what separates it: `: its clients get no answer`. */
  readonly effect: string;
  /** Equal for rules that may be told of together: whether they take clients, ports or all. */
  readonly extent: string;
  readonly traffic: Traffic;
  readonly shared: Traffic;
  /** True where only what a cluster serves is of interest. */
  readonly served: boolean;
  /** `filter INPUT`, and the rule as saved. */
  readonly place: string;
  readonly rule: string;
};

/** A part of a node's rules that could not be read. */
export type Unread = {
  /** What was to be read: `/proc/net/ipt_CLUSTERIP/192.168.56.20`. */
  readonly what: string;
  readonly reason: string;
  /** The command that sudo would have to allow; null when sudo is not the problem. */
  readonly needs: string | null;
};

/** What a node's snapshot says about the rules for a VIP. */
export type Reading = {
  /** The space that its sets of packets are made in. */
  readonly space: TrafficSpace;
  readonly rules: readonly Rule[];
  readonly unread: readonly Unread[];
  /** Which of a client's packets come through all chains; null where that is not known. */
  readonly answered: Answered | null;
  /** What becomes of answers; why that was not looked at, where it was not. */
  readonly leaving: Leaving | string;
  /** The same of frames that come in a second time, by another interface on the same wire, by its name. */
  readonly besides: ReadonlyMap<string, Answered | null>;
  /** Which neighbour advertisements to the VIP come through; null over IPv4, and where it was not read. */
  readonly adverts: Adverts | null;
};

/** Neighbour advertisements, as a node's rules let them through. */
export type Adverts = {
  readonly all: Traffic;
  /** Those that certainly come through. */
  readonly passed: Traffic;
  /** Those for which that is not known. */
  readonly doubt: Traffic;
  /** The hashes that decide over them. */
  readonly hashes: readonly HashInUse[];
  /** A rule that drops some of them; null where none does. */
  readonly droppedBy: { readonly place: string; readonly text: string; readonly tool: string } | null;
};
