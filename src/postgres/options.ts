import { readFileSync } from 'node:fs';
import { failure, type Options, type Result, success, type Values } from '../plugin/index.ts';
import { accountName, inHome } from './account.ts';
import { readPassfile } from './passfile.ts';
import type { Access } from './session.ts';

/** How a session is asked for, with the letters of psql; for a plugin that asks a server. */
export const postgresOptions = {
  port: { short: 'p', value: 'PORT', help: 'port of the server', type: 'integer', min: 1, max: 65535, default: 9999 },
  username: { short: 'U', value: 'USER', help: 'role to log in as; otherwise PGUSER, or the name of the account' },
  dbname: { short: 'd', value: 'NAME', help: 'database to log in to', default: 'postgres' },
  credentials: {
    value: 'FILE',
    help: 'file with PGPASSWORD= and PCPPASSWORD= lines that others cannot read; else PGPASSWORD in the environment, PGPASSFILE, ~/.pgpass',
  },
  sslmode: {
    value: 'MODE',
    help: 'disable, prefer, require, verify-ca or verify-full, as psql means them',
    type: ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'],
    default: 'prefer',
  },
  sslrootcert: { value: 'FILE', help: 'certificates (PEM) of the CAs that verify-ca and verify-full trust' },
} as const satisfies Options;

type PostgresValues = Values<typeof postgresOptions>;

/** The usage error in a combination of these options; undefined when there is none. */
export function postgresTrouble({ sslmode, sslrootcert }: PostgresValues): string | undefined {
  const verifies = sslmode === 'verify-ca' || sslmode === 'verify-full';
  if (verifies && sslrootcert === undefined) return `--sslrootcert is required with --sslmode ${sslmode}`;
  if (!verifies && sslrootcert !== undefined)
    return `--sslrootcert is for verify-ca and verify-full: --sslmode ${sslmode} verifies nothing`;
  return undefined;
}

/**
 * The access that options, the environment and a credentials file's password give; `host` as the user gave it. The
 * password is looked for when the server asks for one: PGPASSWORD in the environment, the credentials file, then
 * PGPASSFILE or ~/.pgpass.
 */
export function accessOf(host: string, values: PostgresValues, filed: string | undefined): Result<Access> {
  const { port, dbname: database, sslmode, sslrootcert } = values;
  const user = values.username ?? (process.env['PGUSER'] || accountName());
  if (user === undefined) return failure('--username is required: this account has no name');
  const ca = sslrootcert === undefined ? success(undefined) : readCa(sslrootcert);
  if (!ca.ok) return ca;
  const password = () => findAny({ host, port, database, user }, filed);
  return success({ host, user, database, password, sslmode, ca: ca.value });
}

function findAny(
  wanted: Parameters<typeof readPassfile>[1],
  filed: string | undefined,
): ReturnType<Access['password']> {
  const given = process.env['PGPASSWORD'] || filed;
  if (given !== undefined) return given;
  const file = process.env['PGPASSFILE'] || inHome('.pgpass');
  const found = file === undefined ? { reason: 'there is no ~/.pgpass' } : readPassfile(file, wanted);
  if ('password' in found) return found.password;
  return {
    reason: `it asks for the password of ${wanted.user}, but none is available: no PGPASSWORD, and ${found.reason}`,
  };
}

function readCa(file: string): Result<string> {
  try {
    const text = readFileSync(file, 'utf8');
    return text.includes('-----BEGIN CERTIFICATE-----')
      ? success(text)
      : failure(`--sslrootcert: there is no certificate in ${file}`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return failure(`--sslrootcert: ${file} cannot be read (${code})`);
  }
}
