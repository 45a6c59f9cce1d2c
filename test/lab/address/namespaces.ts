import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** What this machine lacks for network namespaces, as a sentence fragment; null when it has everything. */
export function whyNoNamespaces(): string | null {
  if (process.getuid?.() !== 0) return 'it makes network namespaces, which needs root';
  const tools = ['ip', 'nsenter', 'unshare', 'setpriv', 'arping', 'nft', 'arptables-save'];
  const missing = tools.filter(
    (tool) => !['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) => existsSync(path.join(folder, tool))),
  );
  return missing.length === 0 ? null : `not installed: ${missing.join(', ')}`;
}

/** How a command in a namespace came to its end. */
export type Outcome = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Network namespaces that nobody else on this machine sees. */
export type Namespaces = {
  /** Runs a shell script as root beside the namespaces; `ip -n NAME` reaches them. Gives what it printed. */
  sh(script: string): string;
  /** Runs a command in a namespace as `nobody` (or as root), without a word of the surroundings but the PATH. */
  run(namespace: string, command: readonly string[], as?: 'nobody' | 'root'): Promise<Outcome>;
  close(): Promise<void>;
};

/** Opens a place for namespaces: a process with mounts and a network of its own, which are gone when it ends. */
export async function openNamespaces(): Promise<Namespaces> {
  const keeper = spawn(
    'unshare',
    [
      '--net',
      '--mount',
      'sh',
      '-c',
      'mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns && echo ready && exec sleep 600',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
  );
  const ended = new Promise<void>((resolve) => {
    keeper.once('exit', () => resolve());
  });
  await new Promise<void>((resolve, reject) => {
    keeper.stdout.once('data', () => resolve());
    keeper.once('exit', () => reject(new Error('no namespaces can be made here')));
  });
  const enter = ['nsenter', `--target=${keeper.pid}`, '--net', '--mount', '--'];
  return {
    sh: (script) =>
      execFileSync('nsenter', [...enter.slice(1), 'sh', '-euc', script], { encoding: 'utf8', env: clean }),
    run: (namespace, command, as = 'nobody') =>
      outcomeOf([...enter, 'ip', 'netns', 'exec', namespace, ...(as === 'root' ? [] : asNobody), ...command]),
    close: async () => {
      keeper.kill('SIGKILL');
      await ended;
    },
  };
}

const clean = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

function outcomeOf([program = '', ...args]: readonly string[]): Promise<Outcome> {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: clean });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
