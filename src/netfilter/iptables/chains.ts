import { type Ip, parseBlock, parseIp, parseMac } from '../../address/index.ts';
import { oncePer } from '../../snapshot/index.ts';
import { exactly } from '../model/condition.ts';
import { useId, xtClusterHash } from '../model/hash.ts';
import {
  type Carried,
  changeMark,
  type Direction,
  isElsewhere,
  isOutward,
  isTracked,
  type Packets,
} from '../model/packet.ts';
import {
  type BaseChain,
  type Chain,
  type ChainRule,
  type ClusterUse,
  fused,
  type Part,
  policyRule,
  type Rewriting,
  ruleElsewhere,
  type Verdict,
  withoutIdleEnd,
} from '../model/program.ts';
import type { Extension } from '../model/rule.ts';
import type { Traffic } from '../model/traffic.ts';
import { asksLists, type Option, readOption, splitOptions } from './options.ts';
import type { RuleLine, Ruleset, SavedChain } from './save.ts';

type SavedTable = ReadonlyMap<string, SavedChain>;

/** What is known about a CLUSTERIP rule besides its line: the buckets that the kernel holds now. */
export type ClusteripUse = { readonly use: ClusterUse; readonly held: Traffic };

/** A chain of a table, where the kernel calls it. */
type Place = {
  readonly table: string;
  readonly chain: string;
  readonly hook: BaseChain['hook'];
  readonly priority: number;
};

/**
 * The chains that packets for this host pass, with their priorities (`include/uapi/linux/netfilter_ipv4.h`,
 * NF_IP_PRI_*).
 */
const wayIn: readonly Place[] = [
  { table: 'raw', chain: 'PREROUTING', hook: 'prerouting', priority: -300 },
  { table: 'mangle', chain: 'PREROUTING', hook: 'prerouting', priority: -150 },
  { table: 'nat', chain: 'PREROUTING', hook: 'prerouting', priority: -100 },
  { table: 'mangle', chain: 'INPUT', hook: 'input', priority: -150 },
  { table: 'filter', chain: 'INPUT', hook: 'input', priority: 0 },
  { table: 'security', chain: 'INPUT', hook: 'input', priority: 50 },
  { table: 'nat', chain: 'INPUT', hook: 'input', priority: 100 },
];

/** Those that answers pass: nat sees none of them that connection tracking knows the request of. */
const wayOut: readonly Place[] = [
  { table: 'raw', chain: 'OUTPUT', hook: 'output', priority: -300 },
  { table: 'mangle', chain: 'OUTPUT', hook: 'output', priority: -150 },
  { table: 'filter', chain: 'OUTPUT', hook: 'output', priority: 0 },
  { table: 'security', chain: 'OUTPUT', hook: 'output', priority: 50 },
  { table: 'mangle', chain: 'POSTROUTING', hook: 'postrouting', priority: -150 },
];

/** Those of packets that open a connection of the host's own. */
const wayFrom: readonly Place[] = [
  ...wayOut,
  { table: 'nat', chain: 'POSTROUTING', hook: 'postrouting', priority: 100 },
];

const ways: Readonly<Record<Direction, readonly Place[]>> = { requests: wayIn, answers: wayOut, departures: wayFrom };

/** Targets that look at a packet or change what no cluster rule looks at, and let it go on. */
const passing = new Set(
  'LOG ULOG NFLOG TCPMSS TCPOPTSTRIP CLASSIFY DSCP TOS TTL HL TRACE AUDIT ACCOUNT LOGMARK SECMARK CONNSECMARK SET CHECKSUM IDLETIMER LED RATEEST TEE ECN CT MASQUERADE SNAT'.split(
    ' ',
  ),
);

const verdicts: ReadonlyMap<string, Exclude<Verdict['kind'], 'jump' | 'goto'>> = new Map(
  Object.entries({
    ACCEPT: 'accept',
    DROP: 'drop',
    RETURN: 'return',
    REJECT: 'reject',
    TARPIT: 'reset',
    DNAT: 'redirect',
    REDIRECT: 'redirect',
    NETMAP: 'redirect',
    TPROXY: 'redirect',
    NFQUEUE: 'queue',
    QUEUE: 'queue',
    SYNPROXY: 'queue',
  } as const),
);

const bareTargets = new Set(['ACCEPT', 'DROP', 'RETURN']);

