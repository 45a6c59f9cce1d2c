/** Tools that run what stands behind them, by their base names: how many words of theirs come before that; null: not known. */
const tools: Readonly<Record<string, (words: readonly string[]) => number | null>> = {
  exec: () => 0,
  nohup: () => 0,
  setsid: () => 0,
  sh: () => 0,
  ash: () => 0,
  bash: () => 0,
  dash: () => 0,
  env: (words) => words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word)),
  nice: (words) => options(words, /^-(?:n?-?\d+)$/, /^-n$/),
  ionice: (words) => options(words, /^-[cn]\d$|^-t$/, /^-[cn]$/),
  sudo: (words) => options(words, /^(?:-n|--non-interactive|-H|-nH|-Hn|-uroot|--user=root|--)$/, /^-u$/),
  timeout: (words) => {
    const own = options(words, /^(?:--foreground|--preserve-status|--kill-after=.*|--signal=.*|-v)$/, /^-[ks]$/);
    return own === null || !/^\d+(?:\.\d+)?[smhd]?$/.test(words[own] ?? '') ? null : own + 1;
  },
};

/** How many words are options: each alone, or with one word behind it. null for an option of another kind. */
function options(words: readonly string[], alone: RegExp, withValue: RegExp): number | null {
  let at = 0;
  for (; words[at]?.startsWith('-') === true; at++) {
    if (withValue.test(words[at] ?? '')) at++;
    else if (!alone.test(words[at] ?? '')) return null;
  }
  return at;
}

/** A command as words where a shell reads it as nothing else; null where anything in it means something to a shell. */
export function plainWords(command: string): readonly string[] | null {
  const words = command.replace(/ 2>(?:&1|\/dev\/null)\s*$/, '').match(/\S+/g) ?? [];
  const plain = words.map((word) => /^(['"]?)([A-Za-z0-9_.,:=@%+/-]+)\1$/.exec(word)?.[2]);
  const known = plain.flatMap((word) => word ?? []);
  return known.length === words.length && known.length > 0 ? known : null;
}

/** The words behind a tool; null where it is none of the list, or is called in another way. */
function behind([first = '', ...rest]: readonly string[]): readonly string[] | null {
  const name = first.slice(first.lastIndexOf('/') + 1);
  if (first.includes('/') && !first.startsWith('/')) return null;
  const own = Object.hasOwn(tools, name) ? (tools[name]?.(rest) ?? null) : null;
  return own === null || own < 0 ? null : rest.slice(own);
}

/** What a command line runs in the end, if that is a file by its whole path that is called as the script is; else null. */
export function scriptIn(words: readonly string[]): string | null {
  const inner = behind(words);
  if (inner !== null) return scriptIn(inner);
  const [path = '', ...args] = words;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!path.startsWith('/') || name === '' || Object.hasOwn(tools, name)) return null;
  // What the system has there is another program.
  if (/^\/+(?:(?:usr|run\/+current-system\/+sw)\/+)?s?bin\//.test(path) && name !== 'cluster_node_snapshot')
    return null;
  return /(?:^|\/)\.\.?(?:\/|$)/.test(path) || !isAsked(args) ? null : path;
}

/** Whether these are arguments of the script (its --help). */
function isAsked(args: readonly string[]): boolean {
  return /^(?:--(?:vip|route|limit) [^ -][^ ]* |--addresses-only )*$/.test(args.map((arg) => `${arg} `).join(''));
}

/**
 * The command that sudo is given, by its whole path: sudo finds a tool of the list in the folders of the system. null where
 * sudo is not called, or in a way that is not known, or as somebody else than root.
 */
export function rootCommand(words: readonly string[]): readonly string[] | null {
  const [first = ''] = words;
  const inner = behind(words);
  if (inner === null) return null;
  if (first.slice(first.lastIndexOf('/') + 1) !== 'sudo') return rootCommand(inner);
  const own = words.slice(1, words.length - inner.length);
  if (own.some((word, i) => own[i - 1] === '-u' && word !== 'root')) return null;
  const [command = '', ...args] = inner;
  if (command.startsWith('/')) return inner;
  if (!Object.hasOwn(tools, command) || command === 'exec' || command === 'sudo') return null;
  return [/sh$/.test(command) ? `/bin/${command}` : `/usr/bin/${command}`, ...args];
}
