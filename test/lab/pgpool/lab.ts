import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { type Account, accountOf, giveTo } from '../poller/account.ts';

/** Where Debian has PostgreSQL's programs. */
export const programs = '/usr/lib/postgresql/15/bin';
const needed = [`${programs}/postgres`, `${programs}/initdb`, '/usr/sbin/pgpool', '/usr/sbin/pcp_watchdog_info'];

/** What this machine lacks for the lab, as a sentence fragment; null when it has everything. Throws it where required. */
export function whyNoPgpool(): string | null {
  const missing = needed.filter((file) => !existsSync(file));
  const why = missing.length === 0 ? null : `${missing.join(', ')} missing`;
  if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`this lab cannot run here: ${why}`);
  return why;
}

/** A program that runs until it is stopped. */
export type Daemon = {
  readonly pid: number;
  /** Everything it has written so far. */
  log(): string;
  kill(signal: NodeJS.Signals): void;
  /** Ends it and all its children, and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
};

/** A folder of its own, and an ordinary account that everything in it belongs to. */
export type Lab = {
  readonly account: Account;
  file(name: string): string;
  /** Makes a folder in it. */
  folder(name: string): string;
  /** Gives what was written there to the account. */
  give(): void;
  run(program: string, args: readonly string[]): string;
  start(name: string, program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Daemon;
  /** Ends everything that still runs. */
  stop(): Promise<void>;
  close(): Promise<void>;
};

/** Opens a lab. PostgreSQL refuses root: then its programs run as Debian's account for it. */
export function openLab(): Lab {
  const own = userInfo();
  const isRoot = own.uid === 0;
  const account = isRoot ? accountOf('postgres') : { name: own.username, uid: own.uid, gid: own.gid };
  const folder = mkdtempSync(path.join(tmpdir(), 'rwpg-'));
  chmodSync(folder, 0o755);
  const file = (name: string) => path.join(folder, name);
  const as = isRoot ? { uid: account.uid, gid: account.gid } : {};
  const daemons: Daemon[] = [];
  const stop = async () => {
    await Promise.all(daemons.splice(0).map((daemon) => daemon.stop('SIGKILL')));
  };
  const give = () => (isRoot ? giveTo(account, folder) : undefined);
  give();
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: folder };
  return {
    account,
    file,
    give,
    folder: (name) => {
      mkdirSync(file(name), { mode: 0o700 });
      give();
      return file(name);
    },
    run: (program, args) =>
      execFileSync(program, args, { ...as, cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    start: (name, program, args, more = {}) => {
      const log = file(`${name}.log`);
      const output = openSync(log, 'a');
      const child = spawn(program, args, {
        ...as,
        cwd: folder,
        env: { ...env, ...more },
        detached: true,
        stdio: ['ignore', output, output],
      });
      const daemon = daemonOf(child, () => readFileSync(log, 'utf8'));
      daemons.push(daemon);
      return daemon;
    },
    stop,
    close: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function daemonOf(child: ChildProcess, log: () => string): Daemon {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${child.spawnfile} does not start`);
  let gone = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      gone = true;
      resolve();
    });
  });
  // A group of its own: what it has started must not outlive it.
  const send = (to: number, signal: NodeJS.Signals) => {
    try {
      process.kill(to, signal);
    } catch {
      // Gone already.
    }
  };
  const stop = async (signal: NodeJS.Signals = 'SIGINT') => {
    if (!gone) {
      send(pid, 'SIGCONT');
      send(signal === 'SIGKILL' ? -pid : pid, signal);
      const hard = setTimeout(() => send(-pid, 'SIGKILL'), 5000);
      await ended;
      clearTimeout(hard);
    }
    send(-pid, 'SIGKILL');
  };
  return { pid, log, stop, kill: (signal) => send(pid, signal) };
}

/**
 * Ports of the loopback interface that nobody uses now; below those that the kernel gives to outgoing connections, so
 * that none of these takes one before it is used.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
