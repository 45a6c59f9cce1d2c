import { parseBlock, parseIp, parseMac } from '../../address/index.ts';
import { useId, xtClusterHash } from '../model/hash.ts';
import { all, changeMark, isTracked, type Packets, type State } from '../model/packet.ts';
import {
  type BaseChain,
  type Chain,
  type ChainRule,
  type ClusterUse,
  fused,
  type Part,
  type Verdict,
} from '../model/program.ts';
import { allBits, ofResidues } from '../model/traffic.ts';
import { type Option, readOption, splitOptions } from './options.ts';
import type { RuleLine, Ruleset } from './save.ts';

/** What is known of a CLUSTERIP rule beside its line: the buckets that the kernel holds now. */
export type ClusteripUse = { readonly use: ClusterUse; readonly held: bigint };

/** The chains that packets for this host pass, with their priorities (`include/uapi/linux/netfilter_ipv4.h`, NF_IP_PRI_*). */
const way: readonly {
  readonly table: string;
  readonly chain: string;
  readonly hook: BaseChain['hook'];
  readonly priority: number;
}[] = [
  { table: 'raw', chain: 'PREROUTING', hook: 'prerouting', priority: -300 },
  { table: 'mangle', chain: 'PREROUTING', hook: 'prerouting', priority: -150 },
  { table: 'nat', chain: 'PREROUTING', hook: 'prerouting', priority: -100 },
  { table: 'mangle', chain: 'INPUT', hook: 'input', priority: -150 },
  { table: 'filter', chain: 'INPUT', hook: 'input', priority: 0 },
  { table: 'security', chain: 'INPUT', hook: 'input', priority: 50 },
  { table: 'nat', chain: 'INPUT', hook: 'input', priority: 100 },
];

/** Targets that look at a packet or change what no cluster rule looks at, and let it go on. */
const passing = new Set(
  'LOG ULOG NFLOG TCPMSS TCPOPTSTRIP CLASSIFY DSCP TOS TTL HL TRACE AUDIT ACCOUNT LOGMARK SECMARK CONNSECMARK SET CHECKSUM IDLETIMER LED RATEEST TEE ECN CT MASQUERADE SNAT'.split(
    ' ',
  ),
);

const verdicts: Readonly<Record<string, 'accept' | 'drop' | 'reject' | 'reset' | 'redirect' | 'return'>> = {
  ACCEPT: 'accept',
  DROP: 'drop',
  RETURN: 'return',
  REJECT: 'reject',
  TARPIT: 'reset',
  DNAT: 'redirect',
  REDIRECT: 'redirect',
  NETMAP: 'redirect',
  TPROXY: 'redirect',
};

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
    for (const chain of table.values()) {
      const known = (target: string) => table.has(target);
      const rules = chain.rules.map((line) => readRule(line, packets, tool, known, clusterip(line)));
      read.set(chain.name, { place: `${name} ${chain.name}`, rules });
    }
    chains.push(...read.values());
    for (const { chain, hook, priority } of way.filter((one) => one.table === name)) {
      const entry = read.get(chain);
      if (entry === undefined) continue;
      const policy = table.get(chain)?.policy === 'DROP' ? 'drop' : 'accept';
      const policyText = `-P ${chain} DROP`;
      bases.push({ hook, priority, nat: name === 'nat', chain: entry, policy, policyText, table: read });
    }
  }
  return { bases, chains };
}

/** True where any rule remembers marks with the connection, so that later packets do not begin with none. */
export function setsConnmarks(ruleset: Ruleset): boolean {
  const rules = [...ruleset.values()].flatMap((table) => [...table.values()].flatMap((chain) => chain.rules));
  return rules.some(({ words }) => ['CONNMARK', 'CLUSTERIP'].includes(words[words.indexOf('-j') + 1] ?? ''));
}

function readRule(
  line: RuleLine,
  packets: Packets,
  tool: string,
  known: (chain: string) => boolean,
  clusterip: ClusteripUse | null,
): ChainRule {
  const { options, target } = splitOptions(line.words);
  const conditions: Part[] = [];
  const cluster: Part[] = [];
  const end = targetOf(target, known);
  for (const option of options) {
    if (option.module === 'cluster' && option.name.startsWith('--cluster-')) continue;
    if ((option.name === '-m' || option.name === '--match') && option.words[0] === 'cluster')
      cluster.push(clusterMatch(options, packets, end));
    else conditions.push({ kind: 'when', ...readOption(option, packets) });
  }
  return {
    tool,
    text: line.text,
    parts: [
      ...fused(conditions, packets.family),
      ...cluster,
      ...(clusterip === null ? [] : clusteripParts(clusterip, packets)),
      ...end,
    ],
    names: namesVip(options, packets.vip),
    ifname: boundTo(options),
    managed: options.some(({ name, words }) => name === '--comment' && /pacemaker|IPaddr2|cip-/i.test(words[0] ?? '')),
    mac: clusterip === null ? null : parseMac(wordAfter(line.words, '--clustermac') ?? ''),
  };
}

