import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { failure, type Result, success } from '../plugin/index.ts';

/** What a credentials file can hold. */
export type Secrets = {
  readonly community?: string;
  readonly authPassword?: string;
  readonly privPassword?: string;
};

const names: Readonly<Record<string, keyof Secrets>> = {
  SNMP_COMMUNITY: 'community',
  SNMP_AUTH_PASSWORD: 'authPassword',
  SNMP_PRIV_PASSWORD: 'privPassword',
};

/** More than any such file needs. */
const longest = 65_536;

/**
 * Reads a file of `NAME=value` lines, the names being those of the environment variables. It must be a regular file that
 * nobody but its owner and group can read, and nobody but its owner can write. No reason quotes what is in it.
 */
export function readCredentials(path: string): Result<Secrets> {
  try {
    // A plain open would wait at a FIFO until somebody writes.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { mode, size } = fstatSync(file);
      const isRegular = (mode & constants.S_IFMT) === constants.S_IFREG;
      if (!isRegular || size > longest) return failure(`${path} is not a regular file of a reasonable size`);
      if ((mode & 0o007) !== 0) return failure(`${path} can be read or changed by others: chmod 640 ${path}`);
      if ((mode & 0o020) !== 0) return failure(`${path} can be changed by its group: chmod 640 ${path}`);
      return parseCredentials(readFileSync(file, 'utf8'), path);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return failure(`${path} does not exist`);
    return failure(code === 'EACCES' ? `${path} may not be read by this user` : `${path} cannot be read (${code})`);
  }
}

/** Reads the lines: what stands behind the first `=` is the value as it is; blank lines and those with `#` first are none. */
export function parseCredentials(text: string, path: string): Result<Secrets> {
  const secrets: { -readonly [Name in keyof Secrets]: string } = {};
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name = '', value = ''] = /^\s*([A-Z_]+)=(.*)$/.exec(line) ?? [];
    const key = names[name];
    if (key === undefined)
      return failure(`${path}, line ${i + 1}: not NAME=value with one of ${Object.keys(names).join(', ')}`);
    if (value === '') return failure(`${path}, line ${i + 1}: ${name} is empty`);
    if (secrets[key] !== undefined) return failure(`${path}, line ${i + 1}: ${name} appears twice`);
    secrets[key] = value;
  }
  return success(secrets);
}
