import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connectionAge, type Socket } from './shared_socket.ts';
import { endTree, startOf } from './tree.ts';

/**
 * After so long no check uses a connection any more: another one has been begun 15 minutes ago at least, and few checks
 * take that long. What runs still has a session that its node does not end.
 */
const oldestMs = 2 * connectionAge * 1000;

/** A process that holds a connection open: the path that its socket had at first, and its age. */
type Master = { readonly pid: number; readonly file: string; readonly ageMs: number };

/** Ends the processes behind sockets. A jump host's ssh and a ProxyCommand read the end of their input, and go too. */
export async function endMasters(sockets: readonly Socket[]): Promise<void> {
  await end(masters().filter(({ file }) => sockets.some((one) => one.file === file)));
}

/**
 * Ends the processes of connections that no check uses any more, also of those whose socket is gone. They would end by
 * themselves when idle; but ssh waits for ever for a session that a hanging node does not close, and whoever asks such a
 * node every minute would have one more of them every 15.
 */
export async function endOldMasters(folder: string, ageMs = oldestMs): Promise<void> {
  await end(masters().filter((one) => one.file.startsWith(`${folder}/`) && one.ageMs > ageMs));
}

async function end(all: readonly Master[]): Promise<void> {
  await Promise.all(all.map(({ pid }) => endTree(pid)));
}

/** Those of this account: ssh says in place of its arguments where its socket is (OpenSSH mux.c). */
function masters(): readonly Master[] {
  const uid = process.geteuid?.();
  const ownStart = startOf(process.pid) ?? 0;
  return processes().flatMap((name) => {
    const file = /^ssh: (\S+) \[mux\]/.exec(titleOf(name))?.[1];
    const start = file === undefined ? null : startOf(Number(name));
    if (file === undefined || start === null || ownerOf(name) !== uid) return [];
    return [{ pid: Number(name), file, ageMs: process.uptime() * 1000 + (ownStart - start) }];
  });
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    // Too few files may be open.
    return [];
  }
}

function titleOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

function ownerOf(pid: string): number | null {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return null;
  }
}
