import { lstatSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** How connections are shared. */
export type Sharing = {
  /** How long an unused one stays open. */
  readonly seconds: number;
  /** The private folder of the sockets. */
  readonly folder: string;
  /** What `sharedWay` says, or a digest of it: another one means other connections. */
  readonly way: string;
  /** The age in milliseconds from which on a process that holds a connection is ended; 30 minutes if left out. */
  readonly oldMs?: number;
};

/** A socket that a connection has in the folder. What it is tells it from one that has taken its place. */
export type Socket = { readonly file: string; readonly is: string };

/** For how long a connection is used, however often that is, in seconds. */
export const connectionAge = 900;

/**
 * The first part of a socket's name, 8 characters. It depends on everything that says which connection is meant, and
 * changes every 15 minutes, at a time of its own for each connection: what a new login would notice (a name that leads
 * elsewhere, another host key, a key that was withdrawn) is noticed after that time.
 *
 * @param generation how many of the same name have lost their socket (`takeAway`)
 */
export function socketName(means: readonly unknown[], seconds: number, nowMs: number, generation = 0): string {
  const age = connectionAge * 1000;
  const offset = Number(hash(JSON.stringify(means)) % BigInt(age));
  const all = hash(JSON.stringify([...means, seconds, Math.floor((nowMs + offset) / age), generation]));
  const folded = (all >> 48n) ^ (all & 0xffffffffffffn);
  return Buffer.from(folded.toString(16).padStart(12, '0'), 'hex').toString('base64url');
}

/** The name by which a connection is used or begun now: none that has lost its socket. */
export function unspentName(means: readonly unknown[], { folder, seconds }: Sharing, nowMs: number): string {
  const spent = entries(folder).filter((one) => one.startsWith(spentPrefix));
  for (let generation = 0; ; generation++) {
    const name = socketName(means, seconds, nowMs, generation);
    if (!spent.some((one) => one.startsWith(`${spentPrefix}${name}.`))) return name;
  }
}

/**
 * What stands before the name of a socket that was taken away. It is kept for as long as its name could be used again: a
 * process that has lost its socket removes, when it ends, whatever has the path by then (OpenSSH clientloop.c).
 */
const spentPrefix = 'spent.';

/** A short text that stands for a long one, so that no name costs more than a short one. */
export function digest(text: string): string {
  return hash(text).toString(36);
}

/**
 * FNV-1a with 64 bits, offset and prime as its authors give them. Node's own hashes take longer to load than ssh to answer; nobody gains by names that
 * collide, as ssh puts the host beside them.
 */
function hash(text: string): bigint {
  let value = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) value = ((value ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return value;
}

/**
 * The options by which ssh uses the connection, or begins it and leaves it open. ssh puts in for %C a hash of the host,
 * port and user that its configuration comes to (40 characters), which tells hosts apart that a `Match exec` leads. A
 * connection whose node is silent for 45 s is given up. An open connection forwards nothing, whatever the configuration
 * says: it outlives the check.
 */
export function sharingArguments({ folder, seconds }: Sharing, name: string): readonly string[] {
  return optionsOf([
    ...['ControlMaster=auto', `ControlPersist=${Math.min(seconds, connectionAge)}`],
    ...[`ControlPath=${join(folder, name)}.%C`],
    ...['ServerAliveInterval=15', 'ServerAliveCountMax=3'],
    ...['ClearAllForwardings=yes', 'ForwardAgent=no', 'ForwardX11=no'],
  ]);
}

/** The options by which ssh uses no open connection and leaves none. */
export const unsharedArguments = optionsOf(['ControlMaster=no', 'ControlPath=none']);

function optionsOf(settings: readonly string[]): readonly string[] {
  return settings.flatMap((setting) => ['-o', setting]);
}

/** The sockets of a name that are there; none when the folder cannot be read. */
export function openSockets(folder: string, name: string): readonly Socket[] {
  return entries(folder)
    .filter((one) => one.startsWith(`${name}.`))
    .map((one) => join(folder, one))
    .map((file) => ({ file, is: identity(file) }));
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether a socket is still there and no other one has taken its place. */
export function isThere({ file, is }: Socket): boolean {
  return is !== '' && identity(file) === is;
}

/** An inode's number may be given again at once; the time it was made at, never. '' where nothing is. */
function identity(file: string): string {
  try {
    const { ino, mtimeMs } = lstatSync(file);
    return `${ino} ${mtimeMs}`;
  } catch {
    return '';
  }
}

/** Takes away sockets, so that the next check begins another connection, by another name. */
export function takeAway(sockets: readonly Socket[]): void {
  for (const one of sockets) {
    try {
      if (isThere(one)) renameSync(one.file, join(dirname(one.file), `${spentPrefix}${basename(one.file)}`));
    } catch {
      // Gone meanwhile.
    }
  }
}
