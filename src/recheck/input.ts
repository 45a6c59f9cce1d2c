import { closeSync, constants, openSync, readSync } from 'node:fs';
import { failure, now, type Result, success } from '../plugin/index.ts';

/** The most that is kept of standard input: the address stands in the second line. */
const kept = 4096;

/** snmptrapd writes all of it at once; somebody at a terminal gets an answer too. In milliseconds. */
const patience = 3000;

const endless = failure('standard input did not end; without snmptrapd, --sender says whose trap it was');

/**
 * Reads standard input to its end and gives its beginning, as latin1. Ends after 3 s whatever comes. Not by the stream of
 * Node where it can be had otherwise: that takes a sixth of all that a trap within the hold costs.
 */
export async function readInput(): Promise<Result<string>> {
  let pipe: number;
  try {
    // Opened anew, so that nobody else's reads and writes become non-blocking.
    pipe = openSync('/proc/self/fd/0', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    // A socket, or a pipe of another account.
    return readStream();
  }
  try {
    return readPipe(pipe);
  } catch {
    return failure('standard input cannot be read');
  } finally {
    closeSync(pipe);
  }
}

function readPipe(pipe: number): Result<string> {
  const end = now() + patience;
  const chunk = Buffer.alloc(65_536);
  let text = '';
  while (now() < end) {
    try {
      const length = readSync(pipe, chunk);
      if (length === 0) return success(text);
      if (text.length < kept) text += chunk.toString('latin1', 0, Math.min(length, kept));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
  return endless;
}

function readStream(): Promise<Result<string>> {
  return new Promise((resolve) => {
    let text = '';
    process.stdin.setEncoding('latin1');
    process.stdin.on('data', (chunk: string) => {
      if (text.length < kept) text += chunk.slice(0, kept);
    });
    process.stdin.on('end', () => resolve(success(text)));
    process.stdin.on('error', () => resolve(failure('standard input cannot be read')));
    setTimeout(() => resolve(endless), patience).unref();
  });
}
