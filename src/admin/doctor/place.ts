import { createConnection } from 'node:net';
import type { NameFact, PortFact } from '../../doctor/index.ts';
import { type Place, resolve } from '../../resolver/index.ts';

/** How long one step may take, in milliseconds, and what ends it at once. */
export type Limits = { readonly limitMs: number; readonly signal: AbortSignal };

/** Looks a host's addresses up as the plugins do. */
export async function lookUpName(
  host: string,
  port: number,
  limits: Limits,
  family?: 4 | 6,
): Promise<{ readonly fact: NameFact; readonly places: readonly Place[] }> {
  const found = await resolve(host, family, port, { limitMs: limits.limitMs, signal: () => limits.signal });
  if (!found.ok) return { fact: { kind: 'none', reason: `${host} ${found.reason}` }, places: [] };
  const addresses = found.value.map(({ address }) => address);
  const kind = addresses.length === 1 && addresses[0] === host ? 'numeric' : 'found';
  return { fact: { kind, addresses }, places: found.value };
}

/**
 * Connects to a TCP port at each address at the same time. With `greeted`, what is sent first from there is waited for, as
 * an sshd names itself. Takes no longer than the limit.
 */
export function knock(places: readonly Place[], greeted: boolean, limits: Limits): Promise<readonly PortFact[]> {
  return Promise.all(places.map((place) => knockAt(place, greeted, limits)));
}

const refusedCodes = ['ECONNREFUSED', 'ECONNRESET'];

function knockAt({ address, port }: Place, greeted: boolean, { limitMs, signal }: Limits): Promise<PortFact> {
  return new Promise((settle) => {
    const socket = createConnection({ host: address, port });
    let opened: Pick<PortFact, 'state' | 'source'> = { state: 'silent', source: null };
    const done = (over: Partial<PortFact> = {}) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.destroy();
      settle({ address, port, code: '', greeting: '', ...opened, ...over });
    };
    const stop = () => done();
    const timer = setTimeout(stop, limitMs);
    signal.addEventListener('abort', stop);
    socket.once('connect', () => {
      opened = { state: 'open', source: socket.localAddress ?? null };
      if (!greeted) done();
    });
    socket.once('data', (bytes) =>
      done({
        greeting:
          bytes
            .toString('latin1')
            .split(/[\r\n]/)[0]
            ?.slice(0, 80) ?? '',
      }),
    );
    socket.once('close', () => done());
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message;
      if (opened.state === 'open') return done();
      if (code === 'ETIMEDOUT') return done({ code });
      done({ state: refusedCodes.includes(code) ? 'refused' : 'unreachable', code });
    });
  });
}
