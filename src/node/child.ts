import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { now } from '../plugin/index.ts';
import { isShortage, needDescriptors, patiently, tooFewFiles } from './descriptors.ts';
import { endTree } from './tree.ts';

/** The longest answer taken, in bytes. */
export const longestAnswer = 4 * 1024 * 1024;
const longestError = 64 * 1024;
/** How long the streams of a process that is gone may still deliver something, in milliseconds. */
const lull = 100;
/** How long files, and the pipes of a child that is gone, may take to be closed, in milliseconds. */
const closing = 100;

/** A program to run, without a shell. */
export type Command = {
  readonly program: string;
  readonly args: readonly string[];
  /** The text on its standard input; null: nothing to read. */
  readonly input: string | null;
  /** Set beside what this process has and `LC_ALL=C`. */
  readonly env?: Readonly<Record<string, string>>;
  /** After so many milliseconds it is ended. */
  readonly limitMs: number;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  /** Looks at the process before it is ended at the limit, and says what it was doing. */
  stage?(pid: number): string;
  readonly silence?: Silence | undefined;
};

/** Called once, when standard output has brought nothing for so long and as much time is left before the limit. */
export type Silence = { readonly afterMs: number; readonly call: () => void };

/** How a child came to its end: by itself, at the limit, or for another reason. */
export type Ending =
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly signal: string | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: 'late'; readonly stage: string; readonly stdout: string }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Runs a program to its end. At the limit, on the signal, and when it writes more than 4 MB, it is ended with all its
 * descendants. Its streams are not waited for once it is gone: a program that it left running may hold them (the
 * master that ssh leaves for ControlPersist holds stderr).
 */
export async function runChild(command: Command): Promise<Ending> {
  const { program, limitMs, signal } = command;
  const deadline = now() + limitMs;
  // Loaded late: it costs more than the whole rest of a run that reads files alone.
  freed = Math.max(freed, now());
  const late = () => now() >= deadline;
  const { execa } = await patiently(
    () => import('execa'),
    () => !late(),
  );
  if (signal.aborted) return givenUp;
  try {
    // One step from the look at what is left to the pipes, or another child would take it. What others hold will be
    // free again; with none of them left, nothing will.
    const { child } = await patiently(
      async () => {
        needDescriptors();
        const made = { child: start(execa, command) };
        running++;
        return made;
      },
      () => !late() && (running > 0 || now() < freed + closing),
    );
    return await attend(child, deadline, command).finally(() => {
      running--;
      freed = now();
    });
  } catch (error) {
    if (!isShortage(error)) throw error;
    return { kind: 'failed', reason: `${program} cannot be run: ${tooFewFiles}` };
  }
}

type Execa = typeof import('execa').execa;

/** How many children there are. */
let running = 0;
/** When files were last about to be closed, by `now()`. */
let freed = 0;

function start(execa: Execa, { program, args, input, env }: Command) {
  return execa(program, [...args], {
    stdin: input === null ? 'ignore' : 'pipe',
    buffer: false,
    reject: false,
    // On exit, execa would signal the child alone and leave its descendants.
    cleanup: false,
    // The current directory may be gone.
    cwd: '/',
    env: { ...env, LC_ALL: 'C' },
  });
}

async function attend(child: ReturnType<typeof start>, deadline: number, command: Command): Promise<Ending> {
  // Without a pid nothing was started, and execa settles at once.
  if (child.pid === undefined) return { kind: 'failed', reason: startTrouble(command.program, await child) };
  // A child need not read what it is given.
  child.stdin?.on('error', () => {}).end(command.input);
  return follow(child, child.pid, deadline, command);
}

const givenUp: Ending = { kind: 'failed', reason: 'given up before there was an answer' };

/** Waits for whatever comes first, ends what is left, and lets go of the child. */
async function follow(child: ChildProcess, pid: number, deadline: number, command: Command): Promise<Ending> {
  const { signal, stage } = command;
  const stdout = collect(child.stdout, longestAnswer);
  const stderr = collect(child.stderr, longestError);
  const release: (() => void)[] = [];
  const ending = await new Promise<'exit' | 'overflow' | 'late' | 'abort'>((resolve) => {
    child.once('exit', () => resolve('exit'));
    stdout.overflow.then(() => resolve('overflow'));
    const timer = setTimeout(() => resolve('late'), Math.max(0, deadline - now()));
    const abort = () => resolve('abort');
    signal.addEventListener('abort', abort);
    release.push(
      () => clearTimeout(timer),
      () => signal.removeEventListener('abort', abort),
    );
    if (command.silence !== undefined) release.push(onSilence(child.stdout, deadline, command.silence));
  });
  for (const one of release) one();
  const doing = ending === 'late' ? (stage?.(pid) ?? '') : '';
  if (ending === 'exit') await quiet([stdout.closed, stderr.closed]);
  else await endTree(pid);
  const texts = { stdout: stdout.text(), stderr: stderr.text() };
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (ending === 'late') return { kind: 'late', stage: doing, stdout: texts.stdout };
  if (ending === 'abort') return givenUp;
  if (ending === 'overflow' || stdout.length() > longestAnswer)
    return { kind: 'failed', reason: 'the answer is longer than 4 MB' };
  return { kind: 'ended', code: child.exitCode, signal: child.signalCode, ...texts };
}

/** Gives what ends the watch. */
function onSilence(stream: Readable | null, deadline: number, { afterMs, call }: Silence): () => void {
  const timer = setTimeout(() => {
    stop();
    if (deadline - now() >= afterMs) call();
  }, afterMs);
  const heard = () => timer.refresh();
  const stop = () => {
    clearTimeout(timer);
    stream?.off('data', heard);
  };
  stream?.on('data', heard);
  return stop;
}

type Unstarted = { readonly code?: string | undefined; readonly shortMessage?: string | undefined };

function startTrouble(program: string, { code, shortMessage }: Unstarted): string {
  if (code === 'ENOENT') return `${program} is not installed`;
  // Also when a directory of PATH may not be searched, wherever the program is or is not.
  if (code === 'EACCES' && !program.includes('/')) return `${program} is not installed, or this user may not run it`;
  if (code === 'EACCES') return `${program} cannot be run: permission denied`;
  return `${program} cannot be run: ${code ?? shortMessage ?? 'unknown error'}`;
}

async function quiet(closed: readonly Promise<void>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    // A busy process finds the timer due before it has looked at the streams at all: that look comes first.
    timer = setTimeout(() => setImmediate(resolve), lull);
  });
  await Promise.race([Promise.all(closed), patience]);
  clearTimeout(timer);
}

/** Keeps what a stream brings up to a limit in bytes; beyond it, bytes are counted and forgotten. */
function collect(stream: Readable | null, limit: number) {
  const chunks: Buffer[] = [];
  let length = 0;
  let full = () => {};
  const overflow = new Promise<void>((resolve) => {
    full = resolve;
  });
  const closed = new Promise<void>((resolve) => {
    if (stream === null) resolve();
    else stream.once('close', resolve).on('error', () => {});
  });
  stream?.on('data', (chunk: Buffer) => {
    if (length <= limit) chunks.push(chunk);
    length += chunk.length;
    if (length > limit) full();
  });
  return { overflow, closed, length: () => length, text: () => Buffer.concat(chunks).toString('utf8') };
}
