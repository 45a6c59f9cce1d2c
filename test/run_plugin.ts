import { type ChildProcess, spawn } from 'node:child_process';
import type { Mark } from './node/marked.ts';

/** Where a plugin is run: a command before it, its whole environment, and the node that runs it. */
export type Surroundings = {
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly node?: string;
  /** What it reads; `open`: nothing, and no end of it. */
  readonly input?: string;
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

/** Runs a built plugin (its file) as a monitoring daemon would, with nothing to read unless told otherwise. */
export async function runPlugin(file: string, args: readonly string[], over: Surroundings = {}): Promise<Outcome> {
  const { wrapper = [], env = { PATH: '/usr/bin:/bin' }, node = process.execPath, mark, input, meanwhile } = over;
  const [program = '', ...rest] = [...wrapper, node, file, ...args];
  const start = performance.now();
  const child = spawn(program, rest, {
    env: { ...env, ...(mark === undefined ? {} : { [mark.name]: mark.value }) },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  // A program that ends first is none of ours.
  child.stdin?.on('error', () => {});
  if (input !== undefined && input !== 'open') child.stdin?.end(input);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
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
