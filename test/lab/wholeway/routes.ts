import { allLost, bucketLost, lost, type Sketch, situationsOf, well } from './situation.ts';

// Section 5, the rest of the way back: rules, routes, neighbours, and the check of the way back for what comes in.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];
const on2 = (commands: string) => `healthy 2; ${commands}`;
const ip2 = (command: string) => on2(`ip -n n2 ${command}`);

/** A route is chosen before the answer gets its port back. */
const portChanged = `healthy 2; for n in n1 n2; do echo "table ip dn { chain prerouting { type nat hook prerouting priority dstnat; ip daddr $VIP tcp dport 80 dnat to $VIP:8080; }; }" | table $n; done; ip -n n2 rule add ipproto tcp sport`;

/** A mark for answers of n2, where it no longer decides about their route. */
const lateMark = (way: string) =>
  way === 'nftables'
    ? "on n2 nft 'table ip late { chain output { type filter hook output priority -150; meta mark set 5; }; }'"
    : 'xt n2 -A OUTPUT -j MARK --set-mark 5';

/** The VIP on a macvlan over the card, which listens to the cluster MAC; what comes in by the card itself is dropped. */
const onMacvlan = `IFACE=mv0; cluster 2 veth
for n in n1 n2; do
  ip -n $n link add link eth1 name mv0 address 02:00:00:00:01:0\${n#n} type macvlan mode bridge bcqueuelen 10000
  ip -n $n addr del $VIP/24 dev eth1
  ip -n $n link set mv0 up
  ip -n $n addr add $VIP/32 dev mv0
  ip -n $n maddr add $MAC dev mv0
  setting $n net/ipv4/conf/mv0/rp_filter 0
  answers_arp $n
  share $n \${n#n} 2
  before $n iif eth1 ip daddr $VIP drop
done`;