/** The match of xt_cluster (`net/netfilter/xt_cluster.c`): it sees no packet that is not tracked, inverted or not. */
function clusterMatch(options: readonly Option[], packets: Packets, end: readonly Part[]): Part {
  const { family } = packets;
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
  const inverted = options.some(({ name, negated }) => negated && /^--cluster-local-node(mask)?$/.test(name));
  const bits = allBits(total);
  const held = inverted ? bits & ~BigInt(mask) : bits & BigInt(mask);
  const hash = xtClusterHash(family, seed);
  const id = useId(hash, total);
  const claims = refuses(end) ? bits & ~held : held;
  const traffic = ofResidues(family, id, held, total);
  return {
    kind: 'cluster',
    use: { backend: 'xt_cluster', id, hash, total, offset: 1, claims },
    read: (state) => ({ traffic: isTracked(state) ? traffic : [], exact: true }),
    // The match itself claims the frame for this host, also where it does not match.
    change: (state) => ({ ...state, pkttype: state.pkttype === 'multicast' ? 'host' : state.pkttype }),
  };
}

/** True when what a rule matches is lost. */
function refuses(end: readonly Part[]): boolean {
  const [last] = end.slice(-1);
  return last?.kind === 'end' && ['drop', 'reject', 'reset'].includes(last.verdict.kind);
}

/** CLUSTERIP (`net/ipv4/netfilter/ipt_CLUSTERIP.c`): drops what is not tracked or not its own, and lets the rest go on. */
function clusteripParts({ use, held }: ClusteripUse, { family }: Packets): readonly Part[] {
  const claim = (state: State): State => ({ ...state, pkttype: 'host', connmark: null });
  const dropped = ofResidues(family, use.id, allBits(use.total) & ~held, use.total);
  const read = (state: State) => ({
    traffic: isTracked(state) ? dropped : all(family).traffic,
    exact: true,
  });
  return [
    { kind: 'cluster', use, read: () => all(family), change: (state) => state },
    { kind: 'choose', cases: [{ read, plain: false, verdict: { kind: 'drop' } }] },
    { kind: 'set', change: claim },
  ];
}

function targetOf(target: Option | null, known: (chain: string) => boolean): readonly Part[] {
  const [name, ...words] = target?.words ?? [];
  if (target === null || name === undefined || name === 'CLUSTERIP') return [];
  if (known(name)) return [end({ kind: target.name === '-g' ? 'goto' : 'jump', chain: name })];
  const verdict = words.includes('tcp-reset') ? 'reset' : verdicts[name];
  if (verdict !== undefined) return [end({ kind: verdict })];
  if (name === 'NOTRACK' || (name === 'CT' && words.includes('--notrack'))) return [{ kind: 'untrack' }];
  if (name === 'MARK') return [{ kind: 'set', change: setMark(words) }];
  if (name === 'CONNMARK') return [{ kind: 'set', change: setConnmark(words) }];
  if (name === 'HMARK') return [{ kind: 'set', change: (state) => ({ ...state, mark: null }) }];
  return passing.has(name) ? [] : [end({ kind: 'unknown' })];
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

function setMark(words: readonly string[]): (state: State) => State {
  const change = maskedChange(words);
  return (state) => ({ ...state, mark: change === null ? null : changeMark(state.mark, change) });
}

function setConnmark(words: readonly string[]): (state: State) => State {
  const masks = words.filter((_, i) => /^--(nf|ct)?mask$/.test(words[i - 1] ?? ''));
  const masked = masks.some((mask) => Number(mask) !== 0xffffffff);
  if (words[0] === '--save-mark') return (state) => ({ ...state, connmark: masked ? null : state.mark });
  if (words[0] === '--restore-mark') return (state) => ({ ...state, mark: masked ? null : state.connmark });
  const change = maskedChange(words);
  return (state) => ({ ...state, connmark: change === null ? null : changeMark(state.connmark, change) });
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
