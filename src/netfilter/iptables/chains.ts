import { type Direction, isOutward, type Packets } from '../model/packet.ts';
import { type BaseChain, type Chain, policyRule, withoutIdleEnd } from '../model/program.ts';
import { type ClusteripUse, readSavedRule } from './rule.ts';
import type { RuleLine, Ruleset, SavedChain } from './save.ts';

type SavedTable = ReadonlyMap<string, SavedChain>;

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
      const reroutes = name === 'mangle' && hook === 'output';
      const owner = tool.endsWith('legacy') ? null : `${packets.space.family === 4 ? 'ip' : 'ip6'} ${name}`;
      bases.push({
        hook,
        priority,
        owner,
        devices: [],
        nat,
        reroutes,
        chain: { ...entry, rules },
        policy,
        table: read,
      });
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
