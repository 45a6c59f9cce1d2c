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

/** Rules of nft for one more VIP, after the table's name and the words that lead to the hash. */
const chains = (lines: readonly string[], more: readonly string[] = []) => `for n in 1 2; do nftables n$n <<RULES
table ip cluster21 {
${more.join('\n')}
  chain prerouting {
    BASE
${lines.join('\n')}
  }
}
RULES
done`;
const held = 'jhash ip saddr mod 2 seed 0x7a51254f $((n - 1)) meta pkttype set host accept';
const jumped = ['chain share {', `  iif eth1 ${held}`, '  iif eth1 drop', '}'];
const gone = 'also_vip 192.168.56.21; lost_address n1 n2';
const whole: VipSituation = { vip: '192.168.56.20', state: 'OK', says: /each on exactly one/, tcp: [0, 0] };
const nowhere: VipSituation = {
  vip: '192.168.56.21',
  state: 'CRITICAL',
  says: /n1 holds bucket 1, but does not have the VIP \(\+1 more\)/,
  tcp: [1, 0],
};
const iptablesJump = `for n in 1 2; do xt n$n -t mangle -N SHARE; xt n$n -t mangle -A PREROUTING -d 192.168.56.21 -j SHARE
  xt n$n -t mangle -A SHARE -m cluster --cluster-total-nodes 2 --cluster-local-node $n --cluster-hash-seed 7 -j ACCEPT
  xt n$n -t mangle -A SHARE -j DROP; done`;

/** A VIP that is gone from nodes, beside one that is whole: its rule still names it, in one way or another. */
export const lostAddresses: readonly SeveralSituation[] = [
  {
    name: 'nftables-jump-names-the-vip-that-no-node-has',
    setup: `WAY=nftables; crowd 2; ${healthy}; ${gone}; ${chains(['ip daddr 192.168.56.21 jump share'], jumped)}`,
    vips: [whole, nowhere],
  },
  {
    name: 'nftables-jump-names-the-vip-that-n2-has-lost',
    setup: `WAY=nftables; crowd 2; ${healthy}; also_vip 192.168.56.21; lost_address n2; ${chains(['ip daddr 192.168.56.21 goto share'], jumped)}`,
    vips: [whole, { ...nowhere, says: /n2 holds bucket 2, but does not have the VIP$/, tcp: [0.5, 0] }],
  },
  ...(['iptables-legacy', 'iptables-nft'] as const).map((way) => ({
    name: `${way}-jump-names-the-vip-that-no-node-has`,
    setup: `WAY=${way}; crowd 2; ${healthy}; ${gone}; ${iptablesJump}`,
    vips: [whole, nowhere],
  })),
  {
    name: 'nftables-set-of-neighbours-that-no-node-has',
    setup: `WAY=nftables; crowd 2; ${healthy}; also_vip 192.168.56.22; lost_address n1 n2; ${gone}; ${chains(
      [`ip daddr @vips ${held}`, 'ip daddr @vips drop'],
      ['set vips { type ipv4_addr; flags interval; auto-merge; elements = { 192.168.56.21, 192.168.56.22 }; }'],
    )}`,
    vips: [whole, nowhere, { ...nowhere, vip: '192.168.56.22' }],
  },
  {
    name: 'nftables-everything-else-returns-before',
    setup: `WAY=nftables; crowd 2; ${healthy}; ${gone}; ${chains(['ip daddr != 192.168.56.21 return', held, 'drop'])}`,
    vips: [whole, nowhere],
  },
  {
    name: 'nftables-destination-before-nat',
    setup: `WAY=nftables; crowd 2; ${healthy}; ${gone}; ${chains([
      `ct original ip daddr 192.168.56.21 ${held}`,
      'ip daddr 192.168.56.21 drop',
    ])}`,
    vips: [whole, nowhere],
  },
];

/** A rule for a network: n1 has an address in it and has lost the rule, n2 has the rule and has lost the address. */
export const network: SeveralSituation = {
  name: 'nftables-rule-for-a-network-on-n2-address-on-n1',
  setup: `WAY=nftables; crowd 2; ${healthy}; also_vip 10.99.0.1; lost_address n2
for n in 2; do nftables n$n <<RULES
table ip cluster10 {
  chain prerouting {
    BASE
    iif eth1 ip daddr 10.99.0.0/24 jhash ip saddr mod 2 seed 0x7a51254f $((n - 1)) meta pkttype set host accept
    iif eth1 ip daddr 10.99.0.0/24 drop
  }
}
RULES
done`,
  vips: [whole],
};

/** An address that is no VIP, on both nodes, and denied by their firewalls; and a VIP of which the own DROP alone is left. */
export const denied: SeveralSituation = {
  name: 'iptables-nft-beside-a-bridge-that-the-firewall-denies',
  setup: `WAY=iptables-nft; crowd 2; ${healthy}
for n in 1 2; do on n$n ip link add docker0 type bridge; on n$n ip addr add 192.0.2.1/24 dev docker0
  on n$n ip link set docker0 up; xt n$n -A INPUT -i docker0 -j DROP; done
also_vip 192.168.56.21; only_drop n1; only_drop n2`,
  vips: [whole, { vip: '192.168.56.21', state: 'CRITICAL', says: /no node holds a bucket/, tcp: [1, 0] }],
};

/** An address that is no VIP, on a bridge of both nodes, and a rule that drops a part of what is sent to it by its name. */
const partly = (way: string, what: string, rules: string): SeveralSituation => ({
  name: `${way}-beside-a-bridge-of-which-a-part-is-denied-by-name-${what}`,
  setup: `WAY=${way}; crowd 2; ${healthy}
for n in n1 n2; do on $n ip link add docker0 type bridge; on $n ip addr add 192.0.2.1/24 dev docker0
  on $n ip link set docker0 up; ${rules}; done`,
  vips: [whole],
});

export const partlyDenied: readonly SeveralSituation[] = [
  partly(
    'nftables',
    'invalid',
    `printf 'table ip guard { chain pre { type filter hook prerouting priority -300; ip daddr 192.0.2.1 ct state invalid drop; }; }' | on $n nft -f -`,
  ),
  // The first of these is what Docker writes.
  partly(
    'iptables-nft',
    'interface',
    'xt $n -t raw -A PREROUTING -d 192.0.2.1 ! -i docker0 -j DROP; xt $n -A OUTPUT -d 192.0.2.1 -j DROP; xt $n -A INPUT -d 192.168.56.0/24 -j ACCEPT; xt $n -P INPUT DROP',
  ),
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
