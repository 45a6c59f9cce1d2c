import { resolve } from 'node:path';
import { now } from '../plugin/index.ts';
import { runChild } from './child.ts';
import { seconds as inSeconds } from './reply.ts';
import { sharedFolder } from './shared_folder.ts';
import { digest, type Sharing } from './shared_socket.ts';
import { sharedWay } from './shared_way.ts';

/** How a run shares connections, or why it shares none, as a fragment. */
export type Shared = { readonly sharing?: Sharing; readonly unshared?: string };

type Limits = {
  readonly limitMs: number;
  readonly sshConfig?: string | undefined;
  readonly signal: () => AbortSignal;
};

/** How long the file systems that sharing needs may take to answer, as a share of the limit. */
const patience = 1 / 3;

/** What less than that takes is in the time that plugins keep for judging, in milliseconds. */
const negligible = 500;

/**
 * Looks whether connections can be shared, and where. Takes a third of the limit at the most, and gives what is left of it
 * for the nodes where that was needed.
 */
export async function sharingOf(
  seconds: number,
  { limitMs, sshConfig, signal }: Limits,
): Promise<Shared & { readonly limitMs: number }> {
  const { homedir, userInfo } = await import('node:os');
  // ssh takes the home of the account, whatever HOME says.
  const home = () => userInfo().homedir;
  const start = now();
  const longest = limitMs * patience;
  const answers = async (files: readonly (string | undefined)[]) =>
    (await firstBytes(files, start + longest - now(), signal())) !== 'late';
  const way = (await answers([sshConfig, ...places(home)])) ? await sharedWay(sshConfig, home, answers) : null;
  const took = now() - start;
  const left = took > negligible ? limitMs - took : limitMs;
  if (way === null) {
    const told = `no answer within ${inSeconds(longest)} from the file system of`;
    const unshared = `${told} the home, XDG_RUNTIME_DIR, XDG_CACHE_HOME or ssh's configuration`;
    return { limitMs: left, unshared };
  }
  const account = { uid: process.geteuid?.() ?? 0, env: process.env, home: homedir };
  const folder = sharedFolder(account, Date.now());
  if (!folder.ok) return { limitMs: left, unshared: folder.reason };
  return { limitMs: left, sharing: { seconds, folder: folder.value, way: digest(way) } };
}

function places(home: () => string): readonly (string | undefined)[] {
  const { HOME, XDG_RUNTIME_DIR, XDG_CACHE_HOME } = process.env;
  try {
    return [HOME, XDG_RUNTIME_DIR, XDG_CACHE_HOME, `${home()}/.ssh/config`];
  } catch {
    return [HOME, XDG_RUNTIME_DIR, XDG_CACHE_HOME];
  }
}

/**
 * Opens files and folders in a child, which can be ended: where a file system does not answer (NFS), whoever asks it
 * waits for ever, and Node does not even end while one of its threads does. What comes of it does not matter else.
 */
async function firstBytes(files: readonly (string | undefined)[], limitMs: number, signal: AbortSignal) {
  const there = files.filter((file) => file !== undefined && file !== '').map((file) => absolute(file ?? ''));
  const { kind } = await runChild({
    program: 'head',
    args: ['-c', '1', '--', ...new Set(there)],
    ...{ input: null, limitMs, signal },
  });
  return kind;
}

/** Children run in `/`. The folder that this process is in may be gone. */
function absolute(file: string): string {
  try {
    return resolve(file);
  } catch {
    return file;
  }
}
