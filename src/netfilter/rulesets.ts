import { type Family, levelsBelow, locate, readAddresses } from '../address/index.ts';
import { oncePerSnapshot, type Section, type SectionName, type Snapshot, section } from '../snapshot/index.ts';
import type { Clusterip } from './iptables/clusterip.ts';
import { damageOf, parseRuleset, type Ruleset } from './iptables/save.ts';
import type { Backend, Unread } from './model/rule.ts';
import { unreadable, unreadRules } from './model/unread.ts';
import { lacksDevices, parseHeads, withHeads } from './nft/heads.ts';
import { type NftRuleset, parseNft } from './nft/ruleset.ts';

/** Which backend's rules are to be read; `auto` takes what is there. */
export type BackendChoice = Backend | 'auto';

/** The rules of a node, of every tool that has some for the VIP's family. */
export type Rulesets = {
  readonly legacy: Ruleset;
  readonly modern: Ruleset;
  readonly nft: NftRuleset;
  /** Of all tools for bridges. */
  readonly ebtables: readonly Ruleset[];
  readonly clusterip: Clusterip | null;
};

/** The rulesets of all tools, as far as they are there, and what the kernel says about CLUSTERIP. */
export function savedRulesets(snapshot: Snapshot, family: Family): Omit<Rulesets, 'clusterip'> {
  return saved[family](snapshot);
}

const saved = {
  4: oncePerSnapshot((snapshot) => rulesetsOf(snapshot, 4)),
  6: oncePerSnapshot((snapshot) => rulesetsOf(snapshot, 6)),
} as const;

const readNft = oncePerSnapshot((snapshot) => {
  const heads = parseHeads(section(snapshot, 'nft-chains')?.lines ?? []);
  return withHeads(parseNft(section(snapshot, 'nft')?.lines ?? []), heads);
});

function rulesetsOf(snapshot: Snapshot, family: Family): Omit<Rulesets, 'clusterip'> {
  const names = sectionsOf(family);
  const rules = (name: SectionName) => parseRuleset(section(snapshot, name)?.lines ?? []);
  return {
    legacy: rules(names.legacy),
    modern: rules(names.modern),
    nft: readNft(snapshot),
    ebtables: [rules('ebtables'), rules('ebtables-legacy')],
  };
}

/** The sections of a snapshot that hold the rules of iptables for a family, by its two kinds. */
export function sectionsOf(family: Family): { readonly legacy: SectionName; readonly modern: SectionName } {
  return family === 4
    ? { legacy: 'iptables-legacy', modern: 'iptables' }
    : { legacy: 'ip6tables-legacy', modern: 'ip6tables' };
}

/** The sections that the chosen backend needs and that could not be read. */
export function unreadSections(
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

/**
 * What of a family's rules could not be read although it is there, so that a cluster rule may be in it: a tool that is not
 * installed and a kernel without such rules hide none.
 */
export function hiddenRules(snapshot: Snapshot, family: Family, backend: BackendChoice): readonly Unread[] {
  const names = sectionsOf(family);
  // CLUSTERIP is of IPv4 and of the legacy tool alone.
  const clusterip = family === 4 ? [names.legacy] : [];
  const iptables = {
    auto: [names.legacy, names.modern],
    xt_cluster: [names.legacy, names.modern],
    clusterip,
    nftables: [],
  }[backend];
  const native = backend === 'auto' || backend === 'nftables' ? (['nft'] as const) : [];
  const unread = [...iptables, ...native].flatMap(
    (name) => unreadRules(section(snapshot, name), `the ${name} rules`) ?? [],
  );
  return [...unread, ...damagedRules(snapshot, iptables)];
}

/** Sections of saved rules that are not as the tool prints them. */
export function damagedRules(snapshot: Snapshot, names: readonly SectionName[]): readonly Unread[] {
  return names.flatMap((name) => {
    const reason = damageOf(section(snapshot, name)?.lines ?? []);
    return reason === null ? [] : [{ what: `the ${name} rules`, reason: `damaged answer: ${reason}`, needs: null }];
  });
}

/** The rulesets of either family that could not be read, whatever the VIPs. Those of IPv6 need not be there. */
export function unreadRulesets(snapshot: Snapshot, backend: BackendChoice): readonly Unread[] {
  const [four, six] = [sectionsOf(4), sectionsOf(6)];
  return [
    ...unreadSections(snapshot, four, backend),
    ...damagedRules(snapshot, [four.legacy, four.modern, six.legacy, six.modern]),
    ...[six.legacy, six.modern].flatMap((name) => unreadRules(section(snapshot, name), `the ${name} rules`) ?? []),
  ];
}

/** The rules of ebtables, where frames for the VIP come in by a bridge and an answer says that there may be some. */
export function unreadBridge(snapshot: Snapshot, vip: string): readonly Unread[] {
  const host = readAddresses(snapshot);
  const onBridge = locate(host, vip).some(({ address }) =>
    levelsBelow(host.links ?? [], address.ifname).some(({ bridge }) => bridge !== null),
  );
  if (!onBridge) return [];
  return (['ebtables', 'ebtables-legacy'] as const).flatMap(
    (name) => unreadRules(section(snapshot, name), `the ${name} rules`) ?? [],
  );
}

/** The devices of chains, where neither the ruleset nor anything else shows them. */
export function unreadHeads(part: Section | undefined, { tables }: NftRuleset): readonly Unread[] {
  const lacking = tables.some(({ dormant, chains }) => !dormant && [...chains.values()].some(lacksDevices));
  if (!lacking || part === undefined) return [];
  const reason = unreadable(part, 'the devices of nft chains');
  return reason === null ? [] : [reason];
}

/** Whether any rule of a node may give packets another destination, whichever tool wrote it. */
export const sendsOn = oncePerSnapshot(({ sections }) =>
  sections.some(({ lines }) => lines.some((line) => /dnat|redirect|netmap|tproxy/i.test(line))),
);
