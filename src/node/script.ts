/** What the snapshot script is asked for. */
export type Question = {
  /** The VIPs whose facts are wanted; without any a node reports every one it finds. */
  readonly vips?: readonly string[];
  readonly routes?: readonly string[];
  /** Only what every user may read: no rules, and nothing is asked of sudo. */
  readonly addressesOnly?: boolean;
  /** How long the whole answer may take, in milliseconds. */
  readonly limitMs: number;
};

/**
 * The arguments of the snapshot script, none of which means anything to a shell. Throws for a VIP or a route target
 * that is neither an address nor a host name.
 */
export function scriptArguments(question: Question): readonly string[] {
  const { vips = [], routes = [], addressesOnly = false, limitMs } = question;
  // For each single command: one that hangs leaves time for the rest, so that the answer says which one it was.
  const limit = Math.max(1, Math.floor((limitMs * 0.6) / 1000));
  return [
    ...vips.flatMap((vip) => ['--vip', plain(vip)]),
    ...routes.flatMap((route) => ['--route', plain(route)]),
    ...(addressesOnly ? ['--addresses-only'] : []),
    ...['--limit', String(limit)],
  ];
}

/** The remote shell reads the line that ssh sends, so nothing is allowed that it could read as more than one word. */
function plain(word: string): string {
  if (!/^[A-Za-z0-9_.:][A-Za-z0-9_.:-]*$/.test(word)) throw new Error(`"${word}" is not an address`);
  return word;
}
