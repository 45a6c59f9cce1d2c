/**
 * One rule of an iptables ruleset as saved: the chain that it is in, and the words of the command line it was made
 * with.
 */
export type RuleLine = {
  readonly chain: string;
  /** The line as saved, from `-A`, less packet counters. */
  readonly text: string;
  readonly words: readonly string[];
};

export type SavedChain = {
  readonly name: string;
  /** `ACCEPT` or `DROP` for a built-in chain; null for one of the user's. */
  readonly policy: string | null;
  readonly rules: readonly RuleLine[];
};

/** The chains of each table (`raw`, `mangle`, `nat`, `filter`, `security`), by name. */
export type Ruleset = ReadonlyMap<string, ReadonlyMap<string, SavedChain>>;

/** Reads what `iptables-save` prints, with packet counters (`-c`) or without. Lines of another form are skipped. */
export function parseRuleset(lines: readonly string[]): Ruleset {
  const tables = new Map<string, Map<string, { name: string; policy: string | null; rules: RuleLine[] }>>();
  let table = new Map<string, { name: string; policy: string | null; rules: RuleLine[] }>();
  const chain = (name: string) => {
    const known = table.get(name) ?? { name, policy: null, rules: [] };
    table.set(name, known);
    return known;
  };
  for (const line of lines) {
    const text = line.replace(/^\[\d+:\d+\] /, '').trim();
    const declared = /^:(\S+) (\S+)/.exec(text);
    if (text.startsWith('*')) {
      table = tables.get(text.slice(1)) ?? new Map();
      tables.set(text.slice(1), table);
    } else if (declared !== null) {
      const [, name = '', policy] = declared;
      chain(name).policy = policy === undefined || policy === '-' ? null : policy;
    } else if (text.startsWith('-A ')) {
      const words = splitWords(text);
      chain(words[1] ?? '').rules.push({ chain: words[1] ?? '', text, words: words.slice(2) });
    }
  }
  return tables;
}

/**
 * What in `iptables-save` cannot be as the tool prints it, so that no rule can be trusted to be where it is; null if
 * nothing.
 */
export function damageOf(lines: readonly string[]): string | null {
  const seen = new Set<string>();
  let open: string | null = null;
  for (const line of lines) {
    const text = line.replace(/^\[\d+:\d+\] /, '').trim();
    if (text === '' || text.startsWith('#')) continue;
    if (text.startsWith('*')) {
      const table = text.slice(1);
      if (open !== null) return `table ${table} begins within table ${open}`;
      if (seen.has(table)) return `table ${table} is there twice`;
      seen.add(table);
      open = table;
    } else if (!/^(?:COMMIT$|:\S+ \S|-A )/.test(text))
      return `a line is not iptables-save output: ${text.slice(0, 80)}`;
    else if (open === null) return `a line is outside of every table: ${text.slice(0, 80)}`;
    else if (text === 'COMMIT') open = null;
  }
  return open === null ? null : `table ${open} has no end`;
}

/** Splits a saved line into words; a comment with spaces is in double quotes, with `\"` and `\\` inside. */
export function splitWords(text: string): readonly string[] {
  const words = text.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  return words.map((word) => (/^".*"$/s.test(word) ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word));
}
