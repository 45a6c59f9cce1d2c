import { readFileSync, statSync } from 'node:fs';

/** What a password is looked up for. */
export type Wanted = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
};

/**
 * The password of a password file (PostgreSQL's documentation, "The Password File"): the first line
 * `host:port:database:user:password` that matches, where `*` matches everything and a backslash escapes a colon or a
 * backslash. Null where none matches. A Unix socket is known by its directory, and as `localhost`.
 */
export function findPassword(text: string, { host, port, database, user }: Wanted): string | null {
  const hosts = host.startsWith('/') ? [host, 'localhost'] : [host];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = [...line.matchAll(/((?:\\.|[^\\:])*)(:|$)/g)].map(([, field = '']) => field);
    const [first, second, third, fourth, password] = fields.map((field) => field.replace(/\\(.)/g, '$1'));
    const fits = (field: string | undefined, values: readonly string[]) =>
      field === '*' || (field !== undefined && values.includes(field));
    if (!fits(first, hosts) || !fits(second, [String(port)]) || !fits(third, [database])) continue;
    if (fits(fourth, [user]) && password !== undefined && password !== '') return password;
  }
  return null;
}

/**
 * Looks a password up in a file as libpq does: one that group or others can read is ignored, which is then the
 * reason. The reason quotes nothing of the file.
 */
export function readPassfile(
  file: string,
  wanted: Wanted,
): { readonly password: string } | { readonly reason: string } {
  try {
    const state = statSync(file);
    if (!state.isFile()) return { reason: `${file} is not a regular file` };
    if ((state.mode & 0o077) !== 0) return { reason: `${file} can be read by its group or others: chmod 600 ${file}` };
    const password = findPassword(readFileSync(file, 'utf8'), wanted);
    return password === null ? { reason: `no line of ${file} matches` } : { password };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return { reason: `${file} does not exist` };
    return { reason: code === 'EACCES' ? `${file} may not be read by this user` : `${file} cannot be read (${code})` };
  }
}
