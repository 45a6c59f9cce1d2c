import { allLost, bucketLost, type Sketch, situationsOf } from './situation.ts';

// Section 1, IPv6: neighbour solicitations and advertisements are packets to the VIP. The router has a static entry for
// it, save where something else is said: no rule of a node makes its advertisements tell the cluster MAC.

const both: Sketch['ways'] = ['iptables-nft-ipv6', 'nftables-ipv6'];
const shared = 'whole 2; share n1 1 2; share n2 2 2';
const known = 'for n in n1 n2; do ip -n $n neigh replace fd00:56::fe lladdr $CLIENT_MAC dev eth1 nud permanent; done';

const sketches: readonly Sketch[] = [
  { situation: 'neighbour discovery accepted first', ways: both, setup: 'healthy 2', state: 'OK' },
  {
    situation: 'neighbour discovery accepted first, nothing skipped',
    ways: both,
    setup: 'healthy 2',
    skipArp: false,
    state: 'WARNING',
    says: /static/,
  },
  {
    situation: 'peers without static entries learn one node',
    ways: both,
    setup: 'crowd 2; share n1 1 2; share n2 2 2; discovery_first n1 n2',
    skipArp: false,
    tcp: bucketLost,
    state: 'WARNING',
    says: /static/,
    clients: [],
  },
  {
    situation: 'neighbour discovery shared by hash',
    ways: ['nftables-ipv6'],
    setup: shared,
    tcp: bucketLost,
    state: ['WARNING', 'CRITICAL'],
    says: /neighbour/,
    clients: [],
  },
  {
    situation: 'neighbour discovery shared by hash, gateway known',
    ways: ['nftables-ipv6'],
    setup: `${shared}; ${known}`,
    state: 'WARNING',
    says: /neighbour/,
  },
  {
    // It never learns its gateway's MAC as long as it asks from the VIP alone.
    situation: 'advertisements of the gateway dropped on n2',
    ways: both,
    setup: 'healthy 2; xt n2 -t filter -I INPUT -s fd00:56::fe/128 -d $VIP -p ipv6-icmp -j DROP',
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /neighbour advertisement/,
    clients: [],
  },
  {
    situation: 'advertisements of the gateway dropped on n2, gateway known',
    ways: both,
    setup: `healthy 2; xt n2 -t filter -I INPUT -s fd00:56::fe/128 -d $VIP -p ipv6-icmp -j DROP; ${known}`,
    state: ['OK', 'WARNING'],
  },
  {
    // Connection tracking leaves neighbour discovery untracked (nf_conntrack_proto_icmpv6.c), and xt_cluster matches nothing
    // that is: every node drops the advertisements that it asked for, whatever their address.
    situation: 'neighbour discovery under xt_cluster, which never takes it',
    ways: ['iptables-nft-ipv6'],
    setup: shared,
    tcp: allLost,
    state: 'CRITICAL',
    says: /neighbour/,
    clients: [],
  },
  {
    situation: 'neighbour discovery under xt_cluster, gateway known',
    ways: ['iptables-nft-ipv6'],
    setup: `${shared}; ${known}`,
    state: ['WARNING', 'CRITICAL'],
    says: /neighbour/,
  },
  {
    situation: 'neighbour discovery under xt_cluster, clients of one network',
    ways: ['iptables-nft-ipv6'],
    setup: `SEED=7; ${shared}`,
    sources: 'one-network',
    tcp: allLost,
    state: 'CRITICAL',
    says: /neighbour/,
    clients: [],
  },
  {
    situation: 'neighbour discovery accepted first, clients of one network',
    ways: ['iptables-nft-ipv6'],
    setup: 'SEED=7; healthy 2',
    sources: 'one-network',
    state: ['OK', 'WARNING'],
  },
];

export const discovery = situationsOf(1, sketches);
