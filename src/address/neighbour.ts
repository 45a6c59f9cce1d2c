import { oncePerSnapshot, type Section, section } from '../snapshot/index.ts';
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

/** An entry of a node's neighbour table. */
export type NeighbourEntry = {
  readonly address: string;
  readonly ifname: string;
  /** Null where nobody has answered yet, or where it is not an Ethernet address (a tunnel's). */
  readonly mac: string | null;
  /** As in Neighbour. */
  readonly state: string;
  /** Whole seconds since the last answer, or since twice the reachable time before the entry was made; null where not told. */
  readonly confirmed: number | null;
  /** Whole seconds in this state; null where not told. */
  readonly updated: number | null;
};

/**
 * Reads `ip -s neigh show`: `10.77.0.9 dev eth1 lladdr 02:00:00:00:00:09  used 13/13/13probes 0 PERMANENT`,
 * `10.77.0.8 dev eth1  used 1/66/0probes 6 FAILED`; and the same without -s. An entry of no
 * state is one that nothing was asked of yet. Lines of another form are given back.
 */
export function parseNeighbourEntries(lines: readonly string[]): Lines<NeighbourEntry> {
  const given = lines.filter((line) => line.trim() !== '');
  const entries = given.map((line): NeighbourEntry | null => {
    const words = line.trim().split(/\s+/);
    const [address = '', dev, ifname = ''] = words;
    const state = STATES.find((one) => words.includes(one)) ?? (words.includes('used') ? 'NONE' : undefined);
    if (parseIp(address) === null || dev !== 'dev' || state === undefined) return null;
    // BusyBox writes a blank after them, and divides them by the wrong number.
    const [, confirmed, updated] = /\bused \d+\/(\d+)\/(\d+)probes/.exec(line) ?? [];
    return {
      address,
      ifname,
      mac: parseMac(/\blladdr (\S+)/.exec(line)?.[1] ?? ''),
      state,
      confirmed: confirmed === undefined ? null : Number(confirmed),
      updated: updated === undefined ? null : Number(updated),
    };
  });
  return { read: entries.filter((entry) => entry !== null), unread: given.filter((_, i) => entries[i] === null) };
}

/** What a node's neighbour table says of the gateways of its routes. */
export type NeighbourReading = {
  readonly entries: readonly NeighbourEntry[];
  /** Why entries may be missing, to follow `the neighbour table: `: it was not read, or only part of it. */
  readonly missing: string | null;
};

/** Extracts the neighbour table from a snapshot. */
export const readNeighbours = oncePerSnapshot((snapshot): NeighbourReading => {
  const part = section(snapshot, 'neigh');
  if (part === undefined) return { entries: [], missing: 'not in the snapshot' };
  if (part.status === 'missing') return { entries: [], missing: `${part.command} is not installed on the node` };
  const { read, unread } = parseNeighbourEntries(part.lines);
  const [strange] = unread;
  return { entries: read, missing: strange === undefined ? whyIncomplete(part) : `not understood: ${strange.trim()}` };
});

function whyIncomplete({ status, errors, exit, command, leftOut }: Section): string | null {
  if (status !== 'read') return errors.at(-1) ?? `exit ${exit}`;
  // Earlier scripts asked only for those.
  if (/ nud /.test(command)) return 'an older script shows only what was set by hand or did not answer';
  return leftOut.find((what) => !what.startsWith('neighbours other than gateways')) ?? null;
}

/** The states of an entry that somebody has answered for at some time. */
const ANSWERED = ['REACHABLE', 'STALE', 'DELAY', 'PROBE'];

/** What the table says about one address some time after a datagram to it. */
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