/** Writes a saved ruleset as chains that packets can be sent through; also the chains that none of them passes. */
export function iptablesChains(
  ruleset: Ruleset,
  packets: Packets,
  tool: string,
  clusterip: (rule: RuleLine) => ClusteripUse | null,
): { readonly bases: readonly BaseChain[]; readonly chains: readonly Chain[] } {
  const bases: BaseChain[] = [];
  const chains: Chain[] = [];
  for (const [name, table] of ruleset) {
    const read = new Map<string, Chain>();
    const outward = isOutward(packets);
    const own = ways[packets.direction].filter((one) => !outward || (one.table === name && works(table, one)));
    for (const chain of outward ? reached(table, own) : table.values()) {
      const known = (target: string) => table.has(target);
      const rules = chain.rules.map((line) =>
        readSavedRule(line, { packets, tool, table: name, known, clusterip: clusterip(line) }),
      );
      read.set(chain.name, { place: `${name} ${chain.name}`, rules });
    }
    chains.push(...read.values());
    for (const { chain, hook, priority } of own.filter((one) => one.table === name)) {
      const entry = read.get(chain);
      if (entry === undefined) continue;
      const drops = table.get(chain)?.policy === 'DROP';
      const policy = drops ? policyRule(tool, 'xt_cluster', `-P ${chain} DROP`) : null;
      const rules = drops ? entry.rules : withoutIdleEnd(entry.rules);
      const nat = name === 'nat';
      const owner = tool.endsWith('legacy') ? null : `${packets.space.family === 4 ? 'ip' : 'ip6'} ${name}`;
      bases.push({ hook, priority, owner, devices: [], nat, chain: { ...entry, rules }, policy, table: read });
    }
  }
  return { bases, chains };
}

/** True where a chain does anything at all. */
function works(table: SavedTable, { chain }: Place): boolean {
  const there = table.get(chain);
  return there !== undefined && (there.rules.length > 0 || there.policy === 'DROP');
}

/** Some chains of a table, and those that their rules lead to. */
function reached(table: SavedTable, from: readonly Place[]): readonly SavedChain[] {
  const found = new Map<string, SavedChain>();
  const visit = (name: string) => {
    const chain = table.get(name);
    if (chain === undefined || found.has(name)) return;
    found.set(name, chain);
    for (const { words } of chain.rules) for (const word of words) visit(word);
  };
  for (const { chain } of from) visit(chain);
  return [...found.values()];
}

/** True where any rule remembers marks with the connection, so that later packets do not begin with none. */
export function setsConnmarks(ruleset: Ruleset): boolean {
  const rules = [...ruleset.values()].flatMap((table) => [...table.values()].flatMap((chain) => chain.rules));
  return rules.some(({ words }) => {
    const target = words[words.indexOf('-j') + 1] ?? '';
    return target === 'CLUSTERIP' || (target === 'CONNMARK' && !words.includes('--restore-mark'));
  });
}

/** What a rule is read in. */
type Scope = {
  readonly packets: Packets;
  readonly tool: string;
  readonly table: string;
  /** Whether its table has a chain of that name. */
  readonly known: (chain: string) => boolean;
  readonly clusterip: ClusteripUse | null;
};

function readSavedRule(line: RuleLine, { packets, tool, table, known, clusterip }: Scope): ChainRule {
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
    names: namesVip(options, packets.vip),
    lists: asksLists(options),
    ifname: boundTo(options),
    managed: options.some(({ name, words }) => name === '--comment' && /pacemaker|IPaddr2|cip-/i.test(words[0] ?? '')),
    mac: clusterip === null ? null : parseMac(wordAfter(line.words, '--clustermac') ?? ''),
    extension: extensionOf(options, target, line, tool, table),
    ...(rewrites === null ? {} : { rewrites }),
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

/** What a target turns the source of outgoing packets into: `SNAT --to-source 192.0.2.100-192.0.2.103:1024-2047`. */
function rewritingOf(target: Option | null): Rewriting | null {
  const [name, ...words] = target?.words ?? [];
  if (name === 'MASQUERADE') return { kind: 'masquerade' };
  if (name !== 'SNAT') return null;
  const text = words[words.indexOf('--to-source') + 1] ?? '';
  // Ports follow a colon; an IPv6 address is then in brackets.
  const bare = /^\[([^\]]+)\]/.exec(text)?.[1] ?? (text.includes('.') ? text.split(':')[0] : text);
  const [low, high = low] = (bare ?? '').split('-').map(parseIp);
  return low && high ? { kind: 'address', low: low.value, high: high.value } : { kind: 'unknown' };
}

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

/** True when what a rule matches is lost. */
function refuses(end: readonly Part[]): boolean {
  const [last] = end.slice(-1);
  return last?.kind === 'end' && ['drop', 'reject', 'reset'].includes(last.verdict.kind);
}

/** CLUSTERIP (`net/ipv4/netfilter/ipt_CLUSTERIP.c`): drops what is not tracked or not its own, and lets the rest go on. */
function clusteripParts({ use, held }: ClusteripUse, { space }: Packets): readonly Part[] {
  const claim = (carried: Carried): Carried => ({ ...carried, pkttype: 'host', connmark: null });
  const read = (carried: Carried) => exactly(isTracked(carried) ? held.others : space.all);
  return [
    { kind: 'cluster', use, read: () => exactly(space.all), change: (carried) => carried },
    { kind: 'choose', cases: [{ read, plain: false, verdict: { kind: 'drop' } }] },
    { kind: 'set', change: claim },
  ];
}

