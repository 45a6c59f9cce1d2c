import type { Sketch } from './scenario.ts';

const xtThenNft = (n1: string, n2: string) => `crowd 2; WAY=iptables-nft ${n1}; WAY=nftables ${n2}`;

/** Clusters in the middle of a migration: n1 has xt_cluster, n2 nftables; in both families. */
export const mixed: readonly Sketch[] = [
  {
    situation: 'same bucket on both nodes, the other on none',
    setup: xtThenNft('share n1 1 2', 'share n2 1 2'),
    state: 'CRITICAL',
    says: /n1.*n2/,
    tcp: [0.5, 0.5],
  },
  {
    situation: 'seed differs',
    setup: xtThenNft('share n1 1 2', 'SEED=7 share n2 2 2'),
    state: 'CRITICAL',
    says: /seed differs/,
    tcp: [0.25, 0.25],
  },
  {
    situation: 'total differs (2 and 3)',
    setup: xtThenNft('share n1 1 2', 'share n2 2 3'),
    state: 'CRITICAL',
    says: /total differs/,
    tcp: [1 / 3, 1 / 6],
  },
  {
    situation: 'both backends for one VIP on n2',
    setup: 'crowd 2; WAY=iptables-nft share n1 1 2; WAY=iptables-nft share n2 2 2; WAY=nftables share n2 2 2',
    state: 'WARNING',
    says: /n2.*(xt_cluster and nftables|two backends|nftables and xt_cluster)/,
  },
  {
    situation: 'both backends for one VIP on n2 disagree',
    setup: 'crowd 2; WAY=iptables-nft share n1 1 2; WAY=iptables-nft share n2 2 2; WAY=nftables share n2 1 2',
    state: 'CRITICAL',
    says: /n2/,
    tcp: [0.5, 0],
    judgedBy: null,
    clients: 'none',
  },
];

/** With the same seed and total the hashes are equal over IPv4. */
export const mixed4: readonly Sketch[] = [
  ...mixed,
  {
    situation: 'same seed and total',
    setup: xtThenNft('share n1 1 2', 'share n2 2 2'),
    state: 'OK',
    says: /2 buckets on 2 nodes, each on exactly one/,
  },
  {
    situation: 'same seed and total, offset 1 on n2',
    setup: xtThenNft('share n1 1 2', 'OFFSET=1 share n2 2 2'),
    state: 'OK',
    says: /each on exactly one/,
  },
  {
    situation: 'legacy iptables, nft iptables and nftables',
    setup: 'crowd 3; WAY=iptables-legacy share n1 1 3; WAY=iptables-nft share n2 2 3; WAY=nftables share n3 3 3',
    nodes: 3,
    state: 'OK',
    says: /3 buckets on 3 nodes/,
  },
];

/** Over IPv6 they are not: xt_cluster hashes 4 bytes of the source, nftables 16. */
export const mixed6: readonly Sketch[] = [
  {
    situation: 'same seed and total',
    setup: xtThenNft('share n1 1 2', 'share n2 2 2'),
    state: 'CRITICAL',
    says: /what is hashed differs/,
    tcp: [0.25, 0.25],
  },
];
