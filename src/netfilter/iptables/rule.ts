import { formatIp, type Ip, parseIp, parseMac } from '../../address/index.ts';
import { oncePer } from '../../snapshot/index.ts';
import { exactly } from '../model/condition.ts';
import { singlesOf } from '../model/destination.ts';
import { useId, xtClusterHash } from '../model/hash.ts';
import { type Carried, isElsewhere, isTracked, type Packets } from '../model/packet.ts';
import { type ChainRule, type ClusterUse, fused, type Part, ruleElsewhere } from '../model/program.ts';
import type { Extension } from '../model/rule.ts';
import type { Traffic } from '../model/traffic.ts';
import { savedDestinations } from './destination.ts';
import { asksDestinations, asksEstablished, asksLists, type Option, readOption, splitOptions } from './options.ts';
import type { RuleLine } from './save.ts';
import { refuses, rewritingOf, targetOf } from './target.ts';

/** What is known about a CLUSTERIP rule besides its line: the buckets that the kernel holds now. */
export type ClusteripUse = { readonly use: ClusterUse; readonly held: Traffic };

/** What a rule is read in. */
type Scope = {
  readonly packets: Packets;
  readonly tool: string;
  readonly table: string;
  /** Whether its table has a chain of that name. */
  readonly known: (chain: string) => boolean;
  readonly clusterip: ClusteripUse | null;
};

/** Reads one rule of a saved table: its conditions, its look at the hash, and what it does. */
export function readSavedRule(line: RuleLine, { packets, tool, table, known, clusterip }: Scope): ChainRule {
  if (clusterip === null && isElsewhere(destinationOf(line), packets))
    return ruleElsewhere(tool, 'xt_cluster', line.text, wordAfter(line.words, '-j') === 'ACCEPT', packets.space);
  const { options, target } = splitOptions(line.words);
  const conditions: Part[] = [];
  const cluster: Part[] = [];
  const rewrites = rewritingOf(target);
  const end = targetOf(target, known, packets);
  for (const option of options) {
    if (option.module === 'cluster' && option.name.startsWith('--cluster-')) continue;
    if ((option.name === '-m' || option.name === '--match') && option.words[0] === 'cluster')
      cluster.push(clusterMatch(options, packets, end));
    else conditions.push(readOption(option, packets));
  }
  return {
    tool,
    backend: clusterip === null ? 'xt_cluster' : 'clusterip',
    text: line.text,
    parts: [
      ...fused(conditions, packets.space),
      ...cluster,
      ...(clusterip === null ? [] : clusteripParts(clusterip, packets)),
      ...end,
    ],
    names: namesVip(line, packets.vip),
    lists: asksLists(options),
    ifname: boundTo(options),
    managed: options.some(({ name, words }) => name === '--comment' && /pacemaker|IPaddr2|cip-/i.test(words[0] ?? '')),
    mac: clusterip === null ? null : parseMac(wordAfter(line.words, '--clustermac') ?? ''),
    extension: extensionOf(options, target, line, tool, table),
    ...(rewrites === null ? {} : { rewrites }),
    established: asksEstablished(options),
    destinations: asksDestinations(options),
  };
}

/** The one address that a rule wants as destination; null where there is none. */
const destinationOf = oncePer(({ words }: RuleLine): Ip | null => {
  const at = words.indexOf('-d');
  if (at < 0 || words[at - 1] === '!') return null;
  const [address = '', prefix] = (words[at + 1] ?? '').split('/');
  const ip = parseIp(address);
  return ip !== null && (prefix === undefined || prefix === (ip.family === 4 ? '32' : '128')) ? ip : null;
});

