import { sources } from '../netns/netns.ts';
import type { Situation } from './situation.ts';

const count = 192;

const sources6 = Array.from({ length: count }, (_, i) => {
  const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0;
  const [a, b] = [((mixed >>> 19) | 0x2000).toString(16), ((mixed >>> 3) & 0xffff).toString(16)];
  return `${a}:${b}:${i.toString(16)}::${(i + 1).toString(16)}`;
});

/** The clients by the list that a setup names (SOURCES): those of four networks, or of IPv6 each of a /32 of its own, and special ones. */
export const clients = {
  sources: sources.slice(0, count),
  sources6,
  /** All of one /32, which xt_cluster takes for one client. */
  'sources-one-network': Array.from({ length: count }, (_, i) => `2001:db8:${i.toString(16)}::1`),
  /** Fewer, for random clusters. */
  some: sources.slice(0, 64),
  some6: sources6.slice(0, 64),
  /** Every second one of one small network. */
  'sources-lan': sources.slice(0, count).map((source, i) => (i % 2 === 0 ? `192.168.1.${i + 10}` : source)),
} as const;

/** The addresses of a situation's clients. */
export function clientsOf({ sources: list, ipv6 }: Pick<Situation, 'sources' | 'ipv6'>): readonly string[] {
  if (list !== null) return clients[`sources-${list}` as const];
  return ipv6 ? clients.sources6 : clients.sources;
}
