import path from 'node:path';
import { runChild } from './child.ts';
import { noReply, type Reply, reply, seconds } from './reply.ts';
import { type Question, scriptArguments, snapshotScript } from './script.ts';
import type { Target } from './spec.ts';
import { sshStage } from './ssh_stage.ts';
import { sshTrouble } from './ssh_trouble.ts';

type SshTarget = Extract<Target, { readonly kind: 'ssh' }>;

type SshRequest = Question & {
  readonly signal: AbortSignal;
  readonly sshConfig?: string | undefined;
  readonly sshIdentity?: string | undefined;
  readonly remoteCommand?: string | undefined;
};

/**
 * Asks a node over ssh: sends the script to its `sh`, or runs the remote command instead, with nothing to read. Which
 * host, user, port, key or jump host is meant may be said in ssh's own configuration.
 */
export async function askSsh(target: SshTarget, request: SshRequest): Promise<Reply> {
  const { remoteCommand, limitMs } = request;
  const ending = await runChild({
    program: 'ssh',
    args: [
      ...sshArguments(target, request),
      remoteCommand ?? ['sh', '-s', '--', ...scriptArguments(request)].join(' '),
    ],
    input: remoteCommand === undefined ? snapshotScript : null,
    env: neverPrompt,
    stage: sshStage,
    ...request,
  });
  if (ending.kind === 'failed') return noReply(ending.reason);
  if (ending.kind === 'ended') return reply(ending.stdout, sshTrouble(ending));
  const stage = ending.stdout === '' ? ending.stage : 'in the middle of the answer';
  // The answer may be whole: ssh waits for anything that was left running on the node and holds its output.
  return { text: ending.stdout, explain: () => `no answer within ${seconds(limitMs)} (${stage})` };
}

/** BatchMode does not reach the ssh of a jump host, which would ask for a password on the terminal. */
const neverPrompt = { SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' };

function sshArguments({ host, user, port }: SshTarget, request: SshRequest): readonly string[] {
  const { limitMs, sshConfig, sshIdentity } = request;
  // Below the limit, so that ssh itself says what it was waiting for.
  const connect = Math.max(1, Math.floor(limitMs / 1000 - 0.5));
  return [
    '-T',
    ...['BatchMode=yes', `ConnectTimeout=${connect}`, 'LogLevel=ERROR'].flatMap((option) => ['-o', option]),
    ...(sshConfig === undefined ? [] : ['-F', sshConfig === 'none' ? sshConfig : absolute(sshConfig)]),
    ...(sshIdentity === undefined ? [] : ['-i', absolute(sshIdentity)]),
    ...(port === null ? [] : ['-p', String(port)]),
    '--',
    user === null ? host : `${user}@${host}`,
  ];
}

/** Children run in `/`. A `~` is ssh's to read. */
function absolute(file: string): string {
  return file.startsWith('~') ? file : path.resolve(file);
}
