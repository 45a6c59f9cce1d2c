import { runChild } from '../node/index.ts';
import type { Limits } from './command.ts';

/** What came of a name: its addresses; why it has none; or why that is not known. */
export type Resolved =
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * The addresses of a name in one family, as this host's resolver gives them. By `getent`, since a lookup within the
 * process cannot be given up: a silent name server holds its exit for 10 s and more (measured).
 */
export async function resolveName(name: string, family: 4 | 6, limits: Limits): Promise<Resolved> {
  // -A: otherwise a host finds nothing of a family that it has on its loopback alone, not even localhost.
  const args = ['-A', `ahostsv${family}`, name];
  const ending = await runChild({ program: 'getent', args, input: null, ...limits });
  if (ending.kind === 'failed') return { kind: 'unknown', reason: ending.reason };
  if (ending.kind === 'late') {
    const seconds = Math.round(limits.limitMs / 100) / 10;
    return { kind: 'none', reason: `the resolver gave no answer within ${seconds} s` };
  }
  const found = ending.stdout.split('\n').map((line) => line.split(/\s+/)[0] ?? '');
  // Asked for IPv6, getent maps the addresses of IPv4 (`::ffff:192.0.2.7`): the name has none of IPv6 then.
  const addresses = [...new Set(found.filter((address) => address !== '' && !/^::ffff:/i.test(address)))];
  if (addresses.length > 0) return { kind: 'found', addresses };
  // getent(1): 2 is "not found".
  if (ending.code === 2 || ending.code === 0)
    return { kind: 'none', reason: `no IPv${family} address is known for it` };
  return { kind: 'unknown', reason: `getent ended with ${ending.code ?? ending.signal}` };
}
