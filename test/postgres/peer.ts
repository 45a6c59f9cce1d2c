import { createServer, type Socket } from 'node:net';
import { now } from '../../src/plugin/index.ts';
import { type Access, openSession, type Told } from '../../src/postgres/session.ts';
import { kindOf, type Sent } from '../../tools/postgres_messages.ts';

const access: Access = {
  host: '127.0.0.1',
  user: 'monitor',
  database: 'postgres',
  password: () => ({ reason: 'there is none' }),
  sslmode: 'prefer',
  ca: undefined,
};

/**
 * Asks a peer that answers as given for one thing, within so many milliseconds. Gives what came of it, and how long it
 * took.
 */
export async function askPeer(
  behave: (socket: Socket, sent: Sent | 'connected') => void,
  { limitMs = 700, ...wishes }: Partial<Access> & { limitMs?: number } = {},
): Promise<{ readonly told: Told; readonly took: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('data', (bytes) => behave(socket, kindOf(bytes)));
    behave(socket, 'connected');
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const began = now();
  try {
    const opened = await openSession(
      [{ kind: 'tcp', address: '127.0.0.1', port }],
      { ...access, ...wishes },
      {
        until: began + limitMs,
        limitMs,
      },
    );
    const told: Told = opened.ok ? await opened.session.query('SHOW pool_nodes') : opened;
    const took = now() - began;
    if (opened.ok) await opened.session.close();
    return { told, took };
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}
