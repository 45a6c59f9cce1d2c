import { oncePerSnapshot, type Section, type Snapshot, section } from '../snapshot/index.ts';
import { parseFilters, type TrafficFilter } from './filter.ts';
import { parseQueues } from './queue.ts';

/** The filters through which traffic control sends what comes in by an interface, before any chain, or leaves by it. */
export type Inbound = {
  readonly ifname: string;
  readonly filters: readonly TrafficFilter[];
  /** What is there and was not understood, or why it was not read. */
  readonly unread: readonly string[];
};

/** The interfaces that filter what comes in, or why that is not known. */
export type InboundReading =
  | { readonly read: true; readonly interfaces: readonly Inbound[]; readonly outbound: readonly Inbound[] }
  | { readonly read: false; readonly reason: string };

/** Extracts from a snapshot what traffic control does with packets: `tc qdisc show`, `tc filter show dev IF ingress` and `egress`. */
export const readInbound = oncePerSnapshot((snapshot): InboundReading => {
  const part = section(snapshot, 'qdisc');
  if (part === undefined) return { read: false, reason: 'the script there is of an older release' };
  if (part.status !== 'read') return { read: false, reason: whyNot(part) };
  const queues = parseQueues(part.lines).read.filter(({ kind }) => kind === 'clsact' || kind === 'ingress');
  return {
    read: true,
    interfaces: queues.map(({ ifname }) => filtersOf(snapshot, 'tc-ingress', ifname)),
    // Not every script tells of them.
    outbound: queues
      .filter(({ kind, ifname }) => kind === 'clsact' && section(snapshot, 'tc-egress', ifname) !== undefined)
      .map(({ ifname }) => filtersOf(snapshot, 'tc-egress', ifname)),
  };
});

function filtersOf(snapshot: Snapshot, side: 'tc-ingress' | 'tc-egress', ifname: string): Inbound {
  const part = section(snapshot, side, ifname);
  if (part === undefined) return { ifname, filters: [], unread: ['its filters are not in the answer'] };
  if (part.status !== 'read') return { ifname, filters: [], unread: [`its filters were not read: ${whyNot(part)}`] };
  const { read, unread } = parseFilters(part.lines);
  return { ifname, filters: read, unread: [...unread, ...part.leftOut.map((what) => `left out: ${what}`)] };
}

function whyNot({ status, command, errors, exit }: Section): string {
  return status === 'missing' ? `${command} is not installed` : (errors.at(-1) ?? `exit ${exit}`);
}
