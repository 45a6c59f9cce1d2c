import { parseIp } from '../address/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';
import { type Lookup, lookUp } from './lookup.ts';

/** Where a server listens: a numeric address. */
export type Place = { readonly address: string; readonly family: 4 | 6; readonly port: number };

/**
 * Finds the addresses of a host, the best first: a numeric address as it is, a name by the system's resolver, only IPv4
 * or IPv6 when `family` is one of them. It takes no longer than the limit in milliseconds, and the signal ends it; both
 * are only for names. The reason of a failure follows the host's name.
 */
export async function resolve(
  host: string,
  family: 4 | 6 | undefined,
  port: number,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: () => AbortSignal },
): Promise<Result<readonly Place[]>> {
  const version = parseIp(host.replace(/%[\w.-]+$/, ''))?.family;
  if (version !== undefined) {
    if (family !== undefined && family !== version) return failure(`is not an IPv${family} address`);
    return success([{ address: host, family: version, port }]);
  }
  const found = await lookUp(host, family, { limitMs, signal: signal() });
  if (found.kind !== 'found') return failure(`cannot be resolved: ${why(found, family)}`);
  return success(found.addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4, port })));
}

function why(found: Exclude<Lookup, { readonly kind: 'found' }>, family: 4 | 6 | undefined): string {
  switch (found.kind) {
    case 'failed':
      return found.reason;
    case 'late':
      return 'the name servers do not answer';
    case 'other family':
      return `the name does not have an ${family === undefined ? 'IP' : `IPv${family}`} address`;
    case 'unknown name':
      return 'no such name, not with such an address, or no name server to ask';
  }
}
