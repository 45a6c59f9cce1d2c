import { parseSnapshot, type Snapshot } from '../snapshot/index.ts';
import { readSnapshotFile } from './file.ts';
import { askLocal } from './local.ts';
import { askNrpe, type NrpeRequest } from './nrpe.ts';
import { type Reply, unforeseen } from './reply.ts';
import { type Shared, sharingOf } from './sharing.ts';
import type { NodeSpec } from './spec.ts';
import { askSsh } from './ssh.ts';

/** What is asked of the nodes, and how long they may take. */
export type Request = Omit<NrpeRequest, 'signal'> & {
  /** The VIPs whose facts are wanted; without any a node reports every one it finds. */
  readonly vips?: readonly string[];
  /** Targets whose route is wanted. */
  readonly routes?: readonly string[];
  /** Only what every user may read: addresses, interfaces, groups and routes. Ways that pass no arguments give all. */
  readonly addressesOnly?: boolean;
  /** After so many milliseconds a node has given no answer. */
  readonly limitMs: number;
  /**
   * Returns the signal that ends every child at once; a node without an answer by then is not reached. Called only
   * where there is a child: making it takes longer than reading a file.
   */
  readonly signal: () => AbortSignal;
  /** A file for `ssh -F`. */
  readonly sshConfig?: string | undefined;
  /** A file for `ssh -i`. */
  readonly sshIdentity?: string | undefined;
  /** `Keyword=value` for ssh that count before all that is configured. */
  readonly sshSettings?: readonly string[] | undefined;
  /** One connection for each ssh node stays open for so many seconds after its last use, for later checks. */
  readonly sshShared?: number | undefined;
  /** Run over ssh instead of the script that is sent along; gets no arguments and nothing to read. */
  readonly remoteCommand?: string | undefined;
};

/** The outcome of asking a node: its snapshot, or why there is none (a fragment without a full stop). */
export type Answer = {
  readonly name: string;
  readonly spec: NodeSpec;
  readonly milliseconds: number;
  /** What it said, be it a snapshot or not; empty where it said nothing. */
  readonly text: string;
  /** How a shared connection to it fared, as a fragment; nothing where there was none. */
  readonly connection?: string | undefined;
  /** Why its connection is not shared although that was asked for, as a fragment. */
  readonly unshared?: string | undefined;
} & ({ readonly reached: true; readonly snapshot: Snapshot } | { readonly reached: false; readonly reason: string });

/**
 * Asks all nodes at once and gives their answers in the order of the nodes, at the latest a moment after the limit.
 * Never rejects. A node that is slow or dead delays nobody else's answer beyond the limit, and when this is over, no
 * process that it has started is left.
 */
export function askNodes(specs: readonly NodeSpec[], request: Request): Promise<readonly Answer[]> {
  const byShared = request.sshShared !== undefined && specs.some(({ target }) => target.kind === 'ssh');
  if (byShared)
    return sharingOf(request.sshShared, request).then(({ limitMs, ...shared }) =>
      askAll(specs, { ...request, limitMs }, shared),
    );
  return askAll(specs, request, {});
}

function askAll(specs: readonly NodeSpec[], request: Request, shared: Shared): Promise<readonly Answer[]> {
  return Promise.all(specs.map((spec) => askNode(spec, request, shared)));
}

async function askNode(spec: NodeSpec, request: Request, { sharing, unshared }: Shared): Promise<Answer> {
  const start = process.uptime();
  const reply = await replyOf(spec, request, sharing).catch(unforeseen);
  const milliseconds = Math.round((process.uptime() - start) * 1000);
  const { text, connection } = reply;
  const common = {
    ...{ name: spec.name, spec, milliseconds, text, connection },
    unshared: reply.unshared ?? (spec.target.kind === 'ssh' ? unshared : undefined),
  };
  const snapshot = parseSnapshot(text);
  return snapshot.ok
    ? { ...common, reached: true, snapshot: snapshot.value }
    : { ...common, reached: false, reason: reply.explain(snapshot.reason) };
}

async function replyOf({ target }: NodeSpec, request: Request, sharing: Shared['sharing']): Promise<Reply> {
  if (target.kind === 'file') return readSnapshotFile(target.path, request.limitMs);
  const asked = { ...request, signal: request.signal() };
  if (target.kind === 'local') return askLocal(asked);
  return target.kind === 'ssh' ? askSsh(target, { ...asked, sharing }) : askNrpe(target, asked);
}
