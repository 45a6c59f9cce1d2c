import { parseMac } from './mac.ts';

/** An entry of the kernel's neighbour table (ARP for IPv4, neighbour discovery for IPv6). */
export type Neighbour = {
  /** Null where nobody has answered yet. A FAILED entry may keep the last one. */
  readonly mac: string | null;
  /** `REACHABLE`, `STALE`, `DELAY`, `PROBE`, `INCOMPLETE`, `FAILED`, `PERMANENT`, `NOARP`. */
  readonly state: string;
  /** Whole seconds since the neighbour last proved to be there. */
  readonly confirmed: number;
  /** Whole seconds since the entry last changed its state. */
  readonly updated: number;
};

const STATES = ['REACHABLE', 'STALE', 'DELAY', 'PROBE', 'INCOMPLETE', 'FAILED', 'PERMANENT', 'NOARP', 'NONE'];

/**
 * Reads `ip -s neigh show`; lines of another form are skipped. A line, which lacks a blank (iproute2 6.1):
 * `192.0.2.100 dev eth0 lladdr 02:00:00:00:00:01  ref 1 used 0/0/0probes 4 REACHABLE` (used/confirmed/updated).
 */
export function parseNeighbours(lines: readonly string[]): readonly Neighbour[] {
  return lines.flatMap((line) => {
    const [, confirmed, updated] = /\bused \d+\/(\d+)\/(\d+)/.exec(line) ?? [];
    const words = line.trim().split(/\s+/);
    const state = STATES.find((one) => words.includes(one));
    if (confirmed === undefined || state === undefined) return [];
    const mac = parseMac(/\blladdr (\S+)/.exec(line)?.[1] ?? '');
    return [{ mac, state, confirmed: Number(confirmed), updated: Number(updated) }];
  });
}

/** The states of an entry that somebody has answered for at some time. */
const ANSWERED = ['REACHABLE', 'STALE', 'DELAY', 'PROBE'];

/** What the table says of one address some time after a datagram to it. */
export type Confirmation =
  | { readonly kind: 'confirmed'; readonly mac: string }
  /** The kernel has asked and got no answer. */
  | { readonly kind: 'silent' }
  /** It names a MAC, but from before the datagram. `asking`: the kernel is about to find out. */
  | { readonly kind: 'old'; readonly mac: string; readonly seconds: number; readonly asking: boolean }
  /** Made by hand: it says nothing about who is there. */
  | { readonly kind: 'fixed'; readonly mac: string | null }
  /** Nothing is known yet. */
  | { readonly kind: 'open' };

/**
 * What an entry proves about now, from the entry just before a datagram and `elapsed` seconds after it. The table keeps
 * the MAC of a host that has gone for many seconds (REACHABLE, STALE, DELAY), so an entry alone proves nothing. That it
 * was confirmed after the datagram is proven when
 * - before, there was no answer in the entry, and now there is one; or
 * - the time since the last confirmation is shorter now than it was before; or
 * - that time, which is cut to whole seconds, ends after the datagram.
 */
export function confirmation(before: Neighbour | null, now: Neighbour | null, elapsed: number): Confirmation {
  if (now === null) return { kind: 'open' };
  if (now.state === 'PERMANENT' || now.state === 'NOARP') return { kind: 'fixed', mac: now.mac };
  if (now.state === 'FAILED') {
    const since = before?.state !== 'FAILED' || now.updated < before.updated || now.updated + 1 < elapsed;
    return { kind: since ? 'silent' : 'open' };
  }
  if (now.mac === null || !ANSWERED.includes(now.state)) return { kind: 'open' };
  const answered = before !== null && ANSWERED.includes(before.state);
  const since = !answered || now.confirmed < before.confirmed || now.confirmed + 1 < elapsed;
  // Only REACHABLE is an answer: the other states may come from what somebody has said unasked.
  if (now.state === 'REACHABLE' && since) return { kind: 'confirmed', mac: now.mac };
  return { kind: 'old', mac: now.mac, seconds: now.confirmed, asking: now.state !== 'REACHABLE' };
}
