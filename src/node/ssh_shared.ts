import { now } from '../plugin/index.ts';
import { oncePer, parseSnapshot } from '../snapshot/index.ts';
import type { Ending, Silence } from './child.ts';
import { linesOf, type Reply, seconds } from './reply.ts';
import { endMasters, endOldMasters } from './shared_master.ts';
import {
  isThere,
  openSockets,
  type Sharing,
  type Socket,
  sharingArguments,
  takeAway,
  unsharedArguments,
} from './shared_socket.ts';
import { aftermath } from './ssh_trouble.ts';

/** One ssh: what it is given beside the arguments that every one has, and when it is ended. */
export type Try = {
  readonly args: readonly string[];
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly silence?: Silence | undefined;
};

/** What one ssh came to; no ending where it could not even be tried. */
export type Tried = { readonly ending: Ending | null; readonly reply: Reply };

/** How long a connection may be silent before the node is asked beside it, as a share of the limit. */
const patience = 1 / 3;

/**
 * Asks a node over the connection that earlier checks have left open, or begins one. Where it breaks, or brings nothing
 * for a third of the limit (its process may hang, and ssh would wait for that for ever), the node is asked anew without
 * it, within the same limit; the first whole answer counts. The silent connection is not given up before, as a slow node
 * may yet answer by it. Where only the new one has answered, the silent one was to blame, and is ended. Where none has,
 * the node is to blame: its connection stays, or each check would leave another one that waits for as long as it hangs.
 *
 * @param ask runs one ssh; never rejects
 * @param name as by `unspentName`
 */
export async function askShared(
  ask: (one: Try) => Promise<Tried>,
  name: string,
  sharing: Sharing,
  limits: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Reply> {
  const sockets = () => openSockets(sharing.folder, name);
  const open = sockets();
  // A look through the processes costs less than the login that is due.
  const tidied = open.length > 0 ? null : endOldOnce(sharing);
  const reply = await askTwice(ask, { args: sharingArguments(sharing, name), ...limits }, open, sockets);
  await tidied;
  return reply;
}

async function askTwice(
  ask: (one: Try) => Promise<Tried>,
  asked: Try,
  open: readonly Socket[],
  sockets: () => readonly Socket[],
): Promise<Reply> {
  const { limitMs } = asked;
  const deadline = now() + limitMs;
  const over = new AbortController();
  const signal = AbortSignal.any([asked.signal, over.signal]);
  const anew = () => ask({ args: unsharedArguments, limitMs: Math.max(0, deadline - now()), signal });
  const silence = silenceOf(limitMs * patience, sockets, open.length > 0);
  const first = ask({ ...asked, signal, silence: silence.watch });
  const early = await Promise.race([first, silence.fell]);
  const old = open.length > 0 ? 'open ' : '';
  if ('reply' in early) {
    const why = brokenBy(early, sockets().length > 0, old);
    if (why === null) return withConnection(early, open, sockets());
    const second = await anew();
    if (isWhole(second)) takeAway(open);
    return { ...second.reply, ...why };
  }
  const second = anew();
  const winner = await firstWhole([first, second]);
  over.abort();
  const [one, other] = await Promise.all([first, second]);
  if (winner === one) return withConnection(one, open, sockets());
  if (winner === other) await giveUp(early.silent);
  // Half an answer says more than none.
  const reply = winner === null && other.reply.text === '' && one.reply.text !== '' ? one.reply : other.reply;
  return {
    ...reply,
    connection: `asked anew, as the ${old}connection was silent for ${seconds(limitMs * patience)}`,
  };
}

async function giveUp(sockets: readonly Socket[]): Promise<void> {
  takeAway(sockets);
  await endMasters(sockets);
}

const endOldOnce = oncePer(({ folder, oldMs }: Sharing) => endOldMasters(folder, oldMs));

/**
 * Watches whether a connection falls silent, and says which sockets it may have then. As long as there is none, ssh is
 * still logging in, and says itself what it waits for.
 */
function silenceOf(afterMs: number, sockets: () => readonly Socket[], wasOpen: boolean) {
  let call = () => {};
  const fell = new Promise<{ readonly silent: readonly Socket[] }>((resolve) => {
    call = () => {
      const silent = sockets();
      if (wasOpen || silent.length > 0) resolve({ silent });
    };
  });
  return { fell, watch: { afterMs, call: () => call() } };
}

/**
 * Where nobody listened any more, or ssh's configuration leads elsewhere, ssh has begun another connection; where the open
 * one had no session left to give, it has logged in beside it, and says so.
 */
function withConnection({ ending, reply }: Tried, open: readonly Socket[], after: readonly Socket[]): Reply {
  const beside = ending?.kind === 'ended' && /^ControlSocket .* disabling multiplexing/m.test(ending.stderr);
  const begun = after.some(({ is }) => !open.some((one) => one.is === is));
  return open.some(isThere) && !begun && !beside ? { ...reply, connection: 'over an open connection' } : reply;
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
 * breaks, and also when it cannot make its socket, which it says (OpenSSH mux.c and misc.c). One whose own new connection
 * breaks says nothing, as its process does not hold that itself; and what has a socket has logged in.
 *
 * @param hasSocket whether the connection has one now, be it dead
 * @param old `open ` where there was a connection before, else ''
 */
function brokenBy(tried: Tried, hasSocket: boolean, old: string): Pick<Reply, 'connection' | 'unshared'> | null {
  const { ending } = tried;
  if (ending?.kind !== 'ended' || isWhole(tried)) return null;
  if (ending.code !== 255 && ending.signal === null) return null;
  const lines = linesOf(ending.stderr);
  const socketless = lines.find((line) => /^(?:unix_listener|muxserver_listen)/.test(line));
  if (socketless !== undefined) return { unshared: `ssh cannot make its socket: ${socketless}` };
  const multiplexing = /^(?:mux|control_persist|Failed to connect to new control master)/m.test(ending.stderr);
  const broken = old !== '' || hasSocket || multiplexing || lines.length === 0;
  // An ssh that leaves its connection open drops what its jump host or ProxyCommand says (OpenSSH sshconnect.c).
  if (!broken && lines.every((line) => aftermath.test(line))) return {};
  return broken ? { connection: `asked anew, as the ${old}connection broke` } : null;
}
