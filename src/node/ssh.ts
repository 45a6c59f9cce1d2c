import path from 'node:path';
import { failure, type Result, success } from '../plugin/index.ts';
import type { Request } from './ask.ts';
import { runChild } from './child.ts';
import { linesOf, said, unsaid } from './reason.ts';
import { scriptArguments } from './script.ts';
import type { Target } from './spec.ts';

type SshTarget = Extract<Target, { readonly kind: 'ssh' }>;

/** Asks a node over ssh: the script goes to its `sh`, or the remote command is run. */
export async function askSsh(target: SshTarget, request: Request): Promise<Result<string>> {
  const { remoteCommand } = request;
  const command = remoteCommand ?? ['sh', '-s', '--', ...scriptArguments(request)].join(' ');
  const input = remoteCommand === undefined ? SNAPSHOT_SCRIPT : null;
  const ending = await runChild('ssh', [...sshArguments(target, request), command], input, request);
  if (ending.kind === 'failed') return failure(ending.reason);
  if (ending.kind === 'late') return failure(`${ending.reason} (waiting for the answer)`);
  const { code, signal, stdout, stderr } = ending;
  if (signal !== null) return failure(`ssh was killed by ${signal}`);
  if (code === 0 || !unsaid(stdout)) return success(stdout);
  if (code === 255) return failure(`ssh${said(stderr)}`.replace(/\.$/, ''));
  if (linesOf(stderr).some((line) => /password is required/.test(line))) return failure('sudo wants a password');
  return failure(`the remote command ended with ${code}${said(stderr)}`);
}

function sshArguments({ host, user, port }: SshTarget, request: Request): readonly string[] {
  const { limitMs, sshConfig, sshIdentity } = request;
  // Below the limit, so that ssh itself says what it waited for.
  const connect = Math.max(1, Math.floor(limitMs / 1000 - 0.5));
  return [
    '-T',
    ...['BatchMode=yes', `ConnectTimeout=${connect}`, 'LogLevel=ERROR'].flatMap((option) => ['-o', option]),
    ...(sshConfig === undefined ? [] : ['-F', path.resolve(sshConfig)]),
    ...(sshIdentity === undefined ? [] : ['-i', path.resolve(sshIdentity)]),
    ...(port === null ? [] : ['-p', String(port)]),
    '--',
    user === null ? host : `${user}@${host}`,
  ];
}
