import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Control, type KeyFact, keepsKeys, type SshFacts } from '../../doctor/index.ts';
import { runChild, type SshSettings } from '../../node/index.ts';
import type { Limits } from './place.ts';
import { type Client, sshFile } from './ssh_file.ts';

/**
 * What ssh would show and go by here: known host keys, key files. `host` is the name that it is given, `identity` the file of
 * `--ssh-identity`.
 */
export async function lookAtSsh(
  host: string,
  settings: SshSettings,
  identity: string | undefined,
  client: Client,
  limits: Limits,
): Promise<Pick<SshFacts, 'knownIn' | 'unreadable' | 'shutFolder' | 'keys' | 'globalKnownHosts' | 'userKnownHosts'>> {
  const expand = (file: string) => sshFile(file, host, settings, client) ?? file;
  const globalKnownHosts = settings.globalKnownHosts.map(expand);
  const userKnownHosts = settings.userKnownHosts.map(expand);
  // ssh leaves a file that is not there out of its list.
  const given = identity === undefined ? [] : [identity.startsWith('~') ? identity : path.resolve(identity)];
  const files = new Set(
    [...given, ...settings.identityFiles].flatMap((file) => sshFile(file, host, settings, client) ?? []),
  );
  const knownHosts = [...globalKnownHosts, ...userKnownHosts].filter(keepsKeys);
  const [states, known, keys] = await Promise.all([
    Promise.all(knownHosts.map((file) => read(file, limits))),
    Promise.all(knownHosts.map((file) => isKnownIn(file, settings, limits))),
    Promise.all([...files].map((file) => keyOf(file, limits))),
  ]);
  const unreadable = knownHosts.filter((_, i) => states[i]?.state === 'closed');
  const closed = [...unreadable, ...keys.filter(({ state }) => state === 'unreadable').map(({ file }) => file)];
  const knownIn = known.flatMap((file) => file ?? []);
  return { ...{ globalKnownHosts, userKnownHosts, unreadable, keys, knownIn }, shutFolder: shutFolder(closed) };
}

/** The first folder on the way to files that this account may not enter; null where it may. All of them have answered. */
function shutFolder(files: readonly string[]): string | null {
  const above = files.flatMap((file) => ancestors(file));
  return above.find((folder) => !mayEnter(folder)) ?? null;
}

/** From the root on. */
function ancestors(file: string): readonly string[] {
  const folder = path.dirname(file);
  return folder === file ? [] : [...ancestors(folder), folder];
}

function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The longest path of a socket that ssh can make, in bytes: unix(7), less what it appends meanwhile (OpenSSH mux.c). */
const longestSocket = 107 - 17;

/** Where ssh itself would keep a connection open, to the node or to a jump host, and whether it could; null where it would not. */
export async function lookAtControl(
  of: string | null,
  { controlPath }: SshSettings,
  { home }: Client,
  limits: Limits,
): Promise<Control | null> {
  const file = controlPath?.replace(/^~(?=\/)/, () => home) ?? '';
  const folder = path.dirname(file);
  // Older releases say it with tokens in it.
  if (!path.isAbsolute(file) || /[%$]/.test(folder)) return null;
  if (Buffer.byteLength(file) > longestSocket) return { of, file, folder, state: 'long' };
  const holds = async (...args: readonly string[]) => {
    const ending = await runChild({ program: 'test', args, input: null, ...limits });
    return ending.kind === 'ended' && ending.code === 0;
  };
  if (!(await holds('-d', folder))) return { of, file, folder, state: 'missing' };
  return { of, file, folder, state: (await holds('-w', folder, '-a', '-x', folder)) ? 'good' : 'closed' };
}

type Content =
  | { readonly state: 'read'; readonly text: string }
  | { readonly state: 'missing' | 'closed' | 'silent'; readonly text?: undefined };

/**
 * The beginning of a file, long enough for a public key. A child reads it, as it reads the keys: where the file is a FIFO, or
 * its file system does not answer, that one waits, and nobody else.
 */
async function look(file: string, limits: Limits): Promise<Content> {
  const args = ['-c', '65536', '--', file];
  const ending = await runChild({ program: 'head', args, input: null, ...limits });
  if (ending.kind !== 'ended') return { state: 'silent' };
  if (ending.code === 0) return { state: 'read', text: ending.stdout };
  return { state: ending.stderr.includes('Permission denied') ? 'closed' : 'missing' };
}

/** Looked at once: all nodes mostly go by the same files. */
function onceAFile<T>(one: (file: string, limits: Limits) => Promise<T>) {
  const looked = new Map<string, Promise<T>>();
  return (file: string, limits: Limits): Promise<T> => {
    const found = looked.get(file) ?? one(file, limits);
    looked.set(file, found);
    return found;
  };
}

const read = onceAFile(look);
const keyOf = onceAFile(lookAtKey);

async function isKnownIn(file: string, { hostname, port, hostKeyAlias }: SshSettings, limits: Limits) {
  // For another port than 22 ssh goes by the plain name where it has no better one (OpenSSH sshconnect.c, check_host_key).
  const plain = hostKeyAlias ?? hostname;
  const names = hostKeyAlias === null && port !== 22 ? [`[${hostname}]:${port}`, plain] : [plain];
  if ((await read(file, limits)).state !== 'read') return null;
  for (const name of names) {
    const ending = await runChild({ program: 'ssh-keygen', args: ['-F', name, '-f', file], input: null, ...limits });
    if (ending.kind === 'ended' && ending.code === 0) return file;
  }
  return null;
}

async function lookAtKey(file: string, limits: Limits): Promise<KeyFact> {
  // With an empty passphrase: one that has another, or is no key, cannot be read.
  const args = ['-y', '-P', '', '-f', file];
  const ending = await runChild({ program: 'ssh-keygen', args, input: null, ...limits });
  if (ending.kind !== 'ended') return { file, state: 'silent', publicKey: null };
  const [line = ''] = ending.code === 0 ? ending.stdout.split('\n') : [];
  if (line === '') return { file, state: stateBy(ending.stderr), publicKey: null };
  return { file, state: 'good', publicKey: writtenKey(await read(`${file}.pub`, limits), line) };
}

/** What keeps ssh-keygen from reading a key, in its own words. As ssh does, it minds the mode of a file of one's own. */
function stateBy(said: string): KeyFact['state'] {
  if (/ are too open\.$/m.test(said)) return 'open';
  if (/: Permission denied$/m.test(said)) return 'unreadable';
  return /: (?:No such file or directory|Not a directory)$/m.test(said) ? 'missing' : 'locked';
}

/** The line of the file beside the key, if it is the same key: it has the comment that tells people whose it is. */
function writtenKey({ text = '' }: Content, line: string): string {
  const written = text.split('\n')[0]?.trim() ?? '';
  const key = (whole: string) => whole.split(' ').slice(0, 2).join(' ');
  return key(written) === key(line) ? written : line;
}
