import { parseIp } from './ip.ts';
import { parseMac } from './mac.ts';
import type { Lines } from './policy.ts';

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

/** An entry of a node's neighbour table that says something lasting: set by hand, or without an answer. */
export type NeighbourEntry = {
  readonly address: string;
  readonly ifname: string;
  readonly mac: string | null;
  readonly state: string;
};

/**
 * Reads `ip neigh show nud permanent nud failed`: `10.77.0.9 dev eth1 lladdr 02:00:00:00:00:09 PERMANENT`,
 * `10.77.0.8 dev eth1 FAILED`. Lines of another form are given back.
 */
export function parseNeighbourEntries(lines: readonly string[]): Lines<NeighbourEntry> {
  const given = lines.filter((line) => line.trim() !== '');
  const entries = given.map((line): NeighbourEntry | null => {
    const words = line.trim().split(/\s+/);
    const [address = '', dev, ifname = ''] = words;
    const state = STATES.find((one) => words.includes(one));
    if (parseIp(address) === null || dev !== 'dev' || state === undefined) return null;
    return { address, ifname, mac: parseMac(/\blladdr (\S+)/.exec(line)?.[1] ?? ''), state };
  });
  return { read: entries.filter((entry) => entry !== null), unread: given.filter((_, i) => entries[i] === null) };
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
