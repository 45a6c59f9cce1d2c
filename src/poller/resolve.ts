import { lookUp } from '../resolver/index.ts';
import type { Limits } from './command.ts';

/** The result for a name: its addresses; why it has none; or why that is not known. */
export type Resolved =
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The addresses of a name in one family, as this host's resolver gives them. */
export async function resolveName(name: string, family: 4 | 6, limits: Limits): Promise<Resolved> {
  const found = await lookUp(name, family, limits);
  if (found.kind === 'found') return found;
  if (found.kind === 'failed') return { kind: 'unknown', reason: found.reason };
  if (found.kind !== 'late') return { kind: 'none', reason: `no IPv${family} address is known for it` };
  const seconds = Math.round(limits.limitMs / 100) / 10;
  return { kind: 'none', reason: `the resolver gave no answer within ${seconds} s` };
}
