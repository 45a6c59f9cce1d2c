import { resolve } from 'node:path';
import { now } from '../plugin/index.ts';
import { type Ending, runChild } from './child.ts';
import { noReply, type Reply, reply, seconds, unforeseen } from './reply.ts';
import { type Question, scriptArguments } from './script.ts';
import { type Sharing, unspentName } from './shared_socket.ts';
import type { Target } from './spec.ts';
import { ownSettings, withOwnSettings } from './ssh_own.ts';
import { askShared, type Tried, type Try } from './ssh_shared.ts';
import { sshStage } from './ssh_stage.ts';
import { sshTrouble } from './ssh_trouble.ts';

type SshTarget = Extract<Target, { readonly kind: 'ssh' }>;

/** What asking by ssh goes by: the same for all nodes of a run. */
export type SshRequest = Question & {
  readonly signal: AbortSignal;
  readonly sshConfig?: string | undefined;
  readonly sshIdentity?: string | undefined;
  readonly remoteCommand?: string | undefined;
  /** `Keyword=value` that count before all that is configured; from the program itself, never from its options. */
  readonly sshSettings?: readonly string[] | undefined;
  /** Connections stay open for later checks; without it every check logs in. */
  readonly sharing?: Sharing | undefined;
};

/**
 * Asks a node over ssh: sends the script to its `sh`, or runs the remote command instead, with nothing to read. Which
 * host, user, port, key or jump host is meant may be said in ssh's own configuration.
 */
export async function askSsh(target: SshTarget, request: SshRequest): Promise<Reply> {
  const { sharing, limitMs, signal, sshConfig, sshIdentity } = request;
  if (sharing === undefined) return (await runSsh(target, request, { args: [], limitMs, signal })).reply;
  const means = [
    ...[target.user, target.host, target.port, sharing.way],
    ...[sshConfig, sshIdentity].map((file) => file && absolute(file)),
  ];
  const name = unspentName(means, sharing, Date.now());
  const ask = (one: Try) =>
    runSsh(target, request, one).catch((error: unknown): Tried => ({ ending: null, reply: unforeseen(error) }));
  return askShared(ask, name, sharing, request);
}

async function runSsh(target: SshTarget, request: SshRequest, one: Try): Promise<Tried> {
  const { remoteCommand } = request;
  const input = remoteCommand === undefined ? (await import('#script')).snapshotScript : null;
  const until = now() + one.limitMs;
  const ending = await withOwnSettings(() =>
    runChild({
      program: 'ssh',
      args: [
        ...one.args,
        ...sshArguments(target, { ...request, limitMs: one.limitMs }),
        remoteCommand ?? ['sh', '-s', '--', ...scriptArguments({ ...request, limitMs: one.limitMs })].join(' '),
      ],
      input,
      env: neverPrompt,
      stage: sshStage,
      limitMs: Math.max(0, until - now()),
      signal: one.signal,
      silence: one.silence,
    }),
  );
  return { ending, reply: replyOf(ending, request.limitMs) };
}

function replyOf(ending: Ending, limitMs: number): Reply {
  if (ending.kind === 'failed') return noReply(ending.reason);
  if (ending.kind === 'ended') return reply(ending.stdout, sshTrouble(ending));
  const stage = ending.stdout === '' ? ending.stage : 'in the middle of the answer';
  // The answer may be whole: ssh waits for anything that was left running on the node and holds its output.
  return { text: ending.stdout, explain: () => `no answer within ${seconds(limitMs)} (${stage})` };
}

/** BatchMode does not reach the ssh of a jump host, which would ask for a password on the terminal. */
const neverPrompt = { SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' };

/** The arguments of ssh up to the host, which stands last. `own` are those of `ownSettings`. */
export function sshArguments(
  { host, user, port }: SshTarget,
  request: SshRequest,
  own: readonly string[] = ownSettings(),
): readonly string[] {
  const { limitMs, sshConfig, sshIdentity, sshSettings = [] } = request;
  const usual = ['BatchMode=yes', `ConnectTimeout=${connectTime(limitMs)}`, 'LogLevel=ERROR', ...own];
  const settings = [...usual, ...sshSettings];
  return [
    '-T',
    ...settings.flatMap((one) => ['-o', one]),
    ...(sshConfig === undefined ? [] : ['-F', sshConfig === 'none' ? sshConfig : absolute(sshConfig)]),
    ...(sshIdentity === undefined ? [] : ['-i', absolute(sshIdentity)]),
    ...(port === null ? [] : ['-p', String(port)]),
    '--',
    user === null ? host : `${user}@${host}`,
  ];
}

/** In seconds. Below the limit, so that ssh itself says what it was waiting for. */
function connectTime(limitMs: number): number {
  return Math.max(1, Math.floor(limitMs / 1000 - 0.5));
}

/** Children run in `/`. A `~` is ssh's to read. */
function absolute(file: string): string {
  return file.startsWith('~') ? file : resolve(file);
}