function targetOf(target: Option | null, known: (chain: string) => boolean, packets: Packets): readonly Part[] {
  const [name, ...words] = target?.words ?? [];
  if (target === null || name === undefined || name === 'CLUSTERIP') return [];
  // These take no arguments: anything after them is damage.
  if (words.length > 0 && (known(name) || bareTargets.has(name))) return [end({ kind: 'unknown' })];
  if (known(name)) return [end({ kind: target.name === '-g' ? 'goto' : 'jump', chain: name })];
  // For what the host opens itself, another source ends the walk; requests and answers keep theirs.
  if (packets.direction === 'departures' && rewritingOf(target) !== null) return [end({ kind: 'redirect' })];
  const verdict = words.includes('tcp-reset') ? 'reset' : verdicts.get(name);
  if (verdict === 'redirect') return [end(redirectTo(name, words, packets))];
  if (verdict !== undefined) return [end({ kind: verdict })];
  if (name === 'NOTRACK' || (name === 'CT' && words.includes('--notrack'))) return [{ kind: 'untrack' }];
  if (name === 'CT' && words.some((word) => word.startsWith('--zone'))) return [{ kind: 'zone' }];
  if (name === 'MARK') return [{ kind: 'set', change: setMark(words) }];
  if (name === 'CONNMARK') return [{ kind: 'set', change: setConnmark(words) }];
  if (name === 'HMARK') return [{ kind: 'set', change: (carried) => ({ ...carried, mark: null }) }];
  return passing.has(name) ? [] : [end({ kind: 'unknown' })];
}

/** `REDIRECT --to-ports 8080`, `DNAT --to-destination VIP:8080`: followed where that is one port of this host's own. */
function redirectTo(name: string, words: readonly string[], { vip }: Packets): Verdict {
  const elsewhere: Verdict = { kind: 'redirect' };
  const option = name === 'REDIRECT' ? '--to-ports' : '--to-destination';
  if ((name !== 'REDIRECT' && name !== 'DNAT') || (words.length > 0 && (words[0] !== option || words.length > 2)))
    return elsewhere;
  const own = parseIp(vip)?.value;
  const { host, port } = name === 'REDIRECT' ? { host: '', port: words[1] ?? '' } : endOf(words[1] ?? '');
  if (own === undefined || !/^\d*$/.test(port) || (host !== '' && parseIp(host)?.value !== own)) return elsewhere;
  const address = name === 'REDIRECT' ? null : own;
  return { kind: 'redirect', to: { address, port: port === '' ? null : BigInt(port) } };
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`, `:80`, or an address alone. */
function endOf(text: string): { readonly host: string; readonly port: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] ?? '' };
  const [host = '', port = ''] = text.includes('.') || /^:\d/.test(text) ? text.split(':') : [text];
  return { host, port };
}

function end(verdict: Verdict): Part {
  return { kind: 'end', verdict };
}

/** `--set-xmark VALUE/MASK` clears the mask's bits and flips the value's; the other spellings are its special cases. */
function maskedChange(words: readonly string[]): ((value: number) => number) | null {
  const [option = '', text = ''] = words;
  const [value = Number.NaN, mask = 0xffffffff] = text.split('/').map(Number);
  if (Number.isNaN(value) || Number.isNaN(mask)) return null;
  if (option === '--set-xmark') return (old) => (old & ~mask) ^ value;
  if (option === '--set-mark') return (old) => (old & ~(mask | value)) | value;
  if (option === '--and-mark') return (old) => old & value;
  if (option === '--or-mark') return (old) => old | value;
  return option === '--xor-mark' ? (old) => old ^ value : null;
}

function setMark(words: readonly string[]): (carried: Carried) => Carried {
  const change = maskedChange(words);
  return (carried) => ({ ...carried, mark: change === null ? null : changeMark(carried.mark, change) });
}

function setConnmark(words: readonly string[]): (carried: Carried) => Carried {
  const masks = words.filter((_, i) => /^--(nf|ct)?mask$/.test(words[i - 1] ?? ''));
  const masked = masks.some((mask) => Number(mask) !== 0xffffffff);
  if (words[0] === '--save-mark') return (carried) => ({ ...carried, connmark: masked ? null : carried.mark });
  if (words[0] === '--restore-mark') return (carried) => ({ ...carried, mark: masked ? null : carried.connmark });
  const change = maskedChange(words);
  return (carried) => ({ ...carried, connmark: change === null ? null : changeMark(carried.connmark, change) });
}

function namesVip(options: readonly Option[], vip: string): boolean {
  const ip = parseIp(vip);
  const text = options.find(({ name, negated }) => name === '-d' && !negated)?.words[0];
  const block = parseBlock(text ?? '');
  return ip !== null && block !== null && block.low === ip.value && block.high === ip.value;
}

function boundTo(options: readonly Option[]): string | null {
  const word = options.find(({ name, negated }) => name === '-i' && !negated)?.words[0];
  return word === undefined || word.endsWith('+') ? null : word;
}

function wordAfter(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
}