const sketches: readonly Sketch[] = [
  {
    situation: 'no default route on n2',
    ways: [...both, 'nftables-ipv6'],
    setup: (_, ipv6) => ip2(`${ipv6 ? '-6 ' : ''}route del default`),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /route/,
  },
  {
    situation: 'no default route on n2, all clients on the wire',
    ways: ['nftables'],
    setup: ip2('route del default'),
    tcp: bucketLost,
    options: ['--clients', '192.168.56.0/24'],
    state: 'OK',
  },
  {
    situation: 'no default route on either node',
    ways: both,
    setup: 'healthy 2; for n in n1 n2; do ip -n $n route del default; done',
    tcp: allLost,
    state: 'OK',
  },
  {
    situation: 'no default route on either node, clients elsewhere',
    ways: ['nftables'],
    setup: 'healthy 2; for n in n1 n2; do ip -n $n route del default; done',
    tcp: allLost,
    options: ['--clients', '10.0.0.0/8'],
    state: 'CRITICAL',
    says: /route/,
  },
  {
    situation: 'no default route but routes to all clients',
    ways: both,
    setup:
      'healthy 2; for n in n1 n2; do ip -n $n route del default; for to in 10.0.0.0/8 172.0.0.0/8 198.18.0.0/16 203.0.0.0/8; do ip -n $n route add $to via 192.168.56.254; done; done',
    state: 'OK',
  },
  {
    situation: 'a netmask that is too wide on n2',
    ways: [...both, 'nftables-ipv6'],
    setup: (_, ipv6) => ip2(ipv6 ? '-6 addr add 2801::1/5 dev eth1 nodad' : 'addr add 10.1.1.1/8 dev eth1'),
    tcp: lost(0.05, 0.3),
    state: 'WARNING',
    says: /go by no gateway/,
  },
  {
    situation: 'a default route of n2 without a gateway',
    ways: ['nftables'],
    setup: ip2('route replace default dev eth1'),
    tcp: bucketLost,
    state: ['CRITICAL', 'WARNING'],
    says: /gateway/,
  },
  {
    situation: 'a second network on the wire of n2 alone',
    ways: ['nftables'],
    setup: ip2('addr add 10.1.1.1/24 dev eth1'),
    state: 'OK',
  },
  {
    situation: 'default route by another card on n2',
    ways: both,
    setup: on2(
      'dead_card n2; ip -n n2 addr add 192.168.99.2/24 dev dead0; ip -n n2 route replace default via 192.168.99.1',
    ),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /route/,
  },
  {
    situation: 'default route of n2 by a second wire that leads there as well',
    ways: both,
    setup: on2('second_wire n2; ip -n n2 route replace default via 192.168.62.254'),
    state: ['OK', 'WARNING'],
  },
  ...(['blackhole', 'unreachable', 'prohibit'] as const).map(
    (kind): Sketch => ({
      situation: `${kind} route to one network on n2`,
      ways: kind === 'blackhole' ? [...both, 'nftables-ipv6'] : both,
      setup: (_, ipv6) => (ipv6 ? ip2(`-6 route add ${kind} 2800::/5`) : ip2(`route add ${kind} 10.0.0.0/8`)),
      tcp: lost(0.05, 0.3),
      state: 'CRITICAL',
      says: new RegExp(kind),
    }),
  ),
  {
    // The node's own ::1 parts :: from the rest of it.
    situation: 'a default route of lower metric rejects everything on n2',
    ways: ['nftables-ipv6'],
    setup: ip2('-6 route add unreachable default metric 10'),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /unreachable route/,
  },
  {
    situation: 'blackhole route to one network on n2, beside a route to its first host',
    ways: ['nftables'],
    setup: on2('ip -n n2 route add blackhole 10.0.0.0/8; ip -n n2 route add 10.0.0.1 via 192.168.56.254'),
    tcp: lost(0.05, 0.3),
    state: 'CRITICAL',
    says: /blackhole route/,
  },
  {
    situation: 'blackhole route to nobody on n2',
    ways: ['nftables'],
    setup: ip2('route add blackhole 127.99.0.0/16'),
    state: 'OK',
  },
  {
    situation: 'blackhole routes alike on both nodes',
    ways: both,
    setup: 'healthy 2; for n in n1 n2; do ip -n $n route add blackhole 10.0.0.0/8; done',
    tcp: lost(0.2, 0.3),
    state: 'OK',
  },
  {
    situation: 'blackhole routes alike on both nodes, where clients are',
    ways: ['nftables'],
    setup: 'healthy 2; for n in n1 n2; do ip -n $n route add blackhole 10.0.0.0/8; done',
    tcp: lost(0.2, 0.3),
    options: ['--clients', '10.0.0.0/8'],
    state: 'CRITICAL',
    says: /blackhole/,
  },
  {
    situation: 'the default route is a blackhole of higher metric beside a good one',
    ways: ['nftables'],
    setup: 'healthy 2; for n in n1 n2; do ip -n $n route add blackhole default metric 4000; done',
    state: 'OK',
  },
  {
    situation: 'ip rule prohibits what comes from the VIP on n2',
    ways: both,
    setup: ip2('rule add from $VIP prohibit'),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /prohibit/,
  },
  {
    situation: 'ip rule prohibits a port that NAT has given to another one on n2',
    ways: ['nftables'],
    setup: `${portChanged} 80 prohibit`,
    tcp: well,
    state: 'OK',
  },
  {
    situation: 'ip rule prohibits the port that NAT sends the Web to on n2',
    ways: ['nftables'],
    setup: `${portChanged} 8080 prohibit`,
    tcp: bucketLost,
    udp: well,
    icmp: well,
    state: 'CRITICAL',
    says: /8080/,
  },
  {
    situation: 'ip rule sends the VIP by a table that leads there',
    ways: both,
    setup:
      'healthy 2; for n in n1 n2; do ip -n $n rule add from $VIP lookup 100; ip -n $n route add default via 192.168.56.254 table 100; done',
    state: 'OK',
  },
  {
    situation: 'ip rule sends the VIP by a table that leads nowhere on n2',
    ways: both,
    setup: on2(
      'dead_card n2; ip -n n2 addr add 192.168.99.2/24 dev dead0; ip -n n2 rule add from $VIP lookup 100; ip -n n2 route add default via 192.168.99.1 table 100',
    ),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /rule|table 100|route/,
  },
  {
    situation: 'ip rule sends the VIP by an empty table',
    ways: ['nftables'],
    setup: 'healthy 2; for n in n1 n2; do ip -n $n rule add from $VIP lookup 100; done',
    state: 'OK',
  },
  {
    situation: "ip rule on the recipe's own mark, which answers carry",
    ways: ['iptables-nft'],
    setup: `whole 2; share_marked n1 1 2; share_marked n2 2 2
for n in n1 n2; do xt $n -t mangle -A PREROUTING -d $VIP -j CONNMARK --save-mark; xt $n -t mangle -A OUTPUT -s $VIP -j CONNMARK --restore-mark; done
ip -n n2 rule add fwmark 0xffff prohibit`,
    tcp: bucketLost,
    state: ['CRITICAL', 'WARNING'],
    says: /rule|mark/,
    clients: [],
  },
  {
    situation: "ip rule on the recipe's own mark, which is reflected",
    ways: ['iptables-nft'],
    setup: `whole 2; share_marked n1 1 2; share_marked n2 2 2
for n in n1 n2; do setting $n net/ipv4/fwmark_reflect 1; setting $n net/ipv4/tcp_fwmark_accept 1; done
ip -n n2 rule add fwmark 0xffff prohibit`,
    tcp: bucketLost,
    udp: { lost: [0, 0], doubled: [0, 0] },
    icmp: bucketLost,
    state: ['CRITICAL', 'WARNING'],
    says: /rule|mark/,
    clients: [],
  },
  {
    // Behind mangle OUTPUT and chains of type route alone a route is chosen again.
    situation: 'ip rule on a mark that answers get after their route was chosen',
    ways: both,
    setup: (way) => `${ip2('rule add fwmark 0x5 prohibit')}; ${lateMark(way)}`,
    state: 'OK',
  },
  {
    situation: 'the only default route of n2 by a mark that answers get too late',
    ways: both,
    setup: (way) =>
      `${ip2('rule add fwmark 0x5 lookup 55; ip -n n2 route add default via 192.168.56.254 table 55')}
ip -n n2 route del default; ${lateMark(way)}`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /route/,
  },
  {
    situation: 'ip rule on a mark that no answer carries',
    ways: ['iptables-nft'],
    setup:
      'whole 2; share_marked n1 1 2; share_marked n2 2 2; for n in n1 n2; do ip -n $n rule add fwmark 0xffff prohibit; done',
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'the local route of the VIP is deleted on n2',
    ways: both,
    setup: ip2('route del local $VIP dev eth1 table local'),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /local|route/,
  },
  {
    situation: 'the gateway permanently wrong in the neighbour table of n2',
    ways: [...both, 'nftables-ipv6'],
    setup: (_, ipv6) =>
      ip2(`neigh replace ${ipv6 ? 'fd00:56::fe' : '192.168.56.254'} lladdr 02:00:00:00:99:99 dev eth1 nud permanent`),
    tcp: bucketLost,
    state: ['CRITICAL', 'WARNING'],
    says: /neighbour|gateway/,
    clients: [],
  },
  {
    situation: 'the gateway permanent and right in the neighbour table of n2',
    ways: [...both, 'nftables-ipv6'],
    setup: (_, ipv6) =>
      ip2(`neigh replace ${ipv6 ? 'fd00:56::fe' : '192.168.56.254'} lladdr $CLIENT_MAC dev eth1 nud permanent`),
    state: 'OK',
  },
  {
    situation: 'the gateway has a MAC of VRRP, permanent on n2',
    ways: ['nftables'],
    setup: `CLIENT_MAC=00:00:5e:00:01:01; ${ip2('neigh replace 192.168.56.254 lladdr 00:00:5e:00:01:01 dev eth1 nud permanent')}`,
    state: 'OK',
  },
  {
    situation: 'the gateway permanent and the same on both nodes',
    ways: ['nftables'],
    setup:
      'healthy 2; for n in n1 n2; do ip -n $n neigh replace 192.168.56.254 lladdr $CLIENT_MAC dev eth1 nud permanent; done',
    state: 'OK',
  },
  {
    situation: 'requests exempted from connection tracking on n2, invalid answers dropped',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do echo 'table inet out { chain output { type filter hook output priority 0; policy accept; ct state invalid drop; }; }' | table $n; done
xt n2 -t raw -A PREROUTING -d $VIP -j CT --notrack`,
    tcp: bucketLost,
    udp: well,
    icmp: bucketLost,
    state: 'CRITICAL',
  },
  {
    situation: 'requests not tracked on n2, answers masqueraded',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do xt $n -t nat -A POSTROUTING -o eth1 -j MASQUERADE; done
xt n2 -t raw -A PREROUTING -d $VIP -j CT --notrack`,
    tcp: bucketLost,
    icmp: well,
    state: 'CRITICAL',
    says: /n2 gives answers .* another source address/,
    clients: ['udp', 'icmp'],
  },
  {
    // The kernel takes the VIP itself for the new source.
    situation: 'requests not tracked on n2, answers masqueraded by IPv6',
    ways: ['nftables-ipv6'],
    setup: `healthy 2; for n in n1 n2; do xt $n -t nat -A POSTROUTING -o eth1 -j MASQUERADE; done
xt n2 -t raw -A PREROUTING -d $VIP -j CT --notrack`,
    state: 'UNKNOWN',
    says: /n2 may give answers/,
    clients: ['icmp'],
    shares: false,
  },
  {
    situation: 'requests in a zone of their own on n2, answers masqueraded',
    ways: ['nftables', 'iptables-nft'],
    setup: `healthy 2; for n in n1 n2; do xt $n -t nat -A POSTROUTING -o eth1 -j MASQUERADE; done
xt n2 -t raw -A PREROUTING -d $VIP -j CT --zone 5`,
    tcp: bucketLost,
    icmp: well,
    state: 'CRITICAL',
    says: /n2 gives answers .* another source address/,
    clients: ['udp'],
  },
  {
    situation: 'requests and answers in a zone of their own on n2, the rest masqueraded',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do xt $n -t nat -A POSTROUTING -o eth1 -j MASQUERADE; done
xt n2 -t raw -A PREROUTING -d $VIP -j CT --zone 5; xt n2 -t raw -A OUTPUT -s $VIP -j CT --zone 5`,
    state: 'OK',
  },
  {
    situation: 'neither requests nor answers tracked, the rest masqueraded',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do xt $n -t nat -A POSTROUTING -o eth1 -j MASQUERADE
xt $n -t raw -A PREROUTING -d $VIP -j CT --notrack; xt $n -t raw -A OUTPUT -s $VIP -j CT --notrack; done`,
    state: 'OK',
  },
  {
    situation: 'datagrams not tracked, answers masqueraded with the VIP itself',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do xt $n -t nat -A POSTROUTING -o eth1 -j SNAT --to-source $VIP
xt $n -t raw -A PREROUTING -d $VIP -p udp -j CT --notrack; done`,
    state: 'OK',
  },
  {
    situation: 'datagrams not tracked, answers masqueraded alike',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do xt $n -t nat -A POSTROUTING -o eth1 -j MASQUERADE
xt $n -t raw -A PREROUTING -d $VIP -p udp -j CT --notrack; done`,
    udp: allLost,
    icmp: well,
    state: 'CRITICAL',
    says: /another source address/,
  },
  {
    situation: 'a route of n2 prohibits a network that both firewalls deny',
    ways: ['iptables-nft'],
    setup: `healthy 2; for n in n1 n2; do xt $n -I INPUT -s 10.0.0.0/8 -j DROP; done; ip -n n2 route add prohibit 10.0.0.0/8`,
    tcp: lost(0.15, 0.35),
    state: 'OK',
  },
  {
    situation: 'way back of one network by a second wire on n2, not checked',
    ways: both,
    setup: on2('second_wire n2; ip -n n2 route add 10.0.0.0/8 via 192.168.62.254'),
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'way back of one network by a second wire on n2, strict rp_filter',
    ways: both,
    setup: on2(
      'second_wire n2; ip -n n2 route add 10.0.0.0/8 via 192.168.62.254; setting n2 net/ipv4/conf/eth1/rp_filter 1',
    ),
    tcp: lost(0.05, 0.2),
    state: 'CRITICAL',
    says: /rp_filter/,
  },
  {
    situation: 'way back of one network by a second wire on n2, loose rp_filter',
    ways: ['nftables'],
    setup: on2(
      'second_wire n2; ip -n n2 route add 10.0.0.0/8 via 192.168.62.254; setting n2 net/ipv4/conf/eth1/rp_filter 2',
    ),
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'strict rp_filter and the way back by the same card',
    ways: both,
    setup: 'healthy 2; for n in n1 n2; do setting $n net/ipv4/conf/all/rp_filter 1; done',
    state: 'OK',
  },
  {
    situation: 'the default by a second wire on n2, strict rp_filter',
    ways: both,
    setup: on2(
      'second_wire n2; ip -n n2 route replace default via 192.168.62.254; setting n2 net/ipv4/conf/all/rp_filter 1',
    ),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /rp_filter/,
  },
  {
    situation: 'VIP on a macvlan, strict rp_filter on n2',
    ways: ['nftables'],
    setup: `${onMacvlan}; setting n2 net/ipv4/conf/mv0/rp_filter 1`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /rp_filter/,
  },
  {
    situation: 'VIP on a macvlan, the interface under it shut',
    ways: ['nftables'],
    setup: onMacvlan,
    state: 'OK',
  },
];

export const routes = situationsOf(5, sketches);
