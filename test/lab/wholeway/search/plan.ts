import type { Setup } from '../../netns/netns.ts';
import { everyday } from './everyday.ts';
import { faults } from './faults.ts';
import { beside, firewalls } from './firewalls.ts';
import { layoutOf } from './layouts.ts';
import type { Draw, Ground, Piece } from './piece.ts';
import { randomOf } from './random.ts';

/** A random cluster: what shares its VIP, and what stands beside that, piece by piece. */
export type Plan = {
  readonly name: string;
  readonly way: Ground['way'];
  readonly ipv6: boolean;
  readonly nodes: readonly string[];
  readonly layout: string;
  readonly pieces: readonly Piece[];
};

/** The cluster of a seed, always the same: a firewall or none, some of what is usual, and for every second one a fault. */
export function planOf(seed: number): Plan {
  const random = randomOf(seed);
  const way = random.pick([
    'iptables-nft',
    'iptables-nft',
    'iptables-legacy',
    'nftables',
    'nftables',
    'nftables',
  ] as const);
  const ipv6 = random.chance(0.3);
  const nodes = random.chance(0.15) ? ['n1', 'n2', 'n3'] : ['n1', 'n2'];
  const ground: Ground = { way, ipv6, nodes, random };
  const layout = layoutOf(ground);
  const draws: readonly Draw[] = [
    ...(random.chance(0.5) ? [random.pick(firewalls)] : []),
    ...random.some(Math.floor(random.real() * 3), beside),
    ...random.some(Math.floor(random.real() * 4), everyday),
    ...(random.chance(0.5) ? [asFault(random.pick(faults))] : []),
  ];
  const pieces = draws.flatMap((draw) => draw(ground) ?? []);
  return { name: `seed-${seed}`, way, ipv6, nodes, layout, pieces };
}

const asFault =
  (draw: Draw): Draw =>
  (ground) => {
    const piece = draw(ground);
    return piece === null ? null : { ...piece, fault: true };
  };

/** How a plan is set up. */
export function setupOf({ name, way, ipv6, layout, pieces }: Plan): Setup {
  const head = `${ipv6 ? 'VIP=$VIP6; ' : ''}WAY=${way}; SOURCES=${ipv6 ? 'some6' : 'some'}`;
  return { name, setup: [head, layout, ...pieces.map((piece) => `# ${piece.name}\n${piece.setup}`)].join('\n') };
}
