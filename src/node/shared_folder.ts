import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { failure, type Result, success } from '../plugin/index.ts';
import type { Answers } from './answering.ts';

/**
 * The longest path of the folder, in bytes: a socket's path has at most 107 (unix(7)), of which its name takes 49
 * (`socketName`) and what ssh appends while it makes the socket another 17 (OpenSSH mux.c, muxserver_listen).
 */
const longestFolder = 40;

/** A socket is younger: its connection was used for 15 minutes, by checks of an hour at most, and idle for 15 minutes. */
const oldestMs = 3 * 60 * 60 * 1000;

/** Of this account: who runs the plugin, and what its environment says about folders. */
export type Account = {
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its home, as the system has it, where the environment does not say; throws for a user id without an account. */
  readonly home: () => string;
};

/**
 * The folder for the sockets of shared connections, which is made where it is missing: below `XDG_RUNTIME_DIR`, in the
 * account's cache, or `/tmp/rackwatch-UID`. Whoever can write to it could answer in place of a node, and ssh itself does
 * not look: so it belongs to this account, lets nobody else in and is no symbolic link, and nobody else can put another one
 * in its place. One that is not so is refused, with a fragment that says why; a place that has no room for it, or cannot
 * be written to, is passed over. With `onlyLook` none is made and nothing in it is removed.
 *
 * @param answers asked about each place before it is looked at; null comes of it where one does not answer
 */
export async function sharedFolder(
  account: Account,
  nowMs: number,
  { onlyLook = false, answers = async () => true }: { readonly onlyLook?: boolean; readonly answers?: Answers } = {},
): Promise<Result<string> | null> {
  const { uid } = account;
  for (const { path, base, name } of places(account)) {
    if (!(await answers([path]))) return null;
    const how = { uid, make: !onlyLook };
    const found = base(how);
    const folder = found === null ? null : placeIn(found, name, how);
    if (folder === null) continue;
    if (onlyLook && lstatSync(folder, { throwIfNoEntry: false }) === undefined) return success(folder);
    const why = trouble(folder, uid);
    if (why !== null) return failure(`${folder} ${why}`);
    if (!isWritable(folder)) continue;
    if (!onlyLook) removeOld(folder, nowMs);
    return success(folder);
  }
  return failure('there is no place for a private folder: neither XDG_RUNTIME_DIR nor ~/.cache nor /tmp will do');
}

/** What is looked at of the first place, whatever comes of it; '' where that is nothing. */
export function firstPlace(account: Account): string {
  return places(account)[0].path;
}

/** A place for the folder. */
type Place = {
  /** What is looked at of it at first, links included; '' where that is nothing. */
  readonly path: string;
  /** The folder that it is in; null where there is none. */
  base(how: Making): string | null;
  readonly name: string;
};

function places({ uid, env, home }: Account): readonly [Place, ...Place[]] {
  const { XDG_RUNTIME_DIR: run, XDG_CACHE_HOME: cache } = env;
  const inCache = cache === undefined ? inHome(env['HOME'], home) : placeOf(cache);
  // What others may have put there is not followed.
  const inTmp: Place = { path: '/tmp', base: () => '/tmp', name: `rackwatch-${uid}` };
  return run === undefined ? [inCache, inTmp] : [placeOf(run), inCache, inTmp];
}

function placeOf(base: string): Place {
  return { path: isAbsolute(base) ? join(base, 'rackwatch') : '', base: () => base, name: 'rackwatch' };
}

/** In `~/.cache`, which is made where the home is this account's own. */
function inHome(named: string | undefined, ofAccount: Account['home']): Place {
  try {
    const home = named ?? ofAccount();
    const base = (how: Making) => (ownerOf(home) === how.uid ? placeIn(home, '.cache', how) : null);
    return { ...placeOf(join(home, '.cache')), base };
  } catch {
    return { path: '', base: () => null, name: '' };
  }
}

function ownerOf(folder: string): number | null {
  try {
    return statSync(folder).uid;
  } catch {
    return null;
  }
}

/** Whose folder it is, and whether one that is missing is made. */
type Making = { readonly uid: number; readonly make: boolean };

/** A folder in a base where nobody else can replace it; null when the base will not do. */
function placeIn(base: string, name: string, { uid, make }: Making): string | null {
  try {
    if (!isAbsolute(base)) return null;
    const folder = join(!make && !existsSync(base) ? base : realpathSync(base), name);
    // ssh would read a percent sign, a dollar or a blank as something of its own.
    if (Buffer.byteLength(folder) > longestFolder || !/^[A-Za-z0-9/_.+-]+$/.test(folder)) return null;
    const above = ancestors(folder).filter((one) => make || existsSync(one));
    if (!above.every((one) => isSafe(statSync(one), uid))) return null;
    if (!make) return folder;
    try {
      mkdirSync(folder, { mode: 0o700 });
      // A umask may have taken rights of the owner, and a setgid folder has handed its bit down.
      chmodSync(folder, 0o700);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return null;
    }
    return folder;
  } catch {
    return null;
  }
}

function ancestors(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...ancestors(parent)];
}

/** Whether nobody but root and this account can rename what stands in a folder. */
function isSafe({ uid, mode }: Stats, own: number): boolean {
  const writable = (mode & 0o022) !== 0;
  const sticky = (mode & 0o1000) !== 0;
  return (uid === 0 || uid === own) && (!writable || sticky);
}

function trouble(folder: string, uid: number): string | null {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  // Removed meanwhile: that is seen when it is to be written to.
  if (found === undefined) return null;
  if (found.isSymbolicLink()) return 'is a symbolic link';
  if (!found.isDirectory()) return 'is not a folder';
  if (found.uid !== uid) return `belongs to another account (uid ${found.uid})`;
  if ((found.mode & 0o077) === 0) return null;
  return `has mode ${(found.mode & 0o7777).toString(8).padStart(4, '0')}, and only 0700 keeps others out`;
}

/** Whether sockets can be made in a folder: its file system may have become read-only. */
function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What killed connections have left: their names are never used again. */
function removeOld(folder: string, nowMs: number): void {
  for (const name of readdirSync(folder)) {
    try {
      const file = join(folder, name);
      const found = lstatSync(file);
      if (found.isSocket() && nowMs - found.mtimeMs > oldestMs) unlinkSync(file);
    } catch {
      // Another check was faster.
    }
  }
}
