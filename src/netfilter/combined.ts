import { ebtablesChains } from './ebtables/chains.ts';
import { iptablesChains, setsConnmarks } from './iptables/chains.ts';
import { clusteripUse } from './iptables/clusterip.ts';
import { isOutward, type Packets } from './model/packet.ts';
import type { BaseChain, Program } from './model/program.ts';
import { nftChains, setsNftConnmarks } from './nft/chains.ts';
import type { NftRuleset, NftTable } from './nft/ruleset.ts';
import type { Rulesets } from './rulesets.ts';

/**
 * The chains of all tools together, as the kernel sends packets through them: those of the hooks that they pass, and what
 * these lead to.
 */
export function programOf(rulesets: Rulesets, packets: Packets): Program {
  const { legacy, modern, ebtables, clusterip } = rulesets;
  const own = packets.space.family === 4 ? 'iptables' : 'ip6tables';
  const parts = [
    iptablesChains(legacy, packets, `${own}-legacy`, (line) =>
      clusterip === null ? null : clusteripUse(clusterip, line, packets.space),
    ),
    iptablesChains(modern, packets, own, () => null),
    nftChains(ownTables(rulesets), packets),
    // Those for what leaves by a bridge are not read.
    ...(isOutward(packets) ? [] : ebtables).map((ruleset) => ebtablesChains(ruleset, packets)),
  ];
  return {
    bases: byAge(
      parts.flatMap(({ bases }) => bases),
      rulesets.nft,
    ),
    chains: parts.flatMap(({ chains }) => chains),
    setsConnmarks: setsConnmarks(legacy) || setsConnmarks(modern) || setsNftConnmarks(ownTables(rulesets)),
  };
}

/**
 * Base chains from the oldest table of nf_tables to the youngest: `nft list ruleset` has them in that order, those of
 * iptables-nft among them. How old the tables of iptables-legacy are, no snapshot shows.
 */
function byAge(bases: readonly BaseChain[], { tables }: NftRuleset): readonly BaseChain[] {
  const ages = new Map(tables.map(({ family, name }, age) => [`${family} ${name}`, age]));
  const ageOf = ({ owner }: BaseChain) => (owner === null ? -1 : (ages.get(owner) ?? -1));
  return [...bases].sort((a, b) => ageOf(a) - ageOf(b));
}

/** The tables that iptables-nft and ebtables-nft wrote are read from what their tools save, which shows what nft cannot. */
function ownTables({ modern, ebtables: [bridge], nft }: Rulesets): readonly NftTable[] {
  return nft.tables.filter(({ family, name }) => {
    const saved = family === 'bridge' ? bridge : family === 'ip' || family === 'ip6' ? modern : undefined;
    return !saved?.has(name);
  });
}
