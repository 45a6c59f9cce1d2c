import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { failure, type Result, success } from '../plugin/index.ts';
import { longestAnswer } from './child.ts';

/** Reads a saved snapshot. Regular files only, up to 4 MB; anything else is a reason at once, and never hangs. */
export async function readSnapshotFile(path: string): Promise<Result<string>> {
  try {
    // A FIFO without a writer would keep a plain open waiting forever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const facts = await file.stat();
      if (facts.isDirectory()) return failure(`${path} is a directory`);
      if (!facts.isFile()) return failure(`${path} is no regular file`);
      const buffer = Buffer.alloc(Math.min(facts.size, longestAnswer) + 1);
      let length = 0;
      while (length < buffer.length) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      if (length > longestAnswer) return failure(`${path} is longer than 4 MB`);
      return success(buffer.toString('utf8', 0, length));
    } finally {
      await file.close();
    }
  } catch (error) {
    return failure(`${path}: ${wordsOf(error)}`);
  }
}

function wordsOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    EACCES: 'permission denied',
    ENXIO: 'no regular file',
    ENOTDIR: 'no such file',
    ELOOP: 'too many symbolic links',
    ENAMETOOLONG: 'the name is too long',
  };
  return words[code] ?? (code === '' ? String(error) : code);
}
