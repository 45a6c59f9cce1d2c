/** One rule of an nft ruleset, its statements as nft's JSON has them (libnftables-json(5)). */
export type NftRule = { readonly expr: readonly unknown[]; readonly comment: string; readonly handle: number };

export type NftChain = {
  readonly name: string;
  /** `prerouting`, `input`, `ingress`, `forward` ...; null for a chain that only other rules call. */
  readonly hook: string | null;
  readonly type: string;
  readonly priority: number;
  readonly policy: string;
  /** The interfaces of an ingress chain; empty where nft does not say (1.0.6 leaves it out). */
  readonly devices: readonly string[];
  readonly rules: NftRule[];
  /** False for a chain that only rules have named. */
  readonly declared: boolean;
};

export type NftTable = {
  readonly family: string;
  readonly name: string;
  /** True where its chains do nothing until it is woken (`flags dormant`). */
  readonly dormant: boolean;
  readonly chains: Map<string, NftChain>;
  /** Elements of sets and maps by name; a map's element is a pair. */
  readonly sets: Map<string, readonly unknown[]>;
};

export type NftRuleset = { readonly tables: readonly NftTable[]; readonly strange: readonly string[] };

/**
 * Reads `nft -j list ruleset`, as nft prints it (one line for all) or as a snapshot carries it (an object a line).
 * `strange` says what cannot be such a list: lines that are not objects, rules without their chain.
 */
export function parseNft(lines: readonly string[]): NftRuleset {
  const tables = new Map<string, NftTable>();
  const strange: string[] = [];
  const tableOf = (object: Fields) => {
    const family = textOf(object['family']);
    const name = textOf(object['table'] ?? object['name']);
    const known = tables.get(`${family} ${name}`) ?? {
      family,
      name,
      dormant: false,
      chains: new Map(),
      sets: new Map(),
    };
    tables.set(`${family} ${name}`, known);
    return known;
  };
  const sleep = (object: Fields) => {
    const table = tableOf(object);
    tables.set(`${table.family} ${table.name}`, { ...table, dormant: true });
  };
  for (const line of lines) {
    const objects = readLine(line);
    if (objects === null) strange.push(`not JSON from nft: ${line.slice(0, 120)}`);
    else if (objects.some((object) => !isComplete(object))) strange.push(`not whole: ${line.slice(0, 120)}`);
    for (const object of objects ?? []) {
      const table = fieldsOf(object['table']);
      if (table !== null && isDormant(table)) sleep(table);
      addObject(object, tableOf);
    }
  }
  // nft lists a chain before its rules; without the chain it is not known where they are.
  for (const { family, name, chains } of tables.values())
    for (const chain of chains.values())
      if (!chain.declared) strange.push(`rules of a chain that is not there: ${family} ${name} ${chain.name}`);
  return { tables: [...tables.values()], strange };
}

export type Fields = Readonly<Record<string, unknown>>;

/** A JSON object's fields; null for everything else. */
export function fieldsOf(value: unknown): Fields | null {
  return isFields(value) ? value : null;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON array; empty for everything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : '';
}

function readLine(line: string): readonly Fields[] | null {
  if (line.trim() === '') return [];
  try {
    const value = fieldsOf(JSON.parse(line));
    if (value === null) return null;
    const all = value['nftables'];
    return all === undefined ? [value] : listOf(all).filter(isFields);
  } catch {
    return null;
  }
}

/** A rule has its statements, and a chain that the kernel calls says from where, when, and what for else. */
function isComplete(object: Fields): boolean {
  const [rule, chain] = [fieldsOf(object['rule']), fieldsOf(object['chain'])];
  if (rule !== null) return Array.isArray(rule['expr']);
  const said = ['type', 'hook', 'prio', 'policy'].filter((key) => chain !== null && key in chain);
  return said.length === 0 || said.length === 4;
}

/** nft 1.0.6 prints the table's own name there, for whatever flag; `owner` and `persist` came later, with their names. */
function isDormant({ flags }: Fields): boolean {
  const names = [flags].flat().filter((flag) => flag !== undefined);
  return names.some((flag) => flag !== 'owner' && flag !== 'persist');
}

function addObject(object: Fields, tableOf: (fields: Fields) => NftTable): void {
  const [[kind, value] = ['', null]] = Object.entries(object);
  const fields = fieldsOf(value);
  if (fields === null) return;
  if (kind === 'chain') {
    const chain = chainOf(fields);
    const known = tableOf(fields).chains.get(chain.name);
    tableOf(fields).chains.set(chain.name, { ...chain, rules: known?.rules ?? [], declared: true });
  } else if (kind === 'rule') {
    const { chains } = tableOf(fields);
    const name = textOf(fields['chain']);
    const chain = chains.get(name) ?? chainOf({ name });
    chains.set(name, chain);
    const { expr, comment, handle } = fields;
    chain.rules.push({ expr: listOf(expr), comment: textOf(comment), handle: Number(handle ?? 0) });
  } else if (kind === 'set' || kind === 'map' || kind === 'element') {
    const { sets } = tableOf(fields);
    const name = textOf(fields['name']);
    sets.set(name, [...(sets.get(name) ?? []), ...listOf(fields['elem'])]);
  }
}

function chainOf(fields: Fields): NftChain {
  const { name, hook, type, prio, policy, dev } = fields;
  return {
    name: textOf(name),
    hook: typeof hook === 'string' ? hook : null,
    type: textOf(type),
    priority: Number(prio ?? 0),
    policy: textOf(policy),
    devices: typeof dev === 'string' ? [dev] : listOf(dev).map(textOf),
    rules: [],
    declared: false,
  };
}
