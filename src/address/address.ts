import { parseIp } from './ip.ts';

/** One address of a node, from a line of `ip -o addr show` (its form is the same from iproute2 3.10 to 7.1 and on BusyBox). */
export type Address = {
  readonly ifname: string;
  /** As the kernel prints it, without prefix. */
  readonly address: string;
  readonly prefix: number;
  readonly scope: string;
  /** The IPv4 label (`eth0:vip`), which is not the interface's name; null for IPv6. */
  readonly label: string | null;
  /** Bare words such as `secondary`, `tentative`, `dadfailed`, `deprecated`, in the order of the line. */
  readonly flags: readonly string[];
};

/** Reads `ip -o addr show`. Lines of another form are skipped: they name no IP address. */
export function parseAddresses(lines: readonly string[]): readonly Address[] {
  return lines.flatMap((line) => parseAddress(line) ?? []);
}

function parseAddress(line: string): Address | null {
  const [head = ''] = line.split('\\');
  const [index = '', ifname = '', family = '', local = '', ...words] = wordsOf(head);
  if (!isIndex(index) || (family !== 'inet' && family !== 'inet6')) return null;
  // A peer's line has the prefix at the peer: `inet 192.0.2.106 peer 192.0.2.107/32`.
  const peer = words[0] === 'peer' ? words[1] : undefined;
  const [address = '', ownPrefix] = local.split('/');
  const ip = parseIp(address);
  if (ip === null || (family === 'inet') !== (ip.family === 4)) return null;
  const longest = ip.family === 4 ? 32 : 128;
  const prefix = ownPrefix ?? peer?.split('/')[1] ?? `${longest}`;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > longest) return null;
  const label = family === 'inet' ? (words.at(-1) ?? null) : null;
  return {
    ifname,
    address,
    prefix: Number(prefix),
    scope: wordAfter(words, 'scope'),
    label,
    flags: flagsOf(words, label !== null),
  };
}

/** The words after the scope, without the IPv4 label and what comes in pairs (`proto kernel_ll`, `flags 02`). */
function flagsOf(words: readonly string[], labelled: boolean): readonly string[] {
  const start = words.indexOf('scope');
  const behind = start < 0 ? [] : words.slice(start + 2, labelled ? -1 : undefined);
  const paired = new Set(['proto', 'flags']);
  return behind.filter((word, i) => !paired.has(word) && !paired.has(behind[i - 1] ?? ''));
}

/** Whether a word is the number of an interface as it begins a line: `2:`. */
export function isIndex(word: string): boolean {
  return /^\d+:$/.test(word);
}

/** The words of a line of `ip`, which puts nothing but blanks between them. */
export function wordsOf(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '');
}

function wordAfter(words: readonly string[], key: string): string {
  const at = words.indexOf(key);
  return at < 0 ? '' : (words[at + 1] ?? '');
}
