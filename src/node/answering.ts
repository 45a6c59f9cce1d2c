import { readFileSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { now } from '../plugin/index.ts';
import { runChild } from './child.ts';

/** Whether files and folders can be looked at without waiting for ever. Those that are not there can. */
export type Answers = (files: readonly string[]) => Promise<boolean>;

/** A file system as /proc/self/mountinfo has it (proc_pid_mountinfo(5)). */
type Mount = { readonly id: string; readonly type: string };

/** What keeps its files in memory always answers. */
const inMemory = /^(?:ramfs|(?:dev)?tmpfs)$/;

/** Of these, where one file answers, all do. Others may lead to a server of its own for each (autofs, FUSE, DFS). */
const undivided = /^(?:ext[234]|xfs|btrfs|zfs|f2fs|jfs|overlay|nfs4?)$/;

/**
 * Looks, within a limit for all, whether files and folders answer, before this process waits for them itself: where a
 * file system does not answer (NFS), whoever asks it waits for ever, and Node does not even end while one of its threads
 * does. What lies on a file system that has answered is not asked again; all others together are by one child, which can
 * be ended.
 */
export function answering(limitMs: number, signal: () => AbortSignal): Answers {
  const end = now() + limitMs;
  const known = new Set<string>();
  const asked = new Set<string>();
  const mounts = mountsHere();
  return async (files) => {
    const sure = ({ id, type }: Mount) => inMemory.test(type) || known.has(id);
    // A name with a zero is nobody's.
    const all = new Set(files.filter((file) => file !== '' && !file.includes('\0')).map(absolute));
    const doubtful = [...all].filter((file) => !asked.has(file) && !every(mountsOf(file, mounts), sure));
    if (doubtful.length === 0) return true;
    const left = end - now();
    if (left <= 0) return false;
    const args = ['-c', '1', '--', ...doubtful];
    const { kind } = await runChild({ program: 'head', args, input: null, limitMs: left, signal: signal() });
    if (kind === 'late') return false;
    for (const file of doubtful) {
      asked.add(file);
      every(mountsOf(file, mounts), (mount) => {
        if (undivided.test(mount.type)) known.add(mount.id);
        return sure(mount);
      });
    }
    return true;
  };
}

/** By where they are; of several at one place the last one is seen. None where /proc does not tell. */
function mountsHere(): ReadonlyMap<string, Mount> {
  try {
    const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    const unescaped = (path: string) =>
      path.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));
    return new Map(
      lines.flatMap((line) => {
        const [, id = '', path = '', type = ''] = /^(\d+) \S+ \S+ \S+ (\S+) .*? - (\S+) /.exec(line) ?? [];
        return path === '' ? [] : [[unescaped(path), { id, type }] as const];
      }),
    );
  } catch {
    return new Map();
  }
}

/**
 * The file systems on the way to a file, symbolic links included. Each is given before anything on it is looked at. Not
 * the one of `/`: without that no child could be started.
 */
function* mountsOf(file: string, mounts: ReadonlyMap<string, Mount>): Generator<Mount> {
  if (mounts.size === 0) yield { id: '', type: '' };
  const left = partsOf(file);
  let folder = '/';
  let links = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    const next = part === '..' ? dirname(folder) : join(folder, part);
    const entered = mounts.get(next);
    if (entered !== undefined && next !== '/') yield entered;
    const target = part === '..' ? '' : targetOf(next);
    // Here the kernel ends, too (path_resolution(7)).
    if (target === null || links > 40) return;
    if (target === '') folder = next;
    else {
      links++;
      left.unshift(...partsOf(target));
      if (target.startsWith('/')) folder = '/';
    }
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Where a symbolic link leads; '' for anything else, and null where nothing can be found. */
function targetOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EINVAL' ? '' : null;
  }
}

/** Whether something holds for all; those after the first for which it does not are not even made. */
function every<T>(all: Iterable<T>, holds: (one: T) => boolean): boolean {
  for (const one of all) if (!holds(one)) return false;
  return true;
}

/** Children run in `/`; the folder that this process is in may be gone. Where `..` leads depends on links: it stays. */
function absolute(file: string): string {
  try {
    return isAbsolute(file) ? file : `${process.cwd()}/${file}`;
  } catch {
    return file;
  }
}
