import { parseIp } from '../address/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';
import type { Place } from './session.ts';

/**
 * Finds the address of a host: a numeric address as it stands, a name by the system's resolver, IPv4 or IPv6 alone when
 * `family` is one. It takes no longer than the limit in milliseconds, and the signal ends it. The reason of a failure
 * follows the host's name.
 */
export async function resolve(
  host: string,
  family: 4 | 6 | undefined,
  port: number,
  limits: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Result<Place>> {
  const version = parseIp(host.replace(/%[\w.-]+$/, ''))?.family;
  if (version !== undefined) {
    if (family !== undefined && family !== version) return failure(`is no IPv${family} address`);
    return success({ address: host, family: version, port });
  }
  // Loaded late: most probes are given by address. A lookup within the process cannot be given up: a silent name server
  // held its exit for 30 s, and four of them held every other name (measured).
  const { runChild } = await import('../node/index.ts');
  // Without -A a host with nothing but its loopback would not even find localhost.
  const args = ['-A', `ahosts${family === undefined ? '' : `v${family}`}`, host];
  const ending = await runChild({ program: 'getent', args, input: null, ...limits });
  if (ending.kind === 'failed') return failure(`cannot be resolved: ${ending.reason}`);
  if (ending.kind === 'late') return failure('cannot be resolved: the name servers do not answer');
  const place = placeIn(ending.stdout, port);
  if (place !== undefined) return success(place);
  if (ending.code === 0)
    return failure(`cannot be resolved: the name has no ${family === undefined ? 'IP' : `IPv${family}`} address`);
  // getent(1): 2 is "not found", and it says no more where no name server could be asked.
  if (ending.code === 2)
    return failure('cannot be resolved: no such name, not with such an address, or no name server to ask');
  return failure(`cannot be resolved: getent ended with ${ending.code ?? ending.signal}`);
}

/** The first address that getent gives, which sorts them by RFC 6724; `ahostsv6` maps IPv4 addresses, which are none. */
function placeIn(lines: string, port: number): Place | undefined {
  for (const line of lines.split('\n')) {
    const address = line.split(/\s+/)[0] ?? '';
    const version = parseIp(address.replace(/%[\w.-]+$/, ''))?.family;
    if (version !== undefined && !/^::ffff:/i.test(address)) return { address, family: version, port };
  }
  return undefined;
}
