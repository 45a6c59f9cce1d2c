import type { State } from '../../../src/plugin/index.ts';
import type { Shares } from '../netns/scenario.ts';

/** What one of several VIPs comes to: for the plugin, and for clients that speak TCP to it. */
export type VipSituation = { readonly vip: string; readonly state: State; readonly says: RegExp; readonly tcp: Shares };

/** Nodes with several VIPs, in the words of words.sh; the last line of the setup says which one the clients speak to. */
export type SeveralSituation = {
  readonly name: string;
  readonly setup: string;
  readonly vips: readonly VipSituation[];
};

const healthy = 'share n1 1 2; share n2 2 2';
const lost = 'share n1 1 2; only_drop n2';
const doubled = 'share n1 1,2 2; share n2 2 2';

/** One VIP is healthy, one has lost a bucket, one has a bucket twice. */
const verdicts: readonly VipSituation[] = [
  { vip: '192.168.56.20', state: 'OK', says: /2 buckets on 2 nodes, each on exactly one/, tcp: [0, 0] },
  { vip: '192.168.56.21', state: 'CRITICAL', says: /bucket 2 of 2 on no node, 50 %/, tcp: [0.5, 0] },
  { vip: '192.168.56.22', state: 'CRITICAL', says: /bucket 2 of 2 on n1 and n2, 50 %/, tcp: [0, 0.5] },
];

const ways = ['iptables-legacy', 'iptables-nft', 'nftables'] as const;

export const situations: readonly SeveralSituation[] = [
  ...ways.map((way) => ({
    name: `${way}-healthy-lost-doubled`,
    setup: `WAY=${way}; crowd 2; ${healthy}; also_vip 192.168.56.21; ${lost}; also_vip 192.168.56.22; ${doubled}`,
    vips: verdicts,
  })),
  {
    name: 'nftables-ipv4-and-ipv6',
    setup: `WAY=nftables; VIP=$VIP6; crowd 2; ${healthy}; clients_of_ipv4; also_vip 192.168.56.21; ${lost}`,
    vips: [
      ...verdicts.slice(1, 2),
      { vip: 'fd00:56::20', state: 'WARNING', says: /neighbour advertisements/, tcp: [0, 0] },
    ],
  },
];

/** The same of CLUSTERIP, which the running kernel need not have: each VIP has a file of its own there. */
export const clusterip: SeveralSituation = {
  name: 'clusterip-healthy-lost-doubled',
  setup: [
    'cluster 2; rule n1 1 2; rule n2 2 2',
    'also_vip 192.168.56.21; rule n1 1 2; rule n2 2 2; change n2 -2',
    'also_vip 192.168.56.22; rule n1 1 2; rule n2 2 2; change n1 +2',
  ].join('; '),
  vips: verdicts,
};

/** A cluster rule that names no address: by it alone, nobody can tell a node's own addresses from VIPs. */
export const unnamed: SeveralSituation = {
  name: 'nftables-rule-without-address',
  setup: `WAY=nftables; crowd 2
for n in 1 2; do nftables n$n <<RULES
table ip cluster {
  chain prerouting {
    BASE
    iif eth1 jhash ip saddr mod 2 seed 0x7a51254f $((n - 1)) meta pkttype set host accept
    iif eth1 drop
  }
}
RULES
done`,
  vips: [{ vip: '192.168.56.20', state: 'OK', says: /each on exactly one/, tcp: [0, 0] }],
};
