import type { Probe } from '../../uml/uml.ts';
import type { Random } from './random.ts';

/** How the rules of a random cluster are written, and over which IP. */
export type Ground = {
  readonly way: 'iptables-nft' | 'iptables-legacy' | 'nftables';
  readonly ipv6: boolean;
  readonly nodes: readonly string[];
  readonly random: Random;
};

/** Something that an administrator has set up on some nodes, beside what shares the VIP. */
export type Piece = {
  readonly name: string;
  /** In the words of words.sh; whole lines, which stand by themselves. */
  readonly setup: string;
  /** Clients that all nodes deny alike by it, and are meant to: no fault. */
  readonly denies?: (probe: Probe) => boolean;
  /** It cannot be read what it does: UNKNOWN is no false alarm. */
  readonly unread?: true;
  /** Meant to hurt, whether it does here or not: a warning of it is none too much. */
  readonly fault?: true;
  /** A port that it touches and no client here asks: an alarm about that port alone is none too much. */
  readonly unasked?: number;
  /** Peers' neighbour tables decide with it which node is reached: `--client` cannot tell. */
  readonly byNeighbour?: true;
};

/** Draws a piece for a ground; null where it has no such thing. */
export type Draw = (ground: Ground) => Piece | null;

/** The same on every node. */
export const everywhere = (commands: string) => `for n in $nodes; do\n${commands}\ndone`;

/** In the words of the ground's backend, before what shares the VIP. */
export const first = ({ way }: Ground, iptables: string, nft: string) =>
  `before $n ${way === 'nftables' ? `'${nft}'` : iptables}`;

/** Networks that some of the clients are in, about a quarter each. */
export const networks = (ipv6: boolean): readonly [string, ...string[]] =>
  ipv6
    ? ['2000::/5', '2800::/5', '3000::/5', '3800::/5']
    : ['10.0.0.0/8', '172.0.0.0/8', '198.18.0.0/16', '203.0.0.0/8'];

/** Is a client in one of these networks? */
export function isIn(network: string, { source }: Probe): boolean {
  if (!network.includes(':')) return source.split('.')[0] === network.split('.')[0];
  const [low = 0, high = 0] = [network, source].map((text) => Number.parseInt(text.split(':')[0] ?? '', 16));
  return low <= high && high < low + 0x800;
}
