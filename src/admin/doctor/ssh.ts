import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { KeyFact, SshFacts } from '../../doctor/index.ts';
import { runChild, type SshSettings } from '../../node/index.ts';
import type { Limits } from './place.ts';

/** What ssh would show and go by here: known host keys, key files. `identity` is the file of `--ssh-identity`. */
export async function lookAtSsh(
  settings: SshSettings,
  identity: string | undefined,
  home: string,
  limits: Limits,
): Promise<Pick<SshFacts, 'knownIn' | 'unreadable' | 'keys' | 'globalKnownHosts' | 'userKnownHosts'>> {
  const expand = (file: string) => file.replace(/^~(?=\/)/, home).replaceAll('%d', home);
  const globalKnownHosts = settings.globalKnownHosts.map(expand);
  const userKnownHosts = settings.userKnownHosts.map(expand);
  // ssh leaves a file that is not there out of its list.
  const given = identity === undefined ? [] : [identity.startsWith('~') ? identity : path.resolve(identity)];
  const files = [...new Set([...given, ...settings.identityFiles].map(expand))];
  const [known, keys] = await Promise.all([
    Promise.all([...globalKnownHosts, ...userKnownHosts].map((file) => isKnownIn(file, settings, limits))),
    // A token that only ssh can fill stands for no file here.
    Promise.all(files.filter((file) => !file.includes('%') && file !== 'none').map((file) => keyOf(file, limits))),
  ]);
  const unreadable = [...globalKnownHosts, ...userKnownHosts].filter(isClosed);
  return { ...{ globalKnownHosts, userKnownHosts, unreadable, keys }, knownIn: known.flatMap((file) => file ?? []) };
}

/** Whether a file is there and not to be read by this account. */
function isClosed(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES';
  }
}

async function isKnownIn(file: string, { hostname, port, hostKeyAlias }: SshSettings, limits: Limits) {
  // For another port than 22 ssh goes by the plain name where it has no better one (OpenSSH sshconnect.c, check_host_key).
  const plain = hostKeyAlias ?? hostname;
  const names = hostKeyAlias === null && port !== 22 ? [`[${hostname}]:${port}`, plain] : [plain];
  if (!existsSync(file)) return null;
  for (const name of names) {
    const ending = await runChild({ program: 'ssh-keygen', args: ['-F', name, '-f', file], input: null, ...limits });
    if (ending.kind === 'ended' && ending.code === 0) return file;
  }
  return null;
}

const looked = new Map<string, Promise<KeyFact>>();

/** Looked at once: all nodes mostly go by the same files. */
function keyOf(file: string, limits: Limits): Promise<KeyFact> {
  const known = looked.get(file) ?? lookAtKey(file, limits);
  looked.set(file, known);
  return known;
}

async function lookAtKey(file: string, limits: Limits): Promise<KeyFact> {
  const state = stateOf(file);
  if (state !== 'good') return { file, state, publicKey: null };
  // With an empty passphrase: one that has another, or is no key, cannot be read.
  const args = ['-y', '-P', '', '-f', file];
  const ending = await runChild({ program: 'ssh-keygen', args, input: null, ...limits });
  const [line = ''] = ending.kind === 'ended' && ending.code === 0 ? ending.stdout.split('\n') : [];
  if (line === '') return { file, state: 'locked', publicKey: null };
  return { file, state, publicKey: writtenKey(`${file}.pub`, line) };
}

function stateOf(file: string): KeyFact['state'] {
  try {
    const { mode, uid } = statSync(file);
    readFileSync(file);
    // OpenSSH's sshkey_perm_ok: modes count for the owner alone.
    return uid === process.geteuid?.() && (mode & 0o077) !== 0 ? 'open' : 'good';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES' ? 'unreadable' : 'missing';
  }
}

/** The line of the file beside the key, if it is the same key: it has the comment that tells people whose it is. */
function writtenKey(file: string, line: string): string {
  try {
    const written = readFileSync(file, 'utf8').split('\n')[0]?.trim() ?? '';
    const key = (text: string) => text.split(' ').slice(0, 2).join(' ');
    return key(written) === key(line) ? written : line;
  } catch {
    return line;
  }
}
