import { locate, parseIp, parseMac, readAddresses } from '../address/index.ts';
import { type SectionName, type Snapshot, section } from '../snapshot/index.ts';
import { iptablesChains, setsConnmarks } from './iptables/chains.ts';
import { type Clusterip, clusteripUse, readClusterip, withKernelState } from './iptables/clusterip.ts';
import { damageOf, parseRuleset, type Ruleset } from './iptables/save.ts';
import { withResets } from './judge/obstacles.ts';
import { answeredBy, ruleOf } from './judge/rule.ts';
import type { Packets } from './model/packet.ts';
import type { Part, Program } from './model/program.ts';
import type { Backend, Reading, Rule, Unread } from './model/rule.ts';
import { bounded } from './model/traffic.ts';
import { unreadable, unreadRules } from './model/unread.ts';
import { nftChains, setsNftConnmarks } from './nft/chains.ts';
import { fieldsOf, isFields, type NftRuleset, type NftTable, parseNft, textOf } from './nft/ruleset.ts';
import type { Way } from './walk/trace.ts';
import { followPackets, followStrays } from './walk/walk.ts';

/** Which backend's rules are to be read; `auto` takes what is there. */
export type BackendChoice = Backend | 'auto';

/** The rules of a node, of every tool that has some for the VIP's family. */
type Rulesets = {
  readonly legacy: Ruleset;
  readonly modern: Ruleset;
  readonly nft: NftRuleset;
  readonly clusterip: Clusterip | null;
};

/** About a second's work; a large firewall takes a tenth of it. */
export const mostComparisons = 3_000_000;

const tooLarge: Reading = {
  rules: [],
  unread: [
    {
      what: 'the rules',
      reason: 'they differ in so many addresses and ports at once that a check has not the time to follow them',
      needs: null,
    },
  ],
  answered: null,
};

/**
 * Takes the cluster rule for a VIP out of a node's snapshot, whatever backend it is of. Its packets are sent through the
 * chains of all tools together, as in the kernel: what they show is what the node answers. Rulesets that would take more than so many comparisons to
 * follow are left unread.
 */
export function readRules(
  snapshot: Snapshot,
  vip: string,
  backend: BackendChoice = 'auto',
  comparisons = mostComparisons,
): Reading {
  const ip = parseIp(vip);
  if (ip === null)
    return { rules: [], unread: [{ what: 'the VIP', reason: `${vip} is no address`, needs: null }], answered: null };
  const names = sectionsOf(ip.family);
  const rules = (name: SectionName) => parseRuleset(section(snapshot, name)?.lines ?? []);
  const legacy = rules(names.legacy);
  const clusterip = backend === 'auto' || backend === 'clusterip' ? readClusterip(snapshot, legacy, vip) : null;
  const unread = [...unreadSections(snapshot, names, backend), ...(Array.isArray(clusterip) ? clusterip : [])];
  const held = clusterip !== null && 'lines' in clusterip ? clusterip : null;
  const nft = parseNft(section(snapshot, 'nft')?.lines ?? []);
  const rulesets = { legacy, modern: rules(names.modern), nft, clusterip: held };
  const found = bounded(comparisons, () => judgeRulesets(rulesets, snapshot, vip, ip.family)) ?? tooLarge;
  const strange = nft.strange.map((reason) => ({ what: 'the nft rules', reason, needs: null }));
  const damaged = [names.legacy, names.modern].flatMap((name) => {
    const reason = damageOf(section(snapshot, name)?.lines ?? []);
    return reason === null ? [] : [{ what: `the ${name} rules`, reason: `damaged answer: ${reason}`, needs: null }];
  });
  const all = [...unread, ...strange, ...damaged, ...found.unread];
  // A CLUSTERIP whose kernel state was not read would look like a rule that holds nothing.
  const usable = Array.isArray(clusterip) && clusterip.length > 0 ? [] : found.rules;
  return { rules: usable, unread: all, answered: all.length > 0 ? null : found.answered };
}

function sectionsOf(family: 4 | 6): { readonly legacy: SectionName; readonly modern: SectionName } {
  return family === 4
    ? { legacy: 'iptables-legacy', modern: 'iptables' }
    : { legacy: 'ip6tables-legacy', modern: 'ip6tables' };
}

/** The sections that the chosen backend needs and that could not be read. */
function unreadSections(
  snapshot: Snapshot,
  names: ReturnType<typeof sectionsOf>,
  backend: BackendChoice,
): readonly Unread[] {
  const { legacy, modern } = names;
  const needed: readonly (readonly [SectionName, string, readonly BackendChoice[]])[] = [
    [legacy, 'the legacy iptables rules', ['auto', 'clusterip', 'xt_cluster']],
    [modern, `the ${modern} rules`, ['auto', 'xt_cluster']],
    ['nft', 'the nft rules', ['auto', 'nftables']],
  ];
  const wanted = needed.filter(([, , choices]) => choices.includes(backend));
  const parts = wanted.map(([name, what]) => ({ part: section(snapshot, name), what }));
  if (parts.every(({ part }) => part === undefined || part.status === 'missing'))
    return parts.slice(0, 1).flatMap(({ part, what }) => unreadable(part, what) ?? []);
  // The script gives a section for every tool, installed or not.
  return parts.flatMap(({ part, what }) => (part === undefined ? unreadable : unreadRules)(part, what) ?? []);
}

