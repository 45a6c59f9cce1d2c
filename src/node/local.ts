import { runChild } from './child.ts';
import { linesOf, noReply, type Reply, reply, seconds } from './reply.ts';
import { type Question, scriptArguments } from './script.ts';

/** Runs the snapshot script on this host, as the user who asks. */
export async function askLocal(request: Question & { readonly signal: AbortSignal }): Promise<Reply> {
  const { snapshotScript } = await import('#script');
  const ending = await runChild({
    program: '/bin/sh',
    args: ['-s', '--', ...scriptArguments(request)],
    input: snapshotScript,
    ...request,
  });
  if (ending.kind === 'failed') return noReply(ending.reason);
  const { stdout } = ending;
  if (ending.kind === 'late') {
    const late = `no answer within ${seconds(request.limitMs)} (waiting for the answer)`;
    // Complete all the same, if something else kept the script from ending.
    return { text: stdout, explain: () => late };
  }
  const last = linesOf(ending.stderr).at(-1);
  const words = last === undefined ? '' : `: ${last}`;
  if (ending.signal !== null) return reply(stdout, `sh was killed by ${ending.signal}${words}`);
  if (ending.code !== 0) return reply(stdout, `sh ended with ${ending.code}${words}`);
  return reply(stdout, last === undefined ? null : `empty answer${words}`);
}
