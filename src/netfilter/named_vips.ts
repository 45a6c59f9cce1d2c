import { formatIp, parseIp } from '../address/index.ts';
import { oncePerSnapshot, type Snapshot } from '../snapshot/index.ts';
import type { RuleLine, Ruleset, SavedChain } from './iptables/save.ts';
import { type Fields, fieldsOf, listOf, type NftChain, type NftRule, type NftTable } from './nft/ruleset.ts';
import { savedRulesets } from './rulesets.ts';

/** What a node's rules say of VIPs, whichever these are. */
export type NamedVips = {
  /** Whether there is any cluster rule at all. */
  readonly clustered: boolean;
  /**
   * The addresses that a cluster rule, a rule that leads to one, or CLUSTERIP's files name as destination, once each. A
   * network is no address of it.
   */
  readonly vips: readonly string[];
};

/** Takes the VIPs that a node's cluster rules name out of its snapshot, of both families and all tools. */
export const readNamedVips: (snapshot: Snapshot) => NamedVips = oncePerSnapshot((snapshot) => {
  const kernel = snapshot.sections.flatMap(({ name, key }) => (name === 'clusterip' && key !== '' ? [key] : []));
  const four = savedRulesets(snapshot, 4);
  const six = savedRulesets(snapshot, 6);
  const rules = [
    ...[four.legacy, four.modern, six.legacy, six.modern].flatMap(savedRules),
    ...four.nft.tables.flatMap(nativeRules),
  ];
  const named = [...kernel, ...rules.flat()].flatMap((text) => {
    const ip = parseIp(text);
    return ip === null ? [] : [formatIp(ip)];
  });
  return { clustered: kernel.length > 0 || rules.length > 0, vips: [...new Set(named)] };
});

/** What each rule names that shares traffic or leads to one that does. */
type Named = readonly (readonly string[])[];

function savedRules(ruleset: Ruleset): Named {
  return [...ruleset.values()].flatMap((table) => {
    const sharing = closure([...table.values()], {
      shares: ({ rules }) => rules.some(isClusterRule),
      leadsTo: ({ rules }) => rules.flatMap((rule) => jumpOf(rule) ?? []),
    });
    const leads = (rule: RuleLine) => isClusterRule(rule) || sharing.has(jumpOf(rule) ?? '');
    return [...table.values()].flatMap(({ rules }) => rules.filter(leads).map(destinationOf));
  });
}

function isClusterRule({ words }: RuleLine): boolean {
  return words.some((word, i) => (word === 'cluster' && words[i - 1] === '-m') || isClusterip(word, words[i - 1]));
}

function isClusterip(word: string, before: string | undefined): boolean {
  return word === 'CLUSTERIP' && before === '-j';
}

function jumpOf({ words }: RuleLine): string | undefined {
  const at = words.findIndex((word) => word === '-j' || word === '-g');
  return at < 0 ? undefined : words[at + 1];
}

/** `-d 192.0.2.1/32`: a single address that is not excluded. */
function destinationOf({ words }: RuleLine): readonly string[] {
  const at = words.indexOf('-d');
  if (at < 0 || words[at - 1] === '!') return [];
  const [address = '', prefix] = (words[at + 1] ?? '').split('/');
  const whole = address.includes(':') ? '128' : '32';
  return prefix === undefined || prefix === whole ? [address] : [];
}

function nativeRules(table: NftTable): Named {
  const chains = [...table.chains.values()];
  const sharing = closure(chains, {
    shares: ({ rules }) => rules.some(hashes),
    leadsTo: (chain) => targetsOf(chain, table),
  });
  const leads = (rule: NftRule) => hashes(rule) || targets(rule, table).some((name) => sharing.has(name));
  return chains.flatMap(({ rules }) => rules.filter(leads).map((rule) => destinations(rule, table)));
}

function hashes({ expr }: NftRule): boolean {
  return /"(?:jhash|symhash|numgen)":/.test(JSON.stringify(expr));
}

function targetsOf({ rules }: NftChain, table: NftTable): readonly string[] {
  return rules.flatMap((rule) => targets(rule, table));
}

/** The chains that a rule jumps to, by itself or by a map of verdicts. */
function targets({ expr }: NftRule, table: NftTable): readonly string[] {
  const text = JSON.stringify(expr);
  const all = `${text}${JSON.stringify(setsIn(text, table))}`;
  return [...all.matchAll(/"(?:jump|goto)":\{"target":"([^"]*)"/g)].map(([, name = '']) => name);
}

function setsIn(text: string, table: NftTable): readonly unknown[] {
  return [...text.matchAll(/"@([^"]+)"/g)].flatMap(([, name = '']) => table.sets.get(name) ?? []);
}

/** What the statements of a rule that look at the destination say, with the elements of the sets that they name. */
function destinations({ expr }: NftRule, table: NftTable): readonly string[] {
  return expr.flatMap((statement) => {
    const text = JSON.stringify(statement);
    if (!text.includes('"daddr"') || fieldsOf(fieldsOf(statement)?.['match'])?.['op'] === '!=') return [];
    return [...wordsIn(statement), ...setsIn(text, table).flatMap(wordsIn)];
  });
}

/** The strings in a JSON value, less those of networks and ranges. */
function wordsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return listOf(value).flatMap(wordsIn);
  const fields: Fields = fieldsOf(value) ?? {};
  return Object.entries(fields).flatMap(([key, inner]) => (key === 'prefix' || key === 'range' ? [] : wordsIn(inner)));
}

/** The names of the chains that share traffic themselves or lead to one that does. */
function closure<C extends SavedChain | NftChain>(
  chains: readonly C[],
  { shares, leadsTo }: { shares(chain: C): boolean; leadsTo(chain: C): readonly string[] },
): ReadonlySet<string> {
  const found = new Set(chains.filter(shares).map(({ name }) => name));
  const open = chains.map((chain) => ({ name: chain.name, to: leadsTo(chain) }));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { name, to } of open) if (to.some((one) => found.has(one))) found.add(name);
  }
  return found;
}
