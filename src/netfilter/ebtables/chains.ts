import type { RuleLine, Ruleset } from '../iptables/save.ts';
import type { Carried, Packets } from '../model/packet.ts';
import { changeMark } from '../model/packet.ts';
import { type BaseChain, type Chain, type ChainRule, type Part, policyRule, type Verdict } from '../model/program.ts';
import { readFrameOption } from './options.ts';

/** The chains that frames for the bridge itself pass, with their priorities (`linux/netfilter_bridge.h`, NF_BR_PRI_*). */
const way: readonly {
  readonly table: string;
  readonly chain: string;
  readonly hook: BaseChain['hook'];
  readonly priority: number;
}[] = [
  { table: 'broute', chain: 'BROUTING', hook: 'bridge prerouting', priority: Number.NEGATIVE_INFINITY },
  { table: 'nat', chain: 'PREROUTING', hook: 'bridge prerouting', priority: -300 },
  { table: 'filter', chain: 'INPUT', hook: 'bridge input', priority: -200 },
];

/** Writes what `ebtables-save` says as chains that frames can be sent through. */
export function ebtablesChains(
  ruleset: Ruleset,
  packets: Packets,
): { readonly bases: readonly BaseChain[]; readonly chains: readonly Chain[] } {
  const bases: BaseChain[] = [];
  const chains: Chain[] = [];
  for (const [name, table] of ruleset) {
    const own = way.find((one) => one.table === name)?.chain;
    const read = new Map<string, Chain>();
    for (const chain of table.values()) {
      const rules = chain.rules.map((line) => readRule(line, name, (target) => table.has(target), packets));
      // Chains of the user have a policy, too: packets that reach their end are accepted there.
      const accepts = chain.policy === 'ACCEPT' && chain.name !== own && /[^A-Z]/.test(chain.name);
      const end = accepts ? [ruleOf(`-P ${chain.name} ACCEPT`, [finish('accept')])] : [];
      read.set(chain.name, { place: `ebtables ${name} ${chain.name}`, rules: [...rules, ...end] });
    }
    chains.push(...read.values());
    for (const { chain, hook, priority } of way.filter((one) => one.table === name)) {
      const entry = read.get(chain);
      if (entry === undefined) continue;
      const drops = table.get(chain)?.policy === 'DROP';
      // In broute it means: not through the bridge.
      const end = finish(name === 'broute' ? 'unknown' : 'drop');
      const policy = drops ? { ...policyRule('ebtables', 'xt_cluster', `-P ${chain} DROP`), parts: [end] } : null;
      bases.push({
        hook,
        priority,
        owner: null,
        devices: [],
        nat: false,
        reroutes: false,
        chain: entry,
        policy,
        table: read,
      });
    }
  }
  return { bases, chains };
}

function ruleOf(text: string, parts: readonly Part[]): ChainRule {
  return { ...policyRule('ebtables', 'xt_cluster', text), parts };
}

function readRule(
  { text, words }: RuleLine,
  table: string,
  known: (chain: string) => boolean,
  packets: Packets,
): ChainRule {
  const { options, target } = splitWords(words);
  return ruleOf(text, [
    ...options.map(({ name, word, negated }) => readFrameOption(name, word, negated, packets)),
    ...targetOf(target, table, known),
  ]);
}

type FrameOption = { readonly name: string; readonly word: string; readonly negated: boolean };

/** Watchers look and let go on. */
const watchers = /^--(?:log|nflog|ulog)/;

/**
 * The conditions of a rule, and what follows `-j`. `!` comes before an option or before its value, depending on the
 * version.
 */
function splitWords(words: readonly string[]): {
  readonly options: readonly FrameOption[];
  readonly target: readonly string[];
} {
  const at = words.indexOf('-j');
  const conditions = at < 0 ? words : words.slice(0, at);
  const options: { name: string; word: string; negated: boolean }[] = [];
  let negated = false;
  for (const word of conditions) {
    const last = options.at(-1);
    if (word === '!') {
      if (last !== undefined && last.word === '') last.negated = true;
      else negated = true;
    } else if (word.startsWith('-')) {
      options.push({ name: word, word: '', negated });
      negated = false;
    } else if (last !== undefined) last.word = last.word === '' ? word : `${last.word} ${word}`;
  }
  return { options: options.filter(({ name }) => !watchers.test(name)), target: at < 0 ? [] : words.slice(at + 1) };
}

function targetOf(
  [name, ...words]: readonly string[],
  table: string,
  known: (chain: string) => boolean,
): readonly Part[] {
  if (name === undefined || name === 'CONTINUE') return [];
  if (known(name)) return [{ kind: 'end', verdict: { kind: 'jump', chain: name } }];
  if (name === 'mark')
    return [{ kind: 'set', change: markOf(words) }, ...verdictOf(after(words, '--mark-target') ?? 'ACCEPT', table)];
  return verdictOf(name, table);
}

/** `snat`, `dnat`, `redirect` and `arpreply` change where a frame goes, which is not followed. */
function verdictOf(name: string, table: string): readonly Part[] {
  if (name === 'CONTINUE') return [];
  if (name === 'ACCEPT') return [finish('accept')];
  if (name === 'RETURN') return [finish('return')];
  return [finish(name === 'DROP' && table !== 'broute' ? 'drop' : 'unknown')];
}

function finish(kind: Exclude<Verdict['kind'], 'jump' | 'goto'>): Part {
  return { kind: 'end', verdict: { kind } };
}

function after(words: readonly string[], option: string): string | undefined {
  return words.includes(option) ? words[words.indexOf(option) + 1] : undefined;
}

/** `--mark-set 0x5`, `--mark-or`, `--mark-and`, `--mark-xor`. */
function markOf(words: readonly string[]): (carried: Carried) => Carried {
  const [option = '', text = ''] = words;
  const value = Number(text);
  const changes: Readonly<Record<string, (old: number) => number>> = {
    '--mark-set': () => value,
    '--mark-or': (old) => old | value,
    '--mark-and': (old) => old & value,
    '--mark-xor': (old) => old ^ value,
  };
  const change = Number.isNaN(value) ? undefined : changes[option];
  return (carried) => ({ ...carried, mark: change === undefined ? null : changeMark(carried.mark, change) });
}
