import { createServer, type Socket } from 'node:net';
import { now } from '../../src/postgres/clock.ts';
import { type Access, openSession, type Told } from '../../src/postgres/session.ts';

/** A message of PostgreSQL's protocol: its letter, its length, its body. */
export function message(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export const int16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
export const int32 = (value: number) =>
  Buffer.from([value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);

export const authenticationOk = message('R', int32(0));
export const ready = message('Z', 'I');
export const wantsPassword = message('R', int32(3));

export function errorResponse(code: string, text: string, detail = ''): Buffer {
  return message('E', 'SFATAL\0', `C${code}\0`, `M${text}\0`, detail === '' ? '' : `D${detail}\0`, '\0');
}

/** The description of rows with text columns. */
export function description(names: readonly string[]): Buffer {
  const column = (name: string) =>
    Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(0xffff), int32(-1), int16(0)]);
  return message('T', int16(names.length), ...names.map(column));
}

/** One row with its description, and that it was all. */
export function rows(cells: Readonly<Record<string, string>>): Buffer {
  const values = Object.values(cells);
  const cell = (text: string) => Buffer.concat([int32(Buffer.byteLength(text)), Buffer.from(text)]);
  return Buffer.concat([
    description(Object.keys(cells)),
    message('D', int16(values.length), ...values.map(cell)),
    message('C', 'SELECT 1\0'),
  ]);
}

const access: Access = {
  host: '127.0.0.1',
  user: 'monitor',
  database: 'postgres',
  password: () => ({ reason: 'there is none' }),
  sslmode: 'prefer',
  ca: undefined,
};

/** What the peer is sent: an SSLRequest, a startup message, or anything else. */
export type Sent = 'ssl' | 'startup' | 'other';

function kindOf(bytes: Buffer): Sent {
  if (bytes.length < 8) return 'other';
  const code = bytes.readUInt32BE(4);
  return code === 80877103 ? 'ssl' : code === 196608 ? 'startup' : 'other';
}

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
