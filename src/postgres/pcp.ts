import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runChild } from '../node/index.ts';
import { failure, type Result, success } from '../plugin/index.ts';

/** How PCP is reached. Without a password, the pcp programs look it up in PCPPASSFILE or ~/.pcppass. */
export type PcpAccess = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
};

/** What a program wrote. Its exit code is of no use: it is 0 also for an error that came after the login. */
export type PcpOutput = { readonly stdout: string; readonly stderr: string };

/** Questions by PCP, for as long as one check. */
export type Pcp = {
  /**
   * Runs a program of package pgpool2 with these arguments after those that reach PCP; the reason where it gave
   * nothing.
   */
  ask(program: string, args: readonly string[], limits: Limits): Promise<Result<PcpOutput>>;
  /** Removes what was written. */
  close(): void;
};

/** How long a program may take, in milliseconds (it has no limit of its own), and what ends it at once. */
export type Limits = { readonly limitMs: number; readonly signal: AbortSignal };

/**
 * Prepares to ask by PCP. A given password goes into a file that only this user can read, since a program's
 * arguments show in the process list and the pcp programs take none from the environment.
 */
export function openPcp(access: PcpAccess): Result<Pcp> {
  const passfile = access.password === undefined ? success(undefined) : writePassfile(access.password);
  if (!passfile.ok) return passfile;
  const { value: file } = passfile;
  const close = () => {
    process.off('exit', close);
    if (file !== undefined) rmSync(path.dirname(file), { recursive: true, force: true });
  };
  // Also where the run ends early.
  process.on('exit', close);
  return success({ ask: (program, args, limits) => ask(access, file, { program, args, ...limits }), close });
}

function writePassfile(password: string): Result<string> {
  try {
    // Made with mode 700.
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'rackwatch-pcp-')), 'pcppass');
    writeFileSync(file, `*:*:*:${password.replace(/[\\:]/g, '\\$&')}\n`, { mode: 0o600, flag: 'wx' });
    return success(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return failure(`no file for the password of PCP can be written in ${tmpdir()} (${code})`);
  }
}

async function ask(
  { host, port, user }: PcpAccess,
  passfile: string | undefined,
  question: Limits & { readonly program: string; readonly args: readonly string[] },
): Promise<Result<PcpOutput>> {
  const { program, args, limitMs, signal } = question;
  const ending = await runChild({
    program,
    // -w: it must never ask for a password.
    args: ['-w', '-h', host, '-p', String(port), '-U', user, ...args],
    input: null,
    env: {
      // Debian has them in /usr/sbin, which may be missing from a daemon's PATH.
      PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`,
      ...(passfile === undefined ? {} : { PCPPASSFILE: passfile }),
    },
    ...{ limitMs, signal },
  });
  if (ending.kind === 'failed') return failure(ending.reason);
  if (ending.kind === 'late') return failure(`no answer from PCP within ${Math.round(limitMs / 100) / 10} s`);
  return success({ stdout: ending.stdout, stderr: ending.stderr });
}
