import { type ChildProcess, spawn } from 'node:child_process';
import type { Mark } from './node/marked.ts';

/** Where a plugin is run: a command before it, its whole environment, and the node that runs it. */
export type Surroundings = {
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly node?: string;
  /** The environment's variable by which its offspring is found. */
  readonly mark?: Mark;
  /** Gets the running process. */
  meanwhile?(child: ChildProcess): void;
};

/** What a run came to: the exit code (null: ended by a signal), what it wrote, and how long it took. */
export type Outcome = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
};

/** Runs a built plugin (its file) as a monitoring daemon would, with nothing to read. */
export async function runPlugin(file: string, args: readonly string[], over: Surroundings = {}): Promise<Outcome> {
  const { wrapper = [], env = { PATH: '/usr/bin:/bin' }, node = process.execPath, mark, meanwhile } = over;
  const [program = '', ...rest] = [...wrapper, node, file, ...args];
  const start = performance.now();
  const child = spawn(program, rest, {
    env: { ...env, ...(mark === undefined ? {} : { [mark.name]: mark.value }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  meanwhile?.(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code, signal, stdout, stderr, milliseconds: performance.now() - start }),
    );
  });
}
