import type { NftChain, NftRuleset, NftTable } from './ruleset.ts';

/**
 * What nft's text says of tables and chains, and its JSON does not: 1.0.6 leaves out the devices, and garbles the
 * flags.
 */
export type NftHeads = {
  /** Whether a table does nothing (`flags dormant`), by `ip cluster`, where flags of it are shown. */
  readonly dormant: ReadonlyMap<string, boolean>;
  /** The interfaces of ingress and egress chains, by `netdev guard ingress`. */
  readonly devices: ReadonlyMap<string, readonly string[]>;
};

/**
 * Reads the heads of tables and chains of `nft list chains` or `nft -t list ruleset`:
 *
 *     table netdev guard {
 *     	flags dormant
 *     	chain ingress {
 *     		type filter hook ingress device "eth2" priority 0; policy accept;
 *
 * Source: nftables 1.0.6 and 1.1, src/rule.c (chain_print_declaration, table_print_flags).
 */
export function parseHeads(lines: readonly string[]): NftHeads {
  const dormant = new Map<string, boolean>();
  const devices = new Map<string, readonly string[]>();
  let [table, chain] = ['', ''];
  for (const line of lines) {
    const [, family, name] = /^table (\S+) (\S+) \{/.exec(line) ?? [];
    if (family !== undefined) table = `${family} ${name}`;
    else if (/^\s+flags /.test(line)) dormant.set(table, /\bdormant\b/.test(line));
    else chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? chain;
    const of = devicesOf(line);
    if (of !== null) devices.set(`${table} ${chain}`, of);
  }
  return { dormant, devices };
}

/** `device "eth2"`, `devices = { eth1, eth2 }`, in newer versions with quotes, too. */
function devicesOf(line: string): readonly string[] | null {
  const [, one, several] = /^\s+type \S+ hook \S+ (?:device "?([^"\s]+)"?|devices = \{([^}]*)\}) /.exec(line) ?? [];
  if (one !== undefined) return [one];
  return several === undefined ? null : several.split(',').map((name) => name.trim().replaceAll('"', ''));
}

/** A ruleset with what its JSON lacks. */
export function withHeads({ tables, strange }: NftRuleset, heads: NftHeads): NftRuleset {
  const read = tables.map((table): NftTable => {
    const id = `${table.family} ${table.name}`;
    const chains = [...table.chains].map(([name, chain]) => {
      const devices = chain.devices.length > 0 ? chain.devices : (heads.devices.get(`${id} ${name}`) ?? []);
      return [name, { ...chain, devices }] as const;
    });
    return { ...table, dormant: heads.dormant.get(id) ?? table.dormant, chains: new Map(chains) };
  });
  return { tables: read, strange };
}

/** Whether a chain sees only the packets of some interfaces, and it is not known which. */
export function lacksDevices({ hook, devices }: NftChain): boolean {
  return (hook === 'ingress' || hook === 'egress') && devices.length === 0;
}
