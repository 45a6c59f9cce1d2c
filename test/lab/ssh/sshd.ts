import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';

/** A running sshd. */
export type Sshd = { readonly port: number; readonly pid: number; stop(): Promise<void> };

/**
 * Starts a real sshd on a free port of 127.0.0.1, or on the one given, with the host key `host` and the authorized keys `keys/USER` of the
 * folder, where its configuration and its log go too; `more` are further lines of its configuration. No PAM, no passwords.
 */
export async function startSshd(folder: string, port?: number, more: readonly string[] = []): Promise<Sshd> {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (let tries = 0; tries < 5; tries++) {
    const sshd = await tryPort(folder, port ?? (await freePort()), more);
    if (sshd !== null) return sshd;
  }
  throw new Error(`sshd did not start: ${readFileSync(path.join(folder, 'sshd.log'), 'utf8')}`);
}

async function tryPort(folder: string, port: number, more: readonly string[]): Promise<Sshd | null> {
  const config = path.join(folder, 'sshd_config');
  const lines = [
    // sshd takes the first value that it finds.
    ...more,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${path.join(folder, 'host')}`,
    'PidFile none',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    `AuthorizedKeysFile ${path.join(folder, 'keys')}/%u`,
    // The folder stands in /tmp, where everybody may write.
    'StrictModes no',
    // Several tests log in at the same moment.
    'MaxStartups 100',
    'LogLevel VERBOSE',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const log = openSync(path.join(folder, 'sshd.log'), 'a');
  const daemon = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], {
    stdio: ['ignore', log, log],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve());
  });
  const stop = async () => {
    daemon.kill('SIGTERM');
    await ended;
  };
  for (let tries = 0; tries < 200 && daemon.exitCode === null; tries++) {
    if (await answers(port)) return { port, pid: daemon.pid ?? 0, stop };
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await stop();
  return null;
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const { port, close } = await listen(() => {});
  await close();
  return port;
}

/** A TCP server on a free port of loopback that does to each connection what it is told. */
export function listen(greet: (write: (text: string) => void, end: () => void) => void) {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    greet(
      (text) => socket.write(text),
      () => socket.end(),
    );
  });
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  return new Promise<{ readonly port: number; readonly close: () => Promise<void> }>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ port: portOf(server.address()), close }));
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no TCP server');
  return address.port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
      .once('data', () => resolve(true))
      .once('error', () => resolve(false))
      .once('close', () => resolve(false));
    socket.once('data', () => socket.destroy());
  });
}
