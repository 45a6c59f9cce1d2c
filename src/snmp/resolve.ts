import { parseIp } from '../address/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';
import type { Place } from './session.ts';

/**
 * Finds the address of a host: a numeric address as it stands, a name by the system's resolver, IPv4 or IPv6 alone when
 * `family` is one. The reason of a failure follows the host's name.
 */
export async function resolve(
  host: string,
  family: 4 | 6 | undefined,
  port: number,
  limitMs: number,
): Promise<Result<Place>> {
  const version = parseIp(host.replace(/%[\w.-]+$/, ''))?.family;
  if (version !== undefined) {
    if (family !== undefined && family !== version) return failure(`is no IPv${family} address`);
    return success({ address: host, family: version, port });
  }
  const { lookup } = await import('node:dns/promises');
  const asked = lookup(host, { family: family ?? 0 }).then(
    (found): Result<Place> => success({ address: found.address, family: found.family === 6 ? 6 : 4, port }),
    (error: unknown) => failure(why(error)),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Result<Place>>((settle) => {
    timer = setTimeout(settle, limitMs, failure('cannot be resolved: the name servers do not answer'));
  });
  const place = await Promise.race([asked, late]);
  clearTimeout(timer);
  return place;
}

function why(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND') return 'cannot be resolved: there is no such name, or not with such an address';
  if (code === 'EAI_AGAIN') return 'cannot be resolved: the name servers do not answer';
  return `cannot be resolved (${code === '' ? 'no reason given' : code})`;
}
