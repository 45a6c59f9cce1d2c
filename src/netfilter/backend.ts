import type { Backend, Bucket, Rule } from './model/rule.ts';
import type { Fate } from './walk/trace.ts';

/** What is particular to one of the mechanisms that share a VIP; everything else is the same for all of them. */
export type BackendTraits = {
  /** What happens to a node's clients whose packets never reach its cluster rule (measured, see docs). */
  readonly effects: Readonly<Record<Fate, string>>;
  /** Where to move a rule that is in a chain where it cannot work. */
  readonly betterChain: string;
  /** Where to move a rule that no packet reaches. */
  readonly reachedChain: string;
  /** What a rule does before connection tracking. */
  readonly untracked: string;
  /** True where the kernel itself answers ARP with the cluster MAC (ipt_CLUSTERIP.c, arp_mangle). */
  readonly answersArp: boolean;
  /** True where nft's rules choose what they call the first bucket. */
  readonly choosesOffset: boolean;
  /** How to make a node hold one more bucket, or give some up. */
  readonly take: (bucket: Bucket, rule: Rule, vip: string) => Repair;
  readonly giveUp: (buckets: readonly Bucket[], rule: Rule, vip: string) => Repair;
};

/**
 * What to do on a node: in words, which no notification spoils (Debian's Nagios takes ` ~ $ & | ' " < > out of them),
 * and the exact commands, where there are any.
 */
export type Repair = { readonly words: string; readonly commands: readonly string[] };

/** What Debian's `illegal_macro_output_chars` removes from a notification. */
const spoiled = /[`~$&|'"<>]/;

const clusterip: BackendTraits = {
  effects: effectsOf('CLUSTERIP drops what is not tracked, so clients of its buckets get no answer'),
  betterChain: 'move it to filter INPUT',
  reachedChain: 'move it to filter INPUT',
  untracked: 'where it drops everything',
  answersArp: true,
  choosesOffset: false,
  take: (bucket, _, vip) => intoProc([`+${bucket}`], vip),
  giveUp: (buckets, _, vip) =>
    intoProc(
      buckets.map((bucket) => `-${bucket}`),
      vip,
    ),
};

const ruleChain = 'move it to prerouting at priority mangle (-150)';

const xtCluster: BackendTraits = {
  effects: effectsOf('xt_cluster matches only what is tracked, so clients of its buckets get no answer'),
  betterChain: ruleChain,
  reachedChain: 'move it to where prerouting passes',
  untracked: 'where it matches nothing',
  answersArp: false,
  choosesOffset: false,
  take: takeByRule,
  giveUp: giveUpByRule,
};

const nftables: BackendTraits = {
  ...xtCluster,
  effects: effectsOf('ct original matches only what is tracked, so clients of its buckets get no answer'),
  choosesOffset: true,
};

/** Everything that depends on the backend: a new one is a reader and a record here. */
export const backends: Readonly<Record<Backend, BackendTraits>> = { clusterip, xt_cluster: xtCluster, nftables };

function effectsOf(untracked: string): BackendTraits['effects'] {
  return {
    accepted: 'TCP gets no answer, ICMP and UDP are answered by this node for every client',
    dropped: 'clients of its buckets get no answer',
    rejected: 'clients get its refusal, even those of other nodes',
    redirected: 'they never reach the cluster rule and get no answer',
    untracked,
    unknown: 'not known',
  };
}

/** CLUSTERIP takes one bucket with each write. */
function intoProc(values: readonly string[], vip: string): Repair {
  const file = `/proc/net/ipt_CLUSTERIP/${vip}`;
  return {
    words: `write ${values.join(', then ')} into ${file}`,
    commands: values.map((value) => `echo ${value} > ${file}`),
  };
}

/** By a rule before its own, or by a change described in words. */
function takeByRule(bucket: Bucket, { extension, offset, place }: Rule): Repair {
  const value = offset === null ? bucket : bucket - 1 + offset;
  const called = offset === null || value === bucket ? '' : ` (nft calls it ${value})`;
  const inWords = `add bucket ${bucket}${called} to the cluster rule in ${place}`;
  if (extension === null) return { words: inWords, commands: [] };
  const { tool, before, after } = extension;
  const rule = `${before} ${value} ${after}`;
  const plain = !spoiled.test(rule) && (tool !== 'nft' || !/[{};]/.test(rule));
  return {
    words: plain ? `${tool} ${rule}` : inWords,
    commands: [tool === 'nft' ? `nft '${rule}'` : `${tool} ${rule}`],
  };
}

function giveUpByRule(buckets: readonly Bucket[], { place }: Rule): Repair {
  return { words: `take ${buckets.length === 1 ? 'it' : 'them'} out of the cluster rule in ${place}`, commands: [] };
}
