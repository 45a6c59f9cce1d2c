import { oncePerSnapshot, type Section, section } from '../../snapshot/index.ts';
import { parseRuleset, type Ruleset } from '../iptables/save.ts';
import type { Unread } from '../model/rule.ts';
import { unreadRules } from '../model/unread.ts';
import { parseHeads, withHeads } from '../nft/heads.ts';
import { type NftTable, parseNft } from '../nft/ruleset.ts';
import { nftArpChains } from './native.ts';
import type { ArpProgram } from './program.ts';
import { arptablesChains } from './saved.ts';

/** Rules that were not read; `absent` where an older script did not look for them. */
export type UnreadPart = Unread & { readonly absent: boolean };

/** The rules that a node's ARP packets pass, and why they may not be all. */
export type ArpReading = { readonly program: ArpProgram; readonly unread: readonly UnreadPart[] };

/** Extracts the rules for ARP from a snapshot: those of either kind of arptables, and of nft's own tables. */
export const readArp = oncePerSnapshot((snapshot): ArpReading => {
  const parts = {
    arptables: section(snapshot, 'arptables'),
    legacy: section(snapshot, 'arptables-legacy'),
    nft: section(snapshot, 'nft'),
  };
  const [saved, legacy] = [rulesetOf(parts.arptables), rulesetOf(parts.legacy)];
  const nft = withHeads(parseNft(linesOf(parts.nft)), parseHeads(linesOf(section(snapshot, 'nft-chains'))));
  // The tables that arptables of nf_tables wrote are read from arptables-save, which shows what nft cannot.
  const isSaved = ({ family, name }: NftTable) => family === 'arp' && saved.has(name);
  // nft lists its tables from the oldest to the youngest, and those of arptables-nft among them.
  const age = Math.max(0, nft.tables.findIndex(isSaved));
  const own = (tables: readonly NftTable[]) => nftArpChains(tables.filter((table) => !isSaved(table)));
  return {
    program: [
      ...arptablesChains(legacy),
      ...own(nft.tables.slice(0, age)),
      ...arptablesChains(saved),
      ...own(nft.tables.slice(age)),
    ],
    unread: [
      ...unreadPart(parts.arptables, 'the arptables rules'),
      ...damaged(parts.arptables, 'the arptables rules'),
      // The script has this section only where the kernel has such tables.
      ...(parts.legacy === undefined ? [] : unreadPart(parts.legacy, 'the legacy arptables rules')),
      ...damaged(parts.legacy, 'the legacy arptables rules'),
      ...unreadPart(parts.nft, 'the nft rules'),
      ...nft.strange.map((reason) => unread('the nft rules', `damaged answer: ${reason}`)),
      ...leftOut(snapshot.host.parts, parts.nft),
    ],
  };
});

/** Why a section of optional rules was not read; nothing where there are none. */
export function unreadPart(part: Section | undefined, what: string): readonly UnreadPart[] {
  if (part === undefined) return [{ ...unread(what, 'not in the snapshot'), absent: true }];
  const found = unreadRules(part, what);
  return found === null ? [] : [{ ...found, absent: false }];
}

function unread(what: string, reason: string): UnreadPart {
  return { what, reason, needs: null, absent: false };
}

/** Older scripts leave out chains of family arp that do not name the VIP. */
function leftOut(parts: number, nft: Section | undefined): readonly UnreadPart[] {
  const chains = parts > 1 ? [] : (nft?.leftOut ?? []).filter((one) => /^arp \S+ \S+, \d+ rules$/.test(one));
  return chains.length === 0 ? [] : [{ ...unread('chains of nft for ARP', 'left out by the script'), absent: true }];
}

function linesOf(part: Section | undefined): readonly string[] {
  return part?.status === 'read' ? part.lines : [];
}

/** Rules outside of a table belong to the only one that there is. */
function rulesetOf(part: Section | undefined): Ruleset {
  const lines = linesOf(part);
  return parseRuleset(lines.some((line) => line.startsWith('*')) ? lines : ['*filter', ...lines]);
}

/** `arptables-save` does not mark the end of a table, so only a line of another form shows damage. */
function damaged(part: Section | undefined, what: string): readonly UnreadPart[] {
  const strange = linesOf(part).find((line) => line.trim() !== '' && !/^(?:#|\*\S|:\S+ \S|-A \S|COMMIT$)/.test(line));
  return strange === undefined ? [] : [unread(what, `damaged answer: ${strange.slice(0, 120)}`)];
}
