import { oncePerSnapshot, type Section, section } from '../snapshot/index.ts';
import { type Address, parseAddresses } from './address.ts';
import { sameIp } from './ip.ts';
import { type Down, type Link, parseLinks, whyDown } from './link.ts';
import { parseSubscriptions, type Subscription } from './maddr.ts';

/** What a node's snapshot says of its addresses, interfaces and link-layer groups; null where the section could not be read. */
export type HostAddresses = {
  readonly addresses: readonly Address[] | null;
  readonly links: readonly Link[] | null;
  readonly subscriptions: readonly Subscription[] | null;
};

/** Where a node has the VIP. */
export type Placement = {
  readonly address: Address;
  /** Why its interface carries nothing, or null. */
  readonly down: Down | null;
};

/** Extracts the address facts from a snapshot. */
export const readAddresses = oncePerSnapshot(
  (snapshot): HostAddresses => ({
    addresses: linesOf(section(snapshot, 'addr'), parseAddresses),
    links: linesOf(section(snapshot, 'link'), parseLinks),
    subscriptions: linesOf(section(snapshot, 'maddr'), parseSubscriptions),
  }),
);

/** Every place where a node has this address: none, one, or several interfaces. */
export function locate(host: HostAddresses, vip: string): readonly Placement[] {
  return (host.addresses ?? [])
    .filter(({ address }) => sameIp(address, vip))
    .map((address) => ({ address, down: whyDown(host.links ?? [], address.ifname) }));
}

function linesOf<T>(part: Section | undefined, parse: (lines: readonly string[]) => readonly T[]): readonly T[] | null {
  if (part?.status !== 'read') return null;
  const facts = parse(part.lines);
  // If no line means anything, the answer cannot be read; it is not a host without addresses.
  return facts.length === 0 && part.lines.length > 0 ? null : facts;
}
