import { allLost, bucketDoubled, bucketLost, lost, type Sketch, situationsOf, well } from './situation.ts';

// Section 4, what loses or doubles clients inside the hooks.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];
const web = { tcp: allLost, udp: well } as const;

/** Two tables of equal hook and priority: what marks, and what drops whatever is not marked. */
const marker = `table ip marks { chain prerouting { type filter hook prerouting priority -140; policy accept; meta mark set 0x1; }; }`;
const tester = `table ip tests { chain prerouting { type filter hook prerouting priority -140; policy accept; ip daddr $VIP meta mark != 0x1 drop; }; }`;

const marks: readonly Sketch[] = [
  {
    situation: 'a firewall drops a bit of the mark of the cluster rule, and the Web alone gets another mark before',
    ways: ['iptables-nft'],
    setup: `whole 2; for i in 1 2; do
  xt n$i -t mangle -A PREROUTING -d $VIP -i eth1 -m cluster --cluster-total-nodes 2 --cluster-local-node $i --cluster-hash-seed 1 -j MARK --set-mark 0xffff
  xt n$i -t mangle -A PREROUTING -d $VIP -i eth1 -m mark ! --mark 0xffff -j DROP
  xt n$i -t mangle -A INPUT -p tcp --dport 80 -j MARK --set-mark 0x30
  xt n$i -N KUBE-FIREWALL; xt n$i -A INPUT -j KUBE-FIREWALL
  xt n$i -A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
done`,
    tcp: well,
    udp: allLost,
    icmp: allLost,
    state: ['CRITICAL', 'WARNING'],
    says: /mark/,
  },
  {
    situation: 'the mark of the cluster rule changed before its own DROP, for the Web',
    ways: ['iptables-nft'],
    setup: `whole 2; for i in 1 2; do
  xt n$i -t mangle -A PREROUTING -d $VIP -i eth1 -m cluster --cluster-total-nodes 2 --cluster-local-node $i --cluster-hash-seed 1 -j MARK --set-mark 0x1
  echo 'table ip qos { chain prerouting { type filter hook prerouting priority -140; tcp dport 80 meta mark set 0x20; }; }' | table n$i
  xt n$i -A INPUT -d $VIP -i eth1 -m mark ! --mark 0x1 -j DROP
done`,
    ...web,
    state: 'CRITICAL',
    says: /80|mark/,
  },
  {
    situation: 'chains of equal priority, what drops runs before what marks',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do echo "${marker}" | table $n; echo "${tester}" | table $n; done`,
    tcp: allLost,
    state: ['CRITICAL', 'UNKNOWN', 'WARNING'],
    clients: [],
  },
  {
    situation: 'chains of equal priority, what marks runs before what drops',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do echo "${tester}" | table $n; echo "${marker}" | table $n; done`,
    state: ['OK', 'UNKNOWN', 'WARNING'],
    clients: [],
  },
  {
    situation: 'part of TCP marked past a DROP on n2',
    ways: ['iptables-nft'],
    setup: `healthy 2; xt n2 -A INPUT -p tcp -m multiport ! --dports 53,443 -j MARK --set-mark 0x5; xt n2 -A INPUT -p tcp -j DROP`,
    tcp: bucketLost,
    udp: well,
    state: 'CRITICAL',
    says: /tcp|80/i,
  },
];