/** An xt_cluster rule of the usual form, which lets one bucket more through when it is put before the others. */
function extensionOf(
  options: readonly Option[],
  target: Option | null,
  { text, chain }: RuleLine,
  tool: string,
  table: string,
): Extension | null {
  const masks = options.filter(({ name }) => name === '--cluster-local-nodemask');
  const lets = target?.words[0] === 'ACCEPT' || target?.words[0] === 'MARK';
  if (masks.length !== 1 || masks[0]?.negated !== false || !lets) return null;
  const [before, after, ...more] = text.split(` --cluster-local-nodemask ${masks[0].words[0]} `);
  if (before === undefined || after === undefined || more.length > 0) return null;
  const conditions = before.slice(`-A ${chain}`.length);
  return { tool, before: `-t ${table} -I ${chain} 1${conditions} --cluster-local-node`, after };
}

/** The match of xt_cluster (`net/netfilter/xt_cluster.c`): it sees no packet that is not tracked, inverted or not. */
function clusterMatch(options: readonly Option[], { space }: Packets, end: readonly Part[]): Part {
  const option = (name: string) => options.find((one) => one.module === 'cluster' && one.name === name);
  const number = (name: string) => {
    const text = option(name)?.words[0];
    return text === undefined || !/^(0x[0-9a-f]+|\d+)$/i.test(text) ? null : Number(text);
  };
  const total = number('--cluster-total-nodes');
  const seed = number('--cluster-hash-seed');
  const node = number('--cluster-local-node');
  const mask = number('--cluster-local-nodemask') ?? (node === null ? null : 2 ** (node - 1));
  if (total === null || total < 1 || total > 32 || seed === null || mask === null)
    return { kind: 'puzzle', what: 'its numbers cannot be read' };
  // `cluster_mt_checkentry` refuses it, so that no kernel has such a rule.
  if (mask >= 2 ** total) return { kind: 'puzzle', what: 'its nodemask has more nodes than its total' };
  const inverted = options.some(({ name, negated }) => negated && /^--cluster-local-node(mask)?$/.test(name));
  const hash = xtClusterHash(space.family, seed);
  const id = useId(hash, total);
  const traffic = space.residues(id, total, (residue) => (Math.floor(mask / 2 ** residue) % 2 === 1) !== inverted);
  const claims = refuses(end) ? traffic.others : traffic;
  return {
    kind: 'cluster',
    use: { backend: 'xt_cluster', id, hash, total, offset: 1, claims },
    read: (carried) => exactly(isTracked(carried) ? traffic : space.none),
    // The match itself claims the frame for this host, also where it does not match.
    change: (carried) => ({ ...carried, pkttype: carried.pkttype === 'multicast' ? 'host' : carried.pkttype }),
  };
}

/** CLUSTERIP (`net/ipv4/netfilter/ipt_CLUSTERIP.c`): drops what is not tracked or not its own, and lets the rest go on. */
function clusteripParts({ use, held }: ClusteripUse, { space }: Packets): readonly Part[] {
  const claim = (carried: Carried): Carried => ({ ...carried, pkttype: 'host', connmark: null });
  const read = (carried: Carried) => exactly(isTracked(carried) ? held.others : space.all);
  return [
    { kind: 'cluster', use, read: () => exactly(space.all), change: (carried) => carried },
    {
      kind: 'choose',
      cases: [
        { read, plain: false, verdict: { kind: 'drop' } },
        { read: () => exactly(space.all), plain: true, verdict: { kind: 'continue' } },
      ],
    },
    { kind: 'set', change: claim },
  ];
}

function namesVip(line: RuleLine, vip: string): boolean {
  const ip = parseIp(vip);
  if (ip === null) return false;
  // iptables-save has one way to write an IPv4 address: most of many rules need not be read for it.
  if (ip.family === 4 && !line.text.includes(formatIp(ip))) return false;
  return singlesIn(line).has(formatIp(ip));
}

const singlesIn = oncePer(
  (line: RuleLine): ReadonlySet<string> => new Set(singlesOf(savedDestinations(line).only ?? [])),
);

function boundTo(options: readonly Option[]): string | null {
  const word = options.find(({ name, negated }) => name === '-i' && !negated)?.words[0];
  return word === undefined || word.endsWith('+') ? null : word;
}

function wordAfter(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
}
