import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { failure, type Result, success } from './result.ts';

/** More than any such file needs. */
const longest = 65_536;

/**
 * Reads a file of `NAME=value` lines. `names` has the names that may appear, and what each is called in the result.
 * It must be a regular file that nobody but its owner and group can read, and nobody but its owner can write. No reason
 * quotes what is in it. With `ownerAlone`, its group cannot read it either.
 */
export function readSecrets<Key extends string>(
  path: string,
  names: Readonly<Record<string, Key>>,
  { ownerAlone = false }: { readonly ownerAlone?: boolean } = {},
): Result<{ readonly [K in Key]?: string }> {
  try {
    // A plain open would wait at a FIFO until somebody writes.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { mode, size } = fstatSync(file);
      const isRegular = (mode & constants.S_IFMT) === constants.S_IFREG;
      if (!isRegular || size > longest) return failure(`${path} is not a regular file of a reasonable size`);
      if (ownerAlone && (mode & 0o077) !== 0)
        return failure(`${path} can be read or changed by its group or by others: chmod 600 ${path}`);
      if ((mode & 0o007) !== 0) return failure(`${path} can be read or changed by others: chmod 640 ${path}`);
      if ((mode & 0o020) !== 0) return failure(`${path} can be changed by its group: chmod 640 ${path}`);
      return parseSecrets(readFileSync(file, 'utf8'), path, names);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return failure(`${path} does not exist`);
    return failure(code === 'EACCES' ? `${path} may not be read by this user` : `${path} cannot be read (${code})`);
  }
}

/**
 * Reads the lines: everything after the first `=` is the value as it is; blank lines and lines beginning with `#` are
 * ignored.
 */
function parseSecrets<Key extends string>(
  text: string,
  path: string,
  names: Readonly<Record<string, Key>>,
): Result<{ readonly [K in Key]?: string }> {
  const secrets: { [K in Key]?: string } = {};
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
