import type { Readable } from 'node:stream';
import { endTree } from './tree.ts';

/** The longest answer taken, in bytes. */
export const longestAnswer = 4 * 1024 * 1024;
const longestError = 64 * 1024;
/** How long the streams of a process that is gone may still bring something, in milliseconds. */
const lull = 100;

/** How a child came to its end. */
export type Ending =
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly signal: string | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: 'late'; readonly reason: string; readonly stderr: string }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Runs a program, without a shell, with a text on its standard input (null: nothing to read). Never rejects. Past the
 * limit, on the signal or with too long an output it is ended with all its descendants.
 */
export async function runChild(
  program: string,
  args: readonly string[],
  input: string | null,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Ending> {
  const start = performance.now();
  const { execa } = await import('execa');
  if (signal.aborted) return { kind: 'failed', reason: 'given up' };
  const child = execa(program, [...args], {
    ...(input === null ? { stdin: 'ignore' as const } : { input }),
    buffer: false,
    reject: false,
    cleanup: false,
    cwd: '/',
    env: { LC_ALL: 'C' },
  });
  return new Promise((resolve) => {
    let settled = false;
    const stdout = collect(child.stdout, longestAnswer, () =>
      giveUp({ kind: 'failed', reason: 'the answer is longer than 4 MB' }),
    );
    const stderr = collect(child.stderr, longestError, () => {});
    const settle = (ending: Ending) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(ending);
    };
    const giveUp = (ending: Ending) => {
      if (child.pid === undefined) settle(ending);
      else endTree(child.pid).then(() => settle(ending));
    };
    const abort = () => giveUp({ kind: 'failed', reason: 'given up' });
    const late = () => giveUp({ kind: 'late', reason: `no answer within ${limitMs / 1000} s`, stderr: stderr.text() });
    const timer = setTimeout(late, Math.max(0, limitMs - (performance.now() - start)));
    signal.addEventListener('abort', abort);
    child.once('exit', (code, killed) => {
      const done = () => settle({ kind: 'ended', code, signal: killed, stdout: stdout.text(), stderr: stderr.text() });
      const wait = setTimeout(done, lull);
      Promise.all([stdout.ended, stderr.ended]).then(() => {
        clearTimeout(wait);
        done();
      });
    });
    child.then((result) => {
      if (child.pid !== undefined) return;
      const reason = result.code === 'ENOENT' ? `${program} is not installed` : `${program}: ${result.shortMessage}`;
      settle({ kind: 'failed', reason });
    });
  });
}

function collect(stream: Readable | null, limit: number, overflow: () => void) {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (length > limit) return;
    length += chunk.length;
    chunks.push(chunk);
    if (length > limit) overflow();
  });
  stream?.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    if (stream === null) resolve();
    else stream.once('close', resolve);
  });
  return { ended, text: () => Buffer.concat(chunks).toString('utf8') };
}
