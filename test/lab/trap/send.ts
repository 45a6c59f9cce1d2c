import { execFileSync } from 'node:child_process';
import type { Socket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bind, close } from '../snmp/udp.ts';

/** AKCP's enterprise number of classic probes, whose traps have a number behind it. */
const akcp = '1.3.6.1.4.1.3854.1';

/** Every number of trap that AKCP's MIB has: the probe as a whole, temperatures, analog sensors, switches. */
export const trapNumbers = [1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 30];

/** The version of SNMP that a trap comes by. */
export type Version = '1' | '2c' | '3';

/** The user of SNMPv3, as the shipped snmptrapd.conf has it. */
export const user = {
  engine: '0x8000000001020304',
  name: 'akcptrap',
  auth: 'authentication password',
  priv: 'privacy password',
};

/** What a trap says of its sensor: status, value, level, index, name, description. */
const varbinds = (name: string) => [
  ...[`${akcp}.7.1.0`, 'i', '4', `${akcp}.7.2.0`, 'i', '35', `${akcp}.7.3.0`, 'i', '32'],
  ...[`${akcp}.7.4.0`, 'i', '0', `${akcp}.7.5.0`, 's', name, `${akcp}.7.6.0`, 's', 'Status Events'],
];

/** A trap: to where, from which address, by which version, which number; and what it may lie about. */
export type Trap = {
  readonly to: string;
  readonly from?: string;
  readonly version?: Version;
  readonly number?: number;
  readonly name?: string;
  /** The address that a trap of v1 gives as that of its agent. */
  readonly agent?: string;
  /** Whose kind of trap it is. */
  readonly enterprise?: string;
};

/** Sends a trap by Net-SNMP's own program. */
export function sendTrap({
  to,
  from,
  version = '2c',
  number = 10,
  name = 'Room',
  agent = '192.0.2.1',
  enterprise = akcp,
}: Trap): void {
  const oid = `${enterprise}.0.${number}`;
  const { engine, name: who, auth, priv } = user;
  const how = {
    '1': ['-c', 'public', to, enterprise, agent, '6', String(number), ''],
    '2c': ['-c', 'public', to, '', oid],
    '3': ['-e', engine, '-u', who, '-l', 'authPriv', '-a', 'SHA', '-A', auth, '-x', 'AES', '-X', priv, to, '', oid],
  };
  const source = from === undefined ? [] : [`--clientaddr=${from}`];
  const args = [...source, '-v', version, ...how[version], ...varbinds(name)];
  // Net-SNMP writes down what it knows of engines.
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-snmptrap-'));
  try {
    const env = { PATH: '/usr/bin:/bin', MIBS: '', SNMP_PERSISTENT_DIR: folder };
    execFileSync('snmptrap', args, { env, stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The bytes of a trap as Net-SNMP's own program sends it. */
export async function bytesOfTrap(trap: Omit<Trap, 'to' | 'from'> = {}): Promise<Buffer> {
  const socket = await bind('127.0.0.1');
  const came = new Promise<Buffer>((resolve) => {
    socket.once('message', (bytes) => resolve(bytes));
  });
  sendTrap({ ...trap, to: `127.0.0.1:${socket.address().port}` });
  const bytes = await came;
  await close(socket);
  return bytes;
}

/** Sends the same bytes many times from one address, as fast as they go. */
export async function sendBurst(bytes: Buffer, from: string, port: number, times: number): Promise<void> {
  const socket: Socket = await bind(from);
  for (let i = 0; i < times; i++)
    await new Promise<void>((resolve) => {
      socket.send(bytes, port, '127.0.0.1', () => resolve());
    });
  await close(socket);
}
