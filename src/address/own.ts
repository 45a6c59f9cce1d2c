import { formatIp, parseIp } from './ip.ts';

/**
 * The addresses that a host answers for, out of `/proc/net/fib_trie` (IPv4) and `/proc/net/if_inet6`, which every user
 * may read. Each once, in the spelling of `formatIp`.
 *
 * fib_trie: a leaf `|-- 192.0.2.11` with `/32 host LOCAL` below it. if_inet6: 32 hexadecimal digits, then index, prefix,
 * scope, flags and name; an address that is refused as a duplicate (flag 0x08) is not answered for.
 */
export function parseOwnAddresses(fibTrie: string, ifInet6: string): readonly string[] {
  const own = new Set<string>();
  let leaf = '';
  for (const line of fibTrie.split('\n')) {
    leaf = /^\s*\|-- (\S+)$/.exec(line)?.[1] ?? leaf;
    if (/^\s*\/32 host LOCAL\s*$/.test(line)) own.add(leaf);
  }
  for (const line of ifInet6.split('\n')) {
    const [, digits, flags] = /^([0-9a-f]{32}) [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) /.exec(line) ?? [];
    const ip = parseIp((digits?.match(/.{4}/g) ?? []).join(':'));
    const refused = (Number.parseInt(flags ?? '0', 16) & 0x08) !== 0;
    if (ip !== null && !refused) own.add(formatIp(ip));
  }
  return [...own];
}
