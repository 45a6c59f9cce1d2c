import { accessSync, constants } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { failure, type Result, success } from '../plugin/index.ts';
import { runChild } from './child.ts';
import { nrpeStage } from './nrpe_stage.ts';
import { nrpeTrouble } from './nrpe_trouble.ts';
import { noReply, type Reply, seconds } from './reply.ts';
import type { Target } from './spec.ts';

type NrpeTarget = Extract<Target, { readonly kind: 'nrpe' }>;

/** How `check_nrpe` is called: the same for all nodes of a run. */
export type NrpeRequest = {
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** The program; without it, the first one found where distributions put it. */
  readonly checkNrpe?: string | undefined;
  /** Speak without SSL, as the daemons then must (`nrpe -n`). */
  readonly nrpeNoSsl?: boolean | undefined;
  /** PEM file of the authority that must have signed the daemon's certificate. */
  readonly nrpeCa?: string | undefined;
  /** PEM file of the certificate shown to the daemon. */
  readonly nrpeCert?: string | undefined;
  /** PEM file of that certificate's key. */
  readonly nrpeKey?: string | undefined;
};

/**
 * Asks a node's NRPE daemon for a command, by `check_nrpe`. NRPE passes no arguments, so the node reports every VIP it
 * has, and routes only where its own command line names them.
 */
export async function askNrpe(target: NrpeTarget, request: NrpeRequest): Promise<Reply> {
  const { limitMs, signal } = request;
  const program = programOf(request);
  if (program === null) return noReply(notInstalled());
  const args = [...nrpeArguments(target, request), '-c', target.command];
  const ending = await runChild({ program, args, input: null, limitMs, signal, stage: nrpeStage });
  if (ending.kind === 'failed') return noReply(ending.reason);
  if (ending.kind === 'late') return noReply(`no answer within ${seconds(limitMs)} (${ending.stage})`);
  const { nrpeNoSsl, nrpeCa, nrpeCert } = request;
  const ways = { ssl: nrpeNoSsl !== true, ca: nrpeCa !== undefined, certificate: nrpeCert !== undefined };
  return { text: ending.stdout, explain: (why) => nrpeTrouble(ending, { command: target.command, ...ways }, why) };
}

/**
 * `check_nrpe` takes an anonymous connection even where it is given an authority (seen with 4.1.0): a daemon that shows
 * no certificate at all would pass. Allowing only ciphers that need a certificate prevents that.
 */
const provenCiphers = 'ALL:!aNULL:!eNULL:!MD5:@STRENGTH';

function nrpeArguments({ host, port }: NrpeTarget, request: NrpeRequest): readonly string[] {
  const { limitMs, nrpeNoSsl, nrpeCa, nrpeCert, nrpeKey } = request;
  // Above the limit: it is ended at the limit, where it can be seen what it was waiting for.
  const backstop = Math.ceil(limitMs / 1000) + 1;
  const given = (option: string, file: string | undefined) => (file === undefined ? [] : [option, resolve(file)]);
  return [
    ...['-H', host, '-p', String(port ?? 5666), '-t', `${backstop}:UNKNOWN`, '-u'],
    ...(nrpeNoSsl ? ['-n'] : []),
    ...(nrpeCa === undefined ? [] : [...given('-A', nrpeCa), '-L', provenCiphers]),
    ...given('-C', nrpeCert),
    ...given('-K', nrpeKey),
  ];
}

function programOf({ checkNrpe }: NrpeRequest): string | null {
  return checkNrpe === undefined ? findCheckNrpe() : resolve(checkNrpe);
}

function notInstalled(): string {
  return `check_nrpe is not installed (looked in ${folders().join(', ')}; give its path with --check-nrpe)`;
}

/** What an NRPE daemon calls itself, such as `NRPE v4.1.0`, or why it does not (a fragment without a dot). */
export async function nrpeVersion(target: NrpeTarget, request: NrpeRequest): Promise<Result<string>> {
  const { limitMs, signal, nrpeNoSsl, nrpeCa, nrpeCert } = request;
  const program = programOf(request);
  if (program === null) return failure(notInstalled());
  // Without a command check_nrpe asks for the version, which a daemon says even where it has no command at all.
  const args = nrpeArguments(target, request);
  const ending = await runChild({ program, args, input: null, limitMs, signal, stage: nrpeStage });
  if (ending.kind === 'failed') return failure(ending.reason);
  if (ending.kind === 'late') return failure(`no answer within ${seconds(limitMs)} (${ending.stage})`);
  const version = /^NRPE v\S+/m.exec(ending.stdout)?.[0];
  if (version !== undefined) return success(version);
  const ways = { ssl: nrpeNoSsl !== true, ca: nrpeCa !== undefined, certificate: nrpeCert !== undefined };
  return failure(nrpeTrouble(ending, { command: target.command, ...ways }, 'no version in the answer'));
}

/** Beside this plugin, then where Debian, RHEL, SUSE and a build by hand put it. */
function folders(): readonly string[] {
  const own = dirname(process.argv[1] ?? '/');
  const known = ['/usr/lib/nagios/plugins', '/usr/lib64/nagios/plugins', '/usr/local/nagios/libexec'];
  const found = (process.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  return [...new Set([own, ...known, ...found])];
}

function findCheckNrpe(): string | null {
  return (
    folders()
      .map((folder) => join(folder, 'check_nrpe'))
      .find(runnable) ?? null
  );
}

function runnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
