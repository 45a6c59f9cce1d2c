import { type Confirmation, confirmation, type Neighbour, parseNeighbours, type View } from '../address/index.ts';
import { runChild } from '../node/index.ts';
import { now } from '../plugin/index.ts';
import { command, type Limits } from './command.ts';

/** Where the datagram goes: discard (RFC 863), which nobody serves; that nothing is there is as good an answer. */
const port = 9;
/** How often the table is read, in milliseconds. */
const interval = 300;
/** The kernel does not re-check a fresh entry within the time that a check has. In seconds. */
const enough = 1.5;

/**
 * Sends one empty UDP datagram to an address, so that the kernel has to find out who has it, and reads the neighbour
 * table until that proves something, or the time is over. The kernel takes up to 5 s before it asks again for an entry
 * that it knows (delay_first_probe_time), and up to 3 s to give up (arp(7), retrans_time and ucast_solicit).
 */
export async function askByDatagram(
  vip: string,
  family: 4 | 6,
  ifname: string,
  instead: string,
  limits: Limits,
): Promise<View> {
  const end = now() + limits.limitMs - interval;
  const before = await entryOf(vip, family, ifname, limits);
  if (typeof before === 'string') return { kind: 'blind', reason: `${instead}, and ${before}` };
  const trouble = await send(vip, family);
  const sent = now();
  if (trouble !== null) return { kind: 'blind', reason: `${instead}, and no datagram can be sent (${trouble})` };
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, interval));
    // Taken before the table is read: what the table says then is at least so long after the datagram.
    const elapsed = (now() - sent) / 1000;
    const after = await entryOf(vip, family, ifname, limits);
    if (typeof after === 'string') return { kind: 'blind', reason: `${instead}, and ${after}` };
    const outcome = confirmation(before.entry, after.entry, elapsed);
    const seconds = Math.round(elapsed * 10) / 10;
    if (isEnd(outcome, elapsed) || now() > end || limits.signal.aborted)
      return { kind: 'neighbour', ifname, outcome, seconds, instead };
  }
}

function isEnd(outcome: Confirmation, elapsed: number): boolean {
  if (outcome.kind === 'open') return false;
  return outcome.kind !== 'old' || (!outcome.asking && elapsed > enough);
}

/** The entry of an address, null for none; or why the table cannot be read. */
async function entryOf(vip: string, family: 4 | 6, ifname: string, limits: Limits) {
  const args = [`-${family}`, '-s', 'neigh', 'show', 'to', vip, 'dev', ifname];
  const ending = await runChild(command('ip', args, { ...limits, limitMs: 2000 }));
  if (ending.kind !== 'ended') return 'the neighbour table cannot be read';
  const lines = ending.stdout.split('\n').filter((line) => line.trim() !== '');
  const entry: Neighbour | null = parseNeighbours(lines)[0] ?? null;
  if (ending.code !== 0 || (lines.length > 0 && entry === null))
    return `ip -s neigh said: ${ending.stderr.trim().split('\n')[0] || lines[0]}`;
  return { entry };
}

/** Why the datagram could not be sent; null when it was. */
async function send(vip: string, family: 4 | 6): Promise<string | null> {
  // Loaded late: most runs send none.
  const { createSocket } = await import('node:dgram');
  return new Promise((resolve) => {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    const done = (error: Error | null) => {
      socket.close();
      resolve(error === null ? null : error.message);
    };
    socket.once('error', done);
    socket.send('', port, vip, (error) => done(error));
  });
}
