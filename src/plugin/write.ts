import { writeSync } from 'node:fs';

const stdout = 1;
/** How long a reader that takes nothing is waited for. */
const patience = 10_000;

/**
 * Writes a whole text to standard output: true when every byte was taken. Blocks; a pipe that another process has made
 * non-blocking (EAGAIN) is tried again for up to 10 s without progress. A reader that is gone gives false, no error.
 */
export function writeWhole(text: string): boolean {
  const bytes = Buffer.from(text, 'utf8');
  let written = 0;
  let waited = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(stdout, bytes, written);
      waited = 0;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if ((code !== 'EAGAIN' && code !== 'EINTR') || waited >= patience) return false;
      waited += 5;
      pause(5);
    }
  }
  return true;
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
