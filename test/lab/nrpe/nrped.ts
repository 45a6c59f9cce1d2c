import { spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';

/** How a daemon differs from one that speaks SSL with everybody on 127.0.0.1. */
export type Setting = {
  readonly address?: string;
  /** The account that commands run as. */
  readonly user: string;
  readonly ssl?: boolean;
  /** Whom it lets in. */
  readonly allowed?: string;
  /** More lines of nrpe.cfg. */
  readonly lines: readonly string[];
};

/** A running NRPE daemon. */
export type Nrped = { readonly address: string; readonly port: number; stop(): Promise<void> };

/** Starts a real NRPE daemon on a free port, with its configuration and its log in the folder. */
export async function startNrpe(folder: string, setting: Setting): Promise<Nrped> {
  for (let tries = 0; tries < 5; tries++) {
    const daemon = await tryPort(folder, await freePort(setting.address ?? '127.0.0.1'), setting);
    if (daemon !== null) return daemon;
  }
  throw new Error(`nrpe did not start: ${readFileSync(path.join(folder, 'nrpe.log'), 'utf8')}`);
}

async function tryPort(folder: string, port: number, setting: Setting): Promise<Nrped | null> {
  const { address = '127.0.0.1', user, ssl = true, allowed = '127.0.0.1,127.0.0.2' } = setting;
  const config = path.join(folder, `nrpe-${port}.cfg`);
  const log = path.join(folder, 'nrpe.log');
  const lines = [
    `server_address=${address}`,
    `server_port=${port}`,
    `pid_file=${path.join(folder, `nrpe-${port}.pid`)}`,
    `log_file=${log}`,
    `nrpe_user=${user}`,
    `nrpe_group=${user}`,
    `allowed_hosts=${allowed}`,
    'dont_blame_nrpe=0',
    ...setting.lines,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const output = openSync(log, 'a');
  const daemon = spawn('/usr/sbin/nrpe', [...(ssl ? [] : ['-n']), '-c', config, '-f'], {
    stdio: ['ignore', output, output],
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    cwd: '/',
  });
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve());
  });
  const stop = async () => {
    daemon.kill('SIGTERM');
    await ended;
  };
  for (let tries = 0; tries < 200 && daemon.exitCode === null; tries++) {
    if (await listens(address, port)) return { address, port, stop };
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await stop();
  return null;
}

function freePort(address: string): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, address, () => {
      const place = server.address();
      const port = place === null || typeof place === 'string' ? 0 : place.port;
      server.close(() => resolve(port));
    });
  });
}

function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address)
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });
}
