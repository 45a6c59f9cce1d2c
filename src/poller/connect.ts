import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Refusal, Route } from '../address/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';

/** Several, since a multipath route may choose by the port. traceroute's, which no rule by port is likely to name. */
const ports = [33434, 33435, 33436, 33437];

/** What the kernel answers to a UDP connect where there is no route. A blackhole says EINVAL (measured). */
const refusals: Readonly<Record<string, Refusal>> = {
  ENETUNREACH: 'none',
  EHOSTUNREACH: 'unreachable',
  EACCES: 'prohibit',
  EINVAL: 'blackhole',
  EADDRNOTAVAIL: 'sourceless',
};

/**
 * The ways that packets of this process would take to an address, by the kernel's own choice: a UDP socket is
 * connected, and its local address read. Nothing is sent, no privileges are needed, and policy routing is followed.
 * More than one where a multipath route has several sources. Fails only where the kernel could not be asked.
 */
export async function routesTo(address: string): Promise<Result<readonly Route[]>> {
  const routes: Route[] = [];
  for (const port of ports) {
    const route = await connect(address, port);
    if (!route.ok) return route;
    routes.push(route.value);
  }
  const distinct = new Map(routes.map((route) => [JSON.stringify(route), route]));
  return success([...distinct.values()]);
}

function connect(address: string, port: number): Promise<Result<Route>> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const done = (result: Result<Route>) => {
      socket.close();
      resolve(result);
    };
    const failed = (error: NodeJS.ErrnoException) => {
      const why = refusals[error.code ?? ''];
      done(why === undefined ? failure(error.code ?? error.message) : success({ kind: 'refused', why }));
    };
    socket.once('error', failed);
    // Typed to get nothing, but it gets what went wrong.
    socket.connect(port, address, (error?: Error) => {
      if (error !== undefined) return failed(error);
      const source = socket.address().address;
      done(success(isOwn(source, address) ? { kind: 'own' } : { kind: 'sent', source, ifname: null, gateway: null }));
    });
  });
}

/** Only what stays on the host has the target itself or a loopback address as its source. */
function isOwn(source: string, address: string): boolean {
  return source === address || source === '::1' || source.startsWith('127.');
}