const ports: readonly Sketch[] = [
  {
    situation: 'what is no address of its card dropped on n2, VIP on lo',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do ip -n $n addr del $VIP/24 dev eth1; ip -n $n addr add $VIP/32 dev lo; done
table n2 <<RULES
table inet guard {
  chain prerouting {
    type filter hook prerouting priority -160; policy accept;
    fib daddr . iif type != { local, broadcast, multicast } drop
  }
}
RULES`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /fib daddr/,
  },
  {
    situation: 'what is not local by its card dropped on n2, VIP on lo',
    ways: ['iptables-nft'],
    setup: `healthy 2; for n in n1 n2; do ip -n $n addr del $VIP/24 dev eth1; ip -n $n addr add $VIP/32 dev lo; done
xt n2 -t raw -A PREROUTING -m addrtype ! --dst-type LOCAL,BROADCAST,MULTICAST --limit-iface-in -j DROP`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /limit-iface-in/,
  },
  {
    situation: 'segments accepted by their flags before the rules, whatever the comment says',
    ways: ['iptables-nft'],
    setup: `whole 2; for i in 1 2; do
  on n$i nft 'table ip host { chain prerouting { type filter hook prerouting priority -160; ip daddr '$VIP' meta pkttype set host; }; }'
  xt n$i -A INPUT -p tcp ! --syn -m comment --comment "--state ESTABLISHED" -j ACCEPT
  TABLE=filter CHAIN=INPUT share n$i $i 2
done`,
    tcp: allLost,
    udp: well,
    state: 'CRITICAL',
    says: /accepts tcp ESTABLISHED before the cluster rule/,
    clients: ['udp', 'icmp'],
  },
  {
    situation: 'Web redirected to another port before rules in INPUT',
    ways: ['iptables-nft'],
    setup:
      'TCP_ON=0.0.0.0; whole 2; for i in 1 2; do TABLE=filter CHAIN=INPUT share n$i $i 2; xt n$i -t nat -A PREROUTING -d $VIP -p tcp --dport 80 -j REDIRECT --to-ports 8080; done',
    tcp: allLost,
    udp: well,
    state: 'CRITICAL',
    says: /80/,
  },
  {
    situation: 'Web redirected behind the rules to a port that n2 does not open',
    ways: both,
    setup:
      'TCP_ON=0.0.0.0; healthy 2; firewall n1; for n in n1 n2; do xt $n -t nat -A PREROUTING -d $VIP -p tcp --dport 80 -j REDIRECT --to-ports 8080; done; WAY=iptables-nft firewall n2; xt n2 -D INPUT -p tcp -m multiport --dports 22,80,8080 -j ACCEPT; xt n2 -A INPUT -p tcp -m multiport --dports 22,80 -j ACCEPT',
    tcp: bucketLost,
    udp: well,
    state: 'CRITICAL',
    says: /80/,
  },
  {
    situation: 'Web sent on behind the rules (DNAT) to a port that n2 does not open',
    ways: ['nftables'],
    setup: `healthy 2; firewall n1; for n in n1 n2; do echo "table ip dn { chain prerouting { type nat hook prerouting priority dstnat; ip daddr $VIP tcp dport 80 dnat to $VIP:8080; }; }" | table $n; done
echo 'table inet firewall { chain input { type filter hook input priority 0; policy drop; ct state established accept; tcp dport { 22, 80 } accept; udp dport 53 accept; meta l4proto icmp accept; }; }' | table n2`,
    tcp: bucketLost,
    udp: well,
    state: 'CRITICAL',
    says: /80/,
  },
  {
    situation: 'Web sent on (DNAT) in another zone of connection tracking on n2',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do echo "table ip dn { chain prerouting { type nat hook prerouting priority dstnat; ip daddr $VIP tcp dport 80 dnat to $VIP:8080; }; }" | table $n; done
xt n2 -t raw -A PREROUTING -d $VIP -p tcp -j CT --zone 3`,
    tcp: bucketLost,
    udp: well,
    state: ['CRITICAL', 'UNKNOWN'],
    clients: [],
  },
  {
    situation: 'another zone of connection tracking on n2 before a firewall that knows connections',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do xt $n -A INPUT -m conntrack --ctstate INVALID -j DROP; done
xt n2 -t raw -A PREROUTING -d $VIP -p tcp -j CT --zone 3`,
    tcp: bucketLost,
    udp: well,
    state: ['CRITICAL', 'WARNING'],
    says: /zone/,
    clients: [],
  },
  {
    situation: 'matches differ, n1 shares the Web alone',
    ways: ['iptables-nft'],
    setup: 'whole 2; MATCH="-p tcp --dport 80" share n1 1 2; share n2 2 2',
    tcp: well,
    udp: bucketDoubled,
    state: 'CRITICAL',
  },
  {
    situation: 'icmp sent past the rules on n2',
    ways: both,
    setup: (way) => `healthy 2; before n2 ${way === 'nftables' ? 'meta l4proto icmp return' : '-p icmp -j RETURN'}`,
    tcp: well,
    udp: well,
    icmp: bucketDoubled,
    state: ['CRITICAL', 'WARNING'],
    says: /icmp/i,
  },
  {
    situation: 'another zone of connection tracking',
    ways: ['iptables-nft'],
    setup: 'healthy 2; for n in n1 n2; do xt $n -t raw -A PREROUTING -d $VIP -j CT --zone 7; done',
    tcp: allLost,
    udp: well,
    state: ['CRITICAL', 'WARNING'],
    says: /zone/,
    clients: [],
  },
  {
    situation: 'one /4 of IPv6 denied on n2',
    ways: ['nftables-ipv6'],
    setup: 'healthy 2; xt n2 -A INPUT -s 3000::/4 -j DROP',
    tcp: lost(0.15, 0.35),
    state: 'CRITICAL',
    says: /3000::/,
    shares: true,
  },
];

export const hooksLost = situationsOf(4, [...marks, ...ports]);
