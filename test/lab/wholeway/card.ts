import { bucketLost, type Sketch, situationsOf, well } from './situation.ts';

// Section 2: the card itself.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];
const filter = (what: string) =>
  `tc filter add dev eth1 ingress protocol ip u32 match ip dst ${what}/32 action mirred egress redirect dev dead0`;
const clsact = 'healthy 2; dead_card n2; on n2 tc qdisc add dev eth1 clsact';

const sketches: readonly Sketch[] = [
  {
    situation: 'NOARP on the card of n2',
    ways: [...both, 'nftables-ipv6'],
    setup: 'healthy 2; ip -n n2 link set eth1 arp off',
    tcp: bucketLost,
    vip: 'CRITICAL',
    state: 'CRITICAL',
    says: /NOARP/,
  },
  {
    situation: 'NOARP on the card of n2, which stands by',
    ways: both,
    setup: 'whole 2; share n1 1,2 2; only_drop n2; ip -n n2 link set eth1 arp off',
    tcp: well,
    vip: 'CRITICAL',
    state: 'WARNING',
    says: /NOARP.*stands by/,
  },
  {
    situation: 'XDP program that drops the VIP on n2',
    ways: both,
    setup: 'healthy 2; xdp n2 drop',
    tcp: bucketLost,
    vip: ['WARNING', 'UNKNOWN'],
    state: ['WARNING', 'UNKNOWN'],
    says: /XDP/i,
    clients: [],
  },
  {
    situation: 'XDP program that passes everything on n2',
    ways: ['nftables'],
    setup: 'healthy 2; xdp n2 pass',
    state: ['WARNING', 'UNKNOWN'],
    says: /XDP/i,
    clients: [],
  },
  {
    situation: 'tc ingress filter (u32) takes the VIP away on n2',
    ways: both,
    setup: `${clsact}; on n2 ${filter('$VIP')}`,
    tcp: bucketLost,
    vip: ['CRITICAL', 'WARNING', 'UNKNOWN'],
    state: ['CRITICAL', 'WARNING', 'UNKNOWN'],
    says: /tc|ingress/,
    clients: [],
  },
  {
    situation: 'tc egress filter (u32) takes the answers of n2 away',
    ways: both,
    setup: `${clsact}; on n2 tc filter add dev eth1 egress protocol ip u32 match ip src $VIP/32 action mirred egress redirect dev dead0`,
    tcp: bucketLost,
    vip: ['CRITICAL', 'WARNING', 'UNKNOWN'],
    state: ['CRITICAL', 'WARNING', 'UNKNOWN'],
    says: /tc egress on eth1/,
    clients: [],
  },
  {
    situation: 'tc egress filter (u32) for another address, and a mirror',
    ways: ['nftables'],
    setup: `${clsact}; on n2 tc filter add dev eth1 egress protocol ip u32 match ip src 192.168.56.77/32 action mirred egress redirect dev dead0
on n2 tc filter add dev eth1 egress protocol ip u32 match ip src $VIP/32 action mirred egress mirror dev dead0`,
    vip: 'OK',
    state: 'OK',
  },
  {
    situation: 'tc ingress filter (u32) for another address',
    ways: ['nftables'],
    setup: `${clsact}; on n2 ${filter('192.168.56.77')}`,
    vip: ['OK', 'WARNING', 'UNKNOWN'],
    state: ['OK', 'WARNING', 'UNKNOWN'],
    clients: [],
  },
  {
    situation: 'clsact qdisc without a filter',
    ways: both,
    setup: clsact,
    vip: 'OK',
    state: 'OK',
  },
  {
    situation: 'allmulticast in place of the cluster MAC on n2',
    ways: both,
    setup: 'healthy 2; ip -n n2 maddr del $MAC dev eth1; ip -n n2 link set eth1 allmulticast on',
    vip: ['OK', 'WARNING'],
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'cluster MAC not listened to on n2',
    ways: ['nftables'],
    setup: 'filtering 2; unheard',
    tcp: bucketLost,
    vip: 'CRITICAL',
    state: 'CRITICAL',
    says: /01:23:45:67:89:ab/,
  },
];

const tc = (filters: string) => `cluster 2; rule n1 1 2; rule n2 2 2; on n2 tc qdisc add dev eth1 clsact; ${filters}`;

/** With what the running kernel lacks: flower and gact, VRF, dummy, VLAN, bond. */
const elsewhere: readonly Sketch[] = [
  {
    situation: 'tc flower drops the VIP on n2',
    ways: ['clusterip'],
    setup: tc('on n2 tc filter add dev eth1 ingress protocol ip flower dst_ip $VIP action drop'),
    tcp: bucketLost,
    vip: 'CRITICAL',
    state: 'CRITICAL',
    says: /tc|flower|ingress/,
  },
  {
    situation: 'tc flower drops the answers of n2',
    ways: ['clusterip'],
    setup: tc(
      'on n2 tc filter add dev eth1 egress protocol ip flower src_ip $VIP ip_proto tcp src_port 80 action drop',
    ),
    tcp: bucketLost,
    udp: well,
    vip: ['CRITICAL', 'WARNING'],
    state: ['CRITICAL', 'WARNING'],
    says: /tc egress on eth1 drops answers to tcp port 80/,
  },
  {
    situation: 'tc flower drops another address',
    ways: ['clusterip'],
    setup: tc('on n2 tc filter add dev eth1 ingress protocol ip flower dst_ip 192.168.56.77 action drop'),
    vip: 'OK',
    state: 'OK',
  },
  {
    situation: 'tc u32 drops the VIP on n2',
    ways: ['clusterip'],
    setup: tc('on n2 tc filter add dev eth1 ingress protocol ip u32 match ip dst $VIP action drop'),
    tcp: bucketLost,
    vip: ['CRITICAL', 'WARNING', 'UNKNOWN'],
    state: ['CRITICAL', 'WARNING', 'UNKNOWN'],
    says: /tc|u32|ingress/,
    clients: [],
  },
];

export const card = situationsOf(2, [...sketches, ...elsewhere]);
