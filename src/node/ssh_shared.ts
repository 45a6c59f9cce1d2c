import { now } from '../plugin/index.ts';
import { parseSnapshot } from '../snapshot/index.ts';
import type { Ending, Silence } from './child.ts';
import { linesOf, type Reply, seconds } from './reply.ts';
import {
  isThere,
  openSockets,
  type Sharing,
  type Socket,
  sharingArguments,
  takeAway,
  unsharedArguments,
} from './shared_socket.ts';

/** One ssh: what it is given beside the arguments that every one has, and when it is ended. */
export type Try = {
  readonly args: readonly string[];
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly silence?: Silence | undefined;
};

/** What one ssh came to; no ending where it could not even be tried. */
export type Tried = { readonly ending: Ending | null; readonly reply: Reply };

/** How long an open connection may be silent before the node is asked beside it, as a share of the limit. */
const patience = 1 / 3;

/**
 * Asks a node over the connection that earlier checks have left open, or begins one. Where an open connection breaks, or
 * brings nothing for a third of the limit (its process may hang, and ssh would wait for that for ever), the node is asked
 * anew without it, within the same limit; the first whole answer counts. The silent connection is not waited for, as a
 * slow node may yet answer by it; it loses its socket, so that the next check is not slowed.
 *
 * @param ask runs one ssh; never rejects
 * @param name as by `socketName`
 */
export async function askShared(
  ask: (one: Try) => Promise<Tried>,
  name: string,
  sharing: Sharing,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Reply> {
  const deadline = now() + limitMs;
  const open = openSockets(sharing.folder, name);
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const anew = () => ask({ args: unsharedArguments, limitMs: Math.max(0, deadline - now()), signal: either });
  let fellSilent = () => {};
  const silence = new Promise<null>((resolve) => {
    fellSilent = () => resolve(null);
  });
  const first = ask({
    ...{ args: sharingArguments(sharing, name), limitMs, signal: either },
    silence: open.length === 0 ? undefined : { afterMs: limitMs * patience, call: fellSilent },
  });
  const early = await Promise.race([first, silence]);
  if (early !== null) {
    const why = brokenBy(early, open.length > 0);
    if (why === null) return withConnection(early, open);
    takeAway(open);
    return { ...(await anew()).reply, ...why };
  }
  const second = anew();
  const winner = await firstWhole([first, second]);
  over.abort();
  const [one, other] = await Promise.all([first, second]);
  if (winner === one) return withConnection(one, open);
  takeAway(open);
  // Half an answer says more than none.
  const reply = winner === null && other.reply.text === '' && one.reply.text !== '' ? one.reply : other.reply;
  return {
    ...reply,
    connection: `asked anew, as the open connection was silent for ${seconds(limitMs * patience)}`,
  };
}

/**
 * Where nobody listened any more, ssh has taken the socket away and begun another connection; where the open one had no
 * session left to give, it has logged in beside it, and says so.
 */
function withConnection({ ending, reply }: Tried, open: readonly Socket[]): Reply {
  const beside = ending?.kind === 'ended' && /^ControlSocket .* disabling multiplexing/m.test(ending.stderr);
  return open.some(isThere) && !beside ? { ...reply, connection: 'over an open connection' } : reply;
}

/** The first that brings a whole snapshot; null when all have ended without one. */
function firstWhole(all: readonly Promise<Tried>[]): Promise<Tried | null> {
  return new Promise((resolve) => {
    for (const one of all) one.then((tried) => isWhole(tried) && resolve(tried));
    Promise.all(all).then(() => resolve(null));
  });
}

function isWhole({ reply }: Tried): boolean {
  return parseSnapshot(reply.text).ok;
}

/**
 * What is to be said of an answer that sharing has spoilt; null where it has not. ssh ends with 255 when a connection
 * breaks, and also when it cannot make its socket, which it says (OpenSSH mux.c and misc.c).
 */
function brokenBy(tried: Tried, wasOpen: boolean): Pick<Reply, 'connection' | 'unshared'> | null {
  const { ending } = tried;
  if (ending?.kind !== 'ended' || isWhole(tried)) return null;
  if (ending.code !== 255 && ending.signal === null) return null;
  const socketless = linesOf(ending.stderr).find((line) => /^(?:unix_listener|muxserver_listen)/.test(line));
  if (socketless !== undefined) return { unshared: `ssh cannot make its socket: ${socketless}` };
  const multiplexing = /^(?:mux|control_persist|Failed to connect to new control master)/m.test(ending.stderr);
  return wasOpen || multiplexing ? { connection: 'asked anew, as the open connection broke' } : null;
}
