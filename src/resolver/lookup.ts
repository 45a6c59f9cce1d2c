import { runChild } from '../node/index.ts';

/** How long a lookup may take, in milliseconds, and what ends it at once. */
type Limits = { readonly limitMs: number; readonly signal: AbortSignal };

/**
 * The result for a name: its addresses; that it has none, or none of the family asked for; no answer in time; why it
 * could not be looked up.
 */
export type Lookup =
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  | { readonly kind: 'unknown name' }
  | { readonly kind: 'other family' }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Looks a name up as this host does, in one family or in both, the first address the best (RFC 6724). By `getent`,
 * since a lookup within the process cannot be abandoned: a silent name server held its exit for 30 s, and four of them
 * held every other name (measured). `unknown name` is also what getent says where no name server could be asked.
 */
export async function lookUp(name: string, family: 4 | 6 | undefined, limits: Limits): Promise<Lookup> {
  // -A: otherwise a host finds nothing of a family that it has only on its loopback, not even localhost.
  const args = ['-A', `ahosts${family === undefined ? '' : `v${family}`}`, name];
  const ending = await runChild({ program: 'getent', args, input: null, ...limits });
  if (ending.kind === 'late') return { kind: 'late' };
  if (ending.kind === 'failed') return ending;
  const found = ending.stdout.split('\n').map((line) => line.split(/\s+/)[0] ?? '');
  // Asked for IPv6, getent maps the addresses of IPv4 (`::ffff:192.0.2.7`): the name has none of IPv6 then.
  const addresses = [...new Set(found.filter((address) => address !== '' && !/^::ffff:/i.test(address)))];
  if (addresses.length > 0) return { kind: 'found', addresses };
  if (ending.code === 0) return { kind: 'other family' };
  // Source: getent(1).
  if (ending.code === 2) return { kind: 'unknown name' };
  return { kind: 'failed', reason: `getent ended with ${ending.code ?? ending.signal}` };
}
