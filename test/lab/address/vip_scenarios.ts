import type { State } from '../../../src/plugin/index.ts';

/** A cluster of n1 and n2, what is asked about its VIP, and what must be said. */
export type VipScenario = {
  readonly name: string;
  /** Commands upon the fresh cluster, with the functions of cluster.sh. */
  readonly setup: string;
  readonly args: readonly string[];
  readonly state: State;
  /** The first line behind the state, up to the metrics. */
  readonly first: string;
  /** Other parts of the output. */
  readonly says?: readonly string[];
  /** Who the nodes' snapshots are taken as; rules are root's. */
  readonly as?: 'root';
  readonly vip?: string;
};

const both = 'vip n1; vip n2; cluster_mac n1; cluster_mac n2';
const one = ['--expect', 'one'];

export const vipScenarios: readonly VipScenario[] = [
  // Where the VIP is.
  {
    name: 'load sharing: the VIP and one cluster MAC on all nodes',
    setup: both,
    args: [],
    state: 'OK',
    first: '192.0.2.100: all 2 nodes have it on eth0 with 01:23:45:67:89:ab',
    says: ['n1: the rules were not read (', 'in sudoers on n1: nobody ALL=(root) NOPASSWD: '],
  },
  {
    name: 'load sharing: one node lacks it',
    setup: `${both}; ip -n n2 addr del $VIP/24 dev eth0`,
    args: [],
    state: 'CRITICAL',
    first: '192.0.2.100: n2 lacks it',
    says: ['n2 lacks 192.0.2.100, which n1 has', 'ip addr add 192.0.2.100/24 dev eth0'],
  },
  {
    name: 'nobody has it',
    setup: '',
    args: [],
    state: 'CRITICAL',
    first: '192.0.2.100: no node has it',
    says: ['Is the address right'],
  },
  {
    name: 'nobody has it, as expected',
    setup: '',
    args: ['--expect', 'none'],
    state: 'OK',
    first: '192.0.2.100: on none of 2 nodes, as expected',
  },
  {
    name: 'it is where nobody expects it',
    setup: 'vip n2 24 lo',
    args: ['--expect', 'none'],
    state: 'CRITICAL',
    first: '192.0.2.100: n2 has it, expected on no node',
  },
  {
    name: 'failover: exactly one node has it, and no MAC is asked for',
    setup: 'vip n1',
    args: one,
    state: 'OK',
    first: '192.0.2.100: n1 has it on eth0, no other node',
    says: ['[OK] n2 does not have it'],
  },
  {
    name: 'failover: split brain',
    setup: 'vip n1; vip n2',
    args: one,
    state: 'CRITICAL',
    first: '192.0.2.100: split brain: n1 and n2 both have it',
    says: ['each client reaches whichever it learned last'],
  },
  {
    name: 'failover: the other one has it too, on a dead interface',
    setup: 'vip n1; vip n2; ip -n sw link set n2-p down; sleep 0.1',
    args: one,
    state: 'CRITICAL',
    first: '192.0.2.100: n2 has it too, but cannot use it (+1 more)',
    says: ['n2: eth0 has no carrier): a split brain as soon as that is fixed'],
  },
  {
    name: 'two nodes of two, by number',
    setup: both,
    args: ['--expect', '2'],
    state: 'OK',
    first: '192.0.2.100: all 2 nodes have it on eth0 with 01:23:45:67:89:ab',
  },
  {
    name: 'one node of two, by number',
    setup: 'vip n1; cluster_mac n1',
    args: ['--expect', '2'],
    state: 'CRITICAL',
    first: '192.0.2.100: 1 of 2 nodes has it',
  },
  // Its forms.
  {
    name: 'a /32 with a label',
    setup: 'ip -n n1 addr add $VIP/32 dev eth0 label eth0:vip',
    args: [...one, '--interface', 'eth0'],
    state: 'OK',
    first: '192.0.2.100: n1 has it on eth0, no other node',
    says: ['n1 has 192.0.2.100/32 on eth0 (eth0:vip)'],
  },
  {
    name: 'another prefix than the one asked for',
    setup: 'vip n1 32',
    args: one,
    vip: '192.0.2.100/24',
    state: 'WARNING',
    first: '192.0.2.100: n1: prefix is /32, not /24',
  },
  {
    name: 'prefixes that differ',
    setup: 'vip n1 24; vip n2 32; cluster_mac n1; cluster_mac n2',
    args: [],
    state: 'WARNING',
    first: '192.0.2.100: the prefix differs (n1 /24 and n2 /32)',
  },
  {
    name: 'on two interfaces',
    setup: 'vip n1; second n1; vip n1 32 eth1',
    args: one,
    state: 'WARNING',
    first: '192.0.2.100: n1 has it 2 times',
    says: ['on eth0 (/24) and eth1 (/32)'],
  },
  {
    name: 'on the wrong interface',
    setup: 'second n1; vip n1 24 eth1',
    args: [...one, '--interface', 'eth0'],
    state: 'CRITICAL',
    first: '192.0.2.100: n1 has it on eth1, not eth0',
  },
  {
    name: 'on loopback alone',
    setup: 'vip n1 32 lo',
    args: one,
    state: 'CRITICAL',
    first: '192.0.2.100: n1 has it on lo only',
    says: ['--allow-lo'],
  },
  {
    name: 'on loopback alone, as real servers of LVS have it',
    setup: 'vip n1 32 lo; vip n2 32 lo',
    args: ['--allow-lo'],
    state: 'OK',
    first: '192.0.2.100: all 2 nodes have it on lo',
  },
  {
    name: 'failover between directors that are real servers, too: the other has it on loopback',
    setup: 'vip n1; vip n2 32 lo',
    args: [...one, '--allow-lo'],
    state: 'OK',
    first: '192.0.2.100: n1 has it on eth0, no other node',
    says: ['n2 has 192.0.2.100 on loopback only, as real servers of LVS do, so it does not count'],
  },
  {
    name: 'failover between directors that are real servers, too: nobody is director',
    setup: 'vip n1 32 lo; vip n2 32 lo',
    args: [...one, '--allow-lo'],
    state: 'CRITICAL',
    first: '192.0.2.100: no node has it',
  },
  {
    name: 'on a macvlan with the MAC of a virtual router',
    setup:
      'ip -n n1 link add link eth0 name vrrp.51 address 00:00:5e:00:01:33 type macvlan mode private; ip -n n1 link set vrrp.51 up; vip n1 24 vrrp.51',
    args: [...one, '--mac', '00:00:5e:00:01:33'],
    state: 'OK',
    first: '192.0.2.100: n1 has it on vrrp.51 with 00:00:5e:00:01:33, no other node',
  },
  {
    name: 'the same, with another MAC than asked for',
    setup: 'vip n1',
    args: [...one, '--mac', '00:00:5e:00:01:33'],
    state: 'CRITICAL',
    first: '192.0.2.100: n1: eth0 does not have the MAC 00:00:5e:00:01:33',
    says: ['eth0, which has the VIP, has 02:00:00:00:00:01'],
  },
  // An interface called like a flag.
  {
    name: 'on an interface called secondary',
    setup:
      'second n1; ip -n n1 link set eth1 down; ip -n n1 link set eth1 name secondary; ip -n n1 link set secondary up; vip n1 24 secondary',
    args: [...one, '--interface', 'secondary'],
    state: 'OK',
    first: '192.0.2.100: n1 has it on secondary, no other node',
  },
  // What keeps it from being used.
  {
    name: 'its interface is down',
    setup: 'vip n1; ip -n n1 link set eth0 down',
    args: one,
    state: 'CRITICAL',
    first: '192.0.2.100: n1: eth0 is down',
    says: ['ip link set eth0 up'],
  },
  {
    name: 'its interface has no carrier',
    setup: 'vip n1; ip -n sw link set n1-p down; sleep 0.1',
    args: one,
    state: 'CRITICAL',
    first: '192.0.2.100: n1: eth0 has no carrier',
  },
  {
    name: 'IPv6: found elsewhere on the link',
    setup:
      'ip -n n1 addr add 2001:db8::100/64 dev eth0 nodad; sleep 1.2; ip -n n2 addr add 2001:db8::100/64 dev eth0; sleep 1.8',
    vip: '2001:db8::100/64',
    args: ['--skip', 'mac'],
    state: 'CRITICAL',
    first: '2001:db8::100: n2: the VIP is refused as a duplicate',
    says: ['Find the other owner'],
  },
  {
    name: 'IPv6: tentative',
    setup:
      'on n1 sh -c "echo 60 >/proc/sys/net/ipv6/conf/eth0/dad_transmits"; ip -n n1 addr add 2001:db8::100/64 dev eth0',
    vip: '2001:db8::100',
    args: one,
    state: 'WARNING',
    first: '2001:db8::100: n1: the VIP is tentative',
  },
  {
    name: 'IPv6: deprecated, as a VIP should be',
    setup: 'ip -n n1 addr add 2001:db8::100/64 dev eth0 nodad preferred_lft 0',
    vip: '2001:DB8:0::100',
    args: one,
    state: 'OK',
    first: '2001:db8::100: n1 has it on eth0, no other node',
    says: ['on eth0, deprecated: no source address'],
  },
  // The cluster MAC.
  {
    name: 'the cluster MAC on one node only',
    setup: 'vip n1; vip n2; cluster_mac n1',
    args: [],
    state: 'CRITICAL',
    first: '192.0.2.100: n2: cluster MAC not on eth0',
    says: ['ip maddr add 01:23:45:67:89:ab dev eth0'],
  },
  {
    name: 'the cluster MAC on the wrong interface',
    setup: `${both}; second n2; ip -n n2 maddr del $MAC dev eth0; cluster_mac n2 $MAC eth1`,
    args: ['--mac', '01:23:45:67:89:AB'],
    state: 'CRITICAL',
    first: '192.0.2.100: n2: cluster MAC not on eth0',
    says: ['(eth1 does, where the VIP is not)'],
  },
  {
    name: 'different cluster MACs',
    setup: 'vip n1; vip n2; cluster_mac n1; cluster_mac n2 01:23:45:67:89:cd',
    args: [],
    state: 'CRITICAL',
    first: '192.0.2.100: the nodes listen to different MACs',
    says: ['n1 01:23:45:67:89:ab and n2 01:23:45:67:89:cd'],
  },
  {
    name: 'no cluster MAC anywhere, and rules that cannot be read',
    setup: 'vip n1; vip n2',
    args: [],
    state: 'UNKNOWN',
    first: '192.0.2.100: the cluster MAC is not known: give --mac',
    says: ['Give --mac'],
  },
  {
    name: 'no cluster MAC anywhere, although the rules were read',
    setup: 'vip n1; vip n2',
    as: 'root',
    args: [],
    state: 'WARNING',
    first: '192.0.2.100: the cluster MAC is not known: give --mac (+1 more)',
    says: ['static entry'],
  },
  {
    name: 'a cluster MAC like those of IP multicast, added by hand',
    setup: 'vip n1; vip n2; cluster_mac n1 01:00:5e:14:00:64; cluster_mac n2 01:00:5e:14:00:64',
    args: [],
    state: 'OK',
    first: '192.0.2.100: all 2 nodes have it on eth0 with 01:00:5e:14:00:64',
  },
  {
    name: 'a unicast cluster MAC',
    setup: both,
    args: ['--mac', '02:23:45:67:89:ab'],
    state: 'CRITICAL',
    first: '192.0.2.100: cluster MAC 02:23:45:67:89:ab is unicast',
  },
  {
    name: 'another cluster MAC than asked for',
    setup: both,
    args: ['--mac', '01:23:45:67:89:cd'],
    state: 'CRITICAL',
    first: '192.0.2.100: n1: cluster MAC not on eth0 (+1 more)',
  },
  // What the rules say of the MAC.
  {
    name: 'nftables and xt_cluster nodes whose ARP rules tell one MAC',
    setup: `${both}; nft_rule n1 1 $MAC; xt_rule n2 2 $MAC`,
    as: 'root',
    args: ['--arp-mangle'],
    state: 'OK',
    first: '192.0.2.100: all 2 nodes have it on eth0 with 01:23:45:67:89:ab',
  },
  {
    name: 'an ARP rule that tells another MAC',
    setup: `${both}; nft_rule n1 1 $MAC; xt_rule n2 2 01:23:45:67:89:cd`,
    as: 'root',
    args: [],
    state: 'CRITICAL',
    first: '192.0.2.100: cluster MAC differs (n1 01:23:45:67:89:ab and n2 01:23:45:67:89:cd)',
  },
  {
    // The chain that was registered last runs first, so that the other one's MAC is told (measured by arping).
    name: 'a node whose ARP rules tell two MACs one after the other',
    setup: `${both}; nft_rule n1 1 $MAC; nft_rule n2 2 $MAC; on n1 arptables-nft -A OUTPUT -s $VIP -j mangle --mangle-mac-s 01:23:45:67:89:cd`,
    as: 'root',
    args: [],
    state: 'OK',
    first: '192.0.2.100: all 2 nodes have it on eth0 with 01:23:45:67:89:ab',
  },
  {
    name: 'an ARP rule tells a MAC that nobody listens to',
    setup: 'vip n1; vip n2; nft_rule n1 1 $MAC; nft_rule n2 2 $MAC',
    as: 'root',
    args: [],
    state: 'CRITICAL',
    first: '192.0.2.100: n1: cluster MAC not on eth0 (+1 more)',
  },
  {
    name: 'the ARP rule is missing on one node',
    setup: `${both}; nft_rule n1 1 $MAC; nft_rule n2 2`,
    as: 'root',
    args: ['--arp-mangle'],
    state: 'CRITICAL',
    first: '192.0.2.100: n2: no ARP rule',
  },
  {
    name: 'the ARP rules cannot be read',
    setup: `${both}; nft_rule n1 1 $MAC; nft_rule n2 2 $MAC`,
    args: ['--arp-mangle'],
    state: 'UNKNOWN',
    first: '192.0.2.100: n1: cannot read the arptables rules (+1 more)',
    says: ['Allow it in sudoers on n1: nobody ALL=(root) NOPASSWD: /usr/sbin/arptables-save ""'],
  },
];
