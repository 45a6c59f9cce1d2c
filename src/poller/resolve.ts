import { runChild } from '../node/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';
import type { Limits } from './command.ts';

/**
 * The addresses of a name in one family, as this host's resolver gives them. By `getent`, since a lookup within the
 * process cannot be given up: a silent name server holds its exit for 10 s and more (measured).
 */
export async function resolveName(name: string, family: 4 | 6, limits: Limits): Promise<Result<readonly string[]>> {
  const ending = await runChild({ program: 'getent', args: [`ahostsv${family}`, name], input: null, ...limits });
  if (ending.kind === 'failed') return failure(ending.reason);
  if (ending.kind === 'late')
    return failure(`the resolver gave no answer within ${Math.round(limits.limitMs / 100) / 10} s`);
  const found = ending.stdout.split('\n').map((line) => line.split(/\s+/)[0] ?? '');
  const addresses = [...new Set(found.filter((address) => address !== ''))];
  return addresses.length > 0 ? success(addresses) : failure(`no IPv${family} address is known for it`);
}
