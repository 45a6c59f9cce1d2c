import { execFileSync, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { until } from '../poller/until.ts';
import { freePort } from '../ssh/sshd.ts';

/** A network namespace: a host of its own to everything that runs in it. */
export type Namespace = {
  /** Stands before a command that is to run in it. */
  readonly wrapper: readonly string[];
  /** A port that is the same on 127.0.0.1 here and in there: what connects here arrives there. */
  readonly port: number;
  /** Runs a shell script in it as root and gives what it printed. */
  sh(script: string): string;
  close(): Promise<void>;
};

/** Opens a namespace that is gone with `close`; the folder is for the socket through which it is reached. */
export async function openNamespace(folder: string): Promise<Namespace> {
  const keeper = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo ready && exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  await new Promise<void>((resolve, reject) => {
    keeper.stdout.once('data', () => resolve());
    keeper.once('exit', () => reject(new Error('no network namespace can be made here')));
  });
  const wrapper = ['nsenter', `--target=${keeper.pid}`, '--net', '--'];
  const port = await freePort();
  const door = path.join(folder, 'door');
  const gatekeeper = spawn('env', [...wrapper, process.execPath, '-e', gate, door, String(port)], { stdio: 'inherit' });
  const server = createServer((socket) => {
    const inside = connect(door);
    socket.on('error', () => inside.destroy());
    inside.on('error', () => socket.destroy());
    socket.pipe(inside).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = async () => {
    server.close();
    for (const child of [gatekeeper, keeper]) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  };
  await until('the door to the namespace', 10, () => opens(door));
  return {
    wrapper,
    port,
    sh: (script) =>
      execFileSync('env', [...wrapper, 'sh', '-euc', script], {
        encoding: 'utf8',
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      }),
    close,
  };
}

/** A socket in the file system is the same for all network namespaces; a port is not. */
const gate = `
const { connect, createServer } = require('node:net');
const [door, port] = process.argv.slice(1);
createServer((socket) => {
  const inside = connect(Number(port), '127.0.0.1');
  socket.on('error', () => inside.destroy());
  inside.on('error', () => socket.destroy());
  socket.pipe(inside).pipe(socket);
}).listen(door);
`;

function opens(door: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(door)
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });
}
