// Not node:fs/promises, which takes longer to load than the files to read.
import { close, constants, fstat, open, read, type Stats } from 'node:fs';
import { now } from '../plugin/index.ts';
import { longestAnswer } from './child.ts';
import { patiently, tooFewFiles } from './descriptors.ts';
import { noReply, type Reply, reply, seconds } from './reply.ts';

/**
 * Reads a saved snapshot, in UTF-8 or, with a byte order mark, in UTF-16: regular files only, up to 4 MB. Anything else is a reason at once; a file system that does
 * not answer (NFS) is one past the limit, in milliseconds.
 */
export async function readSnapshotFile(path: string, limitMs: number): Promise<Reply> {
  const late = new Promise<Reply>((resolve) => {
    const reply = noReply(`no answer within ${seconds(limitMs)} (reading ${path})`);
    // It keeps nobody waiting, and is not cleared: Node would compile what that takes for nothing else.
    setTimeout(() => resolve(reply), limitMs).unref();
  });
  const read = readBounded(path, now() + limitMs).catch((error: unknown) => noReply(`${path}: ${wordsOf(error)}`));
  return Promise.race([read, late]);
}

async function readBounded(path: string, deadline: number): Promise<Reply> {
  // A plain open would wait at a FIFO until somebody writes.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const fd = await patiently(
    () => asked<number>((done) => open(path, flags, done)),
    () => now() < deadline,
  );
  try {
    const facts = await asked<Stats>((done) => fstat(fd, done));
    if (facts.isDirectory()) return noReply(`${path} is a directory`);
    if (!facts.isFile()) return noReply(`${path} is not a regular file`);
    // One byte more than it says, since it may grow; in /proc and the like the size says nothing.
    const buffer = Buffer.alloc((facts.size > 0 ? Math.min(facts.size, longestAnswer) : longestAnswer) + 1);
    let length = 0;
    for (let more = true; more && length < buffer.length; ) {
      const count = await asked<number>((done) => read(fd, buffer, length, buffer.length - length, null, done));
      length += count;
      more = count > 0;
    }
    if (length > longestAnswer) return noReply(`${path} is longer than 4 MB`);
    return length === 0 ? noReply(`${path} is empty`) : reply(decode(buffer.subarray(0, length)), null);
  } finally {
    close(fd, () => {});
  }
}

/** The text of a file that may have passed through an editor, or through PowerShell, whose `>` writes UTF-16. */
function decode(bytes: Buffer): string {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return bytes.toString('utf16le', 2);
  if (first === 0xfe && second === 0xff)
    return bytes
      .subarray(2, bytes.length - (bytes.length % 2))
      .swap16()
      .toString('utf16le');
  return first === 0xef && second === 0xbb && third === 0xbf ? bytes.toString('utf8', 3) : bytes.toString('utf8');
}

function asked<T>(call: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error === null ? resolve(value) : reject(error)));
  });
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
  // A socket.
  ENXIO: 'no regular file',
  ELOOP: 'symbolic links that lead nowhere',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the disk gave an error',
  EMFILE: tooFewFiles,
  ENFILE: 'too many files are open on this host',
};

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return words[code] ?? error.message;
}
