import { execFileSync } from 'node:child_process';
import { type Answer, askNodes, parseNodeSpec, type Request } from '../../../src/node/index.ts';
import { type Mark, marked } from '../../node/marked.ts';
import { vip } from '../../snapshot_text.ts';
import type { Lab } from './lab.ts';

type Reached = Extract<Answer, { readonly reached: true }>;

/** Asks nodes as the plugin would, with the lab's configuration and the key that opens every account. */
export function ask(lab: Lab, nodes: readonly string[], over: Partial<Request> = {}): Promise<readonly Answer[]> {
  const specs = nodes.map((text) => {
    const spec = parseNodeSpec(text);
    if (!spec.ok) throw new Error(spec.reason);
    return spec.value;
  });
  return askNodes(specs, {
    vips: [vip],
    limitMs: 30_000,
    signal: () => new AbortController().signal,
    sshConfig: lab.file('ssh_config'),
    sshIdentity: lab.file('id'),
    ...over,
  });
}

/** The answer of one node; throws its reason when there is none. */
export async function answerOf(lab: Lab, node: string, over: Partial<Request> = {}): Promise<Reached> {
  const [answer] = await ask(lab, [node], over);
  if (!answer?.reached) throw new Error(answer?.reason);
  return answer;
}

/** Why a node gave no answer; throws when it gave one. */
export async function reasonOf(lab: Lab, node: string, over: Partial<Request> = {}): Promise<string> {
  const [answer] = await ask(lab, [node], over);
  if (answer === undefined || answer.reached) throw new Error('the node was reached');
  return answer.reason;
}

/** Ends the master that ssh has left for the host `shared`, and waits until it is gone. */
export async function endShared(lab: Lab, mark: Mark): Promise<void> {
  execFileSync('ssh', ['-F', lab.file('ssh_config'), '-O', 'exit', 'shared'], { stdio: 'pipe' });
  for (let tries = 0; tries < 200 && marked(mark).length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