function judgeRulesets(rulesets: Rulesets, snapshot: Snapshot, vip: string, family: 4 | 6): Reading {
  const vipOn = locate(readAddresses(snapshot), vip)[0]?.address.ifname ?? null;
  const bound = boundTo(programOf(rulesets, { vip, family, ifname: null }), vipOn);
  const { way, rule } = follow(rulesets, { vip, family, ifname: bound ?? vipOn });
  // A rule for another interface is read as it stands; what is answered is decided where the VIP is.
  const real =
    vipOn === null || bound === null || bound === vipOn ? way : follow(rulesets, { vip, family, ifname: vipOn }).way;
  const puzzles = way.puzzles.map(({ place, rule: { text }, what }) => ({
    what: 'a cluster rule',
    reason: `${what} (${place}: ${text})`,
    needs: null,
  }));
  const large = way.complete
    ? []
    : [{ what: 'the rules', reason: 'they are too many to follow, or they loop', needs: null }];
  const complete = rule === null ? null : completed(rule, rulesets, vip);
  const judged =
    complete === null ? null : judgeResets(complete, way, rulesets, { vip, family, ifname: bound ?? vipOn });
  const answered = judged?.obstacles.some(({ disturbs }) => disturbs) ? null : answeredBy(real, family);
  return { rules: judged === null ? [] : [judged], unread: [...puzzles, ...large], answered };
}

function follow(rulesets: Rulesets, packets: Packets): { readonly way: Way; readonly rule: Rule | null } {
  const program = programOf(rulesets, packets);
  const { legacy, modern } = rulesets;
  const connmarks = setsConnmarks(legacy) || setsConnmarks(modern) || setsNftConnmarks(ownTables(rulesets));
  const way = followPackets(program, packets, connmarks);
  return { way, rule: ruleOf(program, way, packets) };
}

/** Judges what a node does to connections of other nodes; the same rule where it resets nothing. */
function judgeResets(rule: Rule, own: Way, rulesets: Rulesets, packets: Packets): Rule {
  const program = programOf(rulesets, packets);
  const resets = program.chains.some(({ rules }) => rules.some(({ parts }) => parts.some(canReset)));
  return resets ? withResets(rule, followStrays(program, packets), own, packets.family) : rule;
}

function canReset(part: Part): boolean {
  if (part.kind === 'choose') return part.cases.some(({ verdict }) => verdict.kind === 'reset');
  return part.kind === 'end' && part.verdict.kind === 'reset';
}

function programOf({ legacy, modern, nft, clusterip }: Rulesets, packets: Packets): Program {
  const own = packets.family === 4 ? 'iptables' : 'ip6tables';
  const parts = [
    iptablesChains(legacy, packets, `${own}-legacy`, (line) =>
      clusterip === null ? null : clusteripUse(clusterip, line),
    ),
    iptablesChains(modern, packets, own, () => null),
    nftChains(ownTables({ modern, nft }), packets),
  ];
  return { bases: parts.flatMap(({ bases }) => bases), chains: parts.flatMap(({ chains }) => chains) };
}

/** The tables that iptables-nft wrote are read from iptables-save, which shows what nft cannot. */
function ownTables({ modern, nft }: Pick<Rulesets, 'modern' | 'nft'>): readonly NftTable[] {
  return nft.tables.filter(({ family, name }) => !((family === 'ip' || family === 'ip6') && modern.has(name)));
}

/** The interface that a cluster rule for the VIP is bound to; the VIP's own, if any is. */
function boundTo({ chains }: Program, vipOn: string | null): string | null {
  const rules = chains.flatMap((chain) => chain.rules);
  const bound = rules.flatMap(({ names, ifname, parts }) =>
    names && ifname !== null && parts.some(({ kind }) => kind === 'cluster') ? [ifname] : [],
  );
  return bound.find((ifname) => ifname === vipOn) ?? bound[0] ?? null;
}

function completed(rule: Rule, { nft, clusterip }: Rulesets, vip: string): Rule {
  const own = clusterip === null ? rule : withKernelState(rule, clusterip);
  return own.mac === null ? { ...own, mac: arpMac(nft, vip) } : own;
}

/** The MAC that an nft rule of family arp writes into the node's answers for the VIP. */
function arpMac({ tables }: NftRuleset, vip: string): string | null {
  const rules = tables
    .filter(({ family }) => family === 'arp')
    .flatMap(({ chains }) => [...chains.values()].flatMap((chain) => chain.rules));
  for (const { expr } of rules) {
    const statements = expr.filter(isFields);
    const forVip = statements.some((one) => textOf(fieldsOf(one['match'])?.['right']) === vip);
    const mangles = statements.map((one) => one['mangle']).filter(isFields);
    const ether = mangles.find(({ key }) => fieldsOf(fieldsOf(key)?.['payload'])?.['field'] === 'saddr ether');
    const mac = parseMac(textOf(ether?.['value']));
    if (forVip && mac !== null) return mac;
  }
  return null;
}
