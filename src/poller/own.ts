import { readFile } from 'node:fs/promises';
import { parseOwnAddresses } from '../address/index.ts';

/** The addresses that this host answers for; null where /proc does not tell. IPv6 may be switched off. */
export async function ownAddresses(): Promise<readonly string[] | null> {
  const fibTrie = await readFile('/proc/net/fib_trie', 'latin1').catch(() => null);
  const ifInet6 = await readFile('/proc/net/if_inet6', 'latin1').catch(() => '');
  return fibTrie === null ? null : parseOwnAddresses(fibTrie, ifInet6);
}
