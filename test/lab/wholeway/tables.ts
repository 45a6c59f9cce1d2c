import { bucketLost, lost, type Sketch, situationsOf } from './situation.ts';

// Section 5, routing as programs set it up: several tables, tunnels, several providers, and rules by what no packet shows.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];
const each = (commands: string) => `healthy 2; for n in n1 n2; do ${commands}; done`;
const dead = 'dead_card n2; ip -n n2 addr add 192.168.99.2/24 dev dead0';
/** What wg-quick sets up for a tunnel that takes everything. */
const wireguard = (node: string, device: string) => `dead_card ${node} ${device}
ip -n ${node} route add default dev ${device} table 51820
ip -n ${node} rule add not fwmark 0xca6c lookup 51820
ip -n ${node} rule add table main suppress_prefixlength 0`;

const sketches: readonly Sketch[] = [
  {
    situation: 'a tunnel takes every answer of n2 (wg-quick)',
    ways: both,
    setup: `healthy 2\n${wireguard('n2', 'wg0')}`,
    tcp: bucketLost,
    state: ['CRITICAL', 'WARNING'],
    says: /rule|51820|wg0/,
    clients: [],
  },
  {
    situation: 'two halves of all addresses by another card on n2',
    ways: both,
    setup: `healthy 2; dead_card n2 tun0; for half in 0.0.0.0/1 128.0.0.0/1; do ip -n n2 route add $half dev tun0; done`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /tun0|route/,
  },
  {
    situation: 'a gateway that does not answer on n2',
    ways: [...both, 'nftables-ipv6'],
    setup: (_, ipv6) =>
      ipv6
        ? 'healthy 2; ip -n n2 -6 route replace default via fd00:56::fa'
        : 'healthy 2; ip -n n2 route replace default via 192.168.56.250',
    tcp: bucketLost,
    state: ['CRITICAL', 'WARNING'],
    says: /192\.168\.56\.250|fd00:56::fa/,
    clients: [],
  },
  {
    situation: 'a gateway that does not answer on n2, of a network without clients',
    ways: ['nftables'],
    setup: `healthy 2; ip -n n2 route add 100.64.0.0/10 via 192.168.56.250; on n2 ping -q -i 0.2 -c 60 100.64.0.1 >/dev/null 2>&1 &`,
    options: ['--clients', '10.0.0.0/8', '--clients', '192.0.0.0/2', '--clients', '172.0.0.0/8'],
    state: 'OK',
  },
  {
    situation: 'one of two gateways leads nowhere on n2',
    ways: ['nftables'],
    setup: `healthy 2; ${dead}; ip -n n2 route replace default nexthop via 192.168.56.254 dev eth1 nexthop via 192.168.99.1 dev dead0`,
    tcp: lost(0.08, 0.42),
    state: ['CRITICAL', 'WARNING'],
    says: /route|gateway|dead0/,
    clients: [],
  },
  {
    situation: 'two gateways that both lead there',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do second_wire $n; i=\${n#n}; ip -n $n route replace default nexthop via 192.168.56.254 dev eth1 nexthop via 192.168.6$i.254 dev eth2; done`,
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'thrown back from the table of the VIP to the main one',
    ways: ['nftables'],
    setup: each(
      'ip -n $n rule add from $VIP lookup 100; ip -n $n route add throw 10.0.0.0/8 table 100; ip -n $n route add default via 192.168.56.254 table 100',
    ),
    state: 'OK',
  },
  {
    situation: 'a rule for the network of the VIP prohibits one network on n2',
    ways: both,
    setup: 'healthy 2; ip -n n2 rule add from 192.168.56.0/24 to 10.0.0.0/8 prohibit',
    tcp: lost(0.05, 0.2),
    state: 'CRITICAL',
    says: /prohibit/,
  },
  {
    situation: 'a rule for another source prohibits everything',
    ways: ['nftables'],
    setup: each('ip -n $n rule add from 192.168.56.77 prohibit'),
    state: 'OK',
  },
  {
    situation: 'a rule by protocol and port prohibits the answers of the Web on n2',
    ways: ['nftables'],
    setup: 'healthy 2; ip -n n2 rule add ipproto tcp sport 80 prohibit',
    tcp: bucketLost,
    udp: { lost: [0, 0], doubled: [0, 0] },
    state: ['CRITICAL', 'WARNING'],
    says: /rule|prohibit/,
    clients: [],
  },
  {
    situation: 'a rule by user prohibits the answers of n2',
    ways: ['nftables'],
    setup: 'healthy 2; ip -n n2 rule add uidrange 0-0 prohibit',
    tcp: bucketLost,
    state: ['CRITICAL', 'WARNING', 'UNKNOWN'],
    says: /rule|prohibit|uid/,
    clients: [],
  },
  {
    situation: 'half of the answers dropped at random on n2',
    ways: ['iptables-nft'],
    setup: 'healthy 2; xt n2 -A OUTPUT -s $VIP -m statistic --mode nth --every 2 --packet 0 -j DROP',
    // A SYN-ACK that is dropped is sent again: given time, a slow machine loses nobody.
    tcp: lost(0, 0.6),
    state: ['CRITICAL', 'WARNING', 'UNKNOWN'],
    says: /statistic/,
    clients: [],
  },
];

export const tables = situationsOf(5, sketches);
