import { parseSnapshot, type Snapshot } from '../snapshot/index.ts';
import { isShortage, tooFewFiles } from './descriptors.ts';
import { readSnapshotFile } from './file.ts';
import { askLocal } from './local.ts';
import { askNrpe, type NrpeRequest } from './nrpe.ts';
import { noReply, type Reply } from './reply.ts';
import type { NodeSpec } from './spec.ts';
import { askSsh } from './ssh.ts';

/** What is asked of the nodes, and how long they may take. */
export type Request = Omit<NrpeRequest, 'signal'> & {
  /** The VIP whose facts are wanted; without it a node reports every one it finds. */
  readonly vip?: string;
  /** Targets whose route is wanted. */
  readonly routes?: readonly string[];
  /** Only what every user may read: addresses, interfaces, groups and routes. Ways that pass no arguments give all. */
  readonly addressesOnly?: boolean;
  /** After so many milliseconds a node has given no answer. */
  readonly limitMs: number;
  /**
   * Gives what is aborted to end every child at once; a node without an answer by then is not reached. Asked for only
   * where there is a child: making it takes longer than to read a file.
   */
  readonly signal: () => AbortSignal;
  /** A file for `ssh -F`. */
  readonly sshConfig?: string | undefined;
  /** A file for `ssh -i`. */
  readonly sshIdentity?: string | undefined;
  /** Run over ssh in place of the script that is sent along; gets no arguments and nothing to read. */
  readonly remoteCommand?: string | undefined;
};

/** What came of asking a node: its snapshot, or why there is none (a fragment without a dot). */
export type Answer = {
  readonly name: string;
  readonly spec: NodeSpec;
  readonly milliseconds: number;
  /** What it said, be it a snapshot or not; empty where it said nothing. */
  readonly text: string;
} & ({ readonly reached: true; readonly snapshot: Snapshot } | { readonly reached: false; readonly reason: string });

/**
 * Asks all nodes at once and gives their answers in the order of the nodes, at the latest a moment after the limit.
 * Never rejects. A node that is slow or dead delays nobody else's answer beyond the limit, and when this is over, no
 * process that it has started is left.
 */
export function askNodes(specs: readonly NodeSpec[], request: Request): Promise<readonly Answer[]> {
  return Promise.all(specs.map((spec) => askNode(spec, request)));
}

async function askNode(spec: NodeSpec, request: Request): Promise<Answer> {
  const start = process.uptime();
  const { text, explain } = await replyOf(spec, request).catch(unforeseen);
  const milliseconds = Math.round((process.uptime() - start) * 1000);
  const snapshot = parseSnapshot(text);
  return snapshot.ok
    ? { name: spec.name, spec, milliseconds, reached: true, snapshot: snapshot.value, text }
    : { name: spec.name, spec, milliseconds, text, reached: false, reason: explain(snapshot.reason) };
}

async function replyOf({ target }: NodeSpec, request: Request): Promise<Reply> {
  if (target.kind === 'file') return readSnapshotFile(target.path, request.limitMs);
  const asked = { ...request, signal: request.signal() };
  if (target.kind === 'local') return askLocal(asked);
  return target.kind === 'ssh' ? askSsh(target, asked) : askNrpe(target, asked);
}

/** One node's accident is that node's reason: the answers of the others stand. */
function unforeseen(error: unknown): Reply {
  if (isShortage(error)) return noReply(`cannot be asked: ${tooFewFiles}`);
  return noReply(`cannot be asked: ${error instanceof Error ? error.message : String(error)}`);
}
