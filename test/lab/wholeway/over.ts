import { allDoubled, bucketDoubled, bucketLost, type Sketch, situationsOf, well } from './situation.ts';

// Section 2: what lies over the card, or has the VIP in its place.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];

const sketches: readonly Sketch[] = [
  {
    situation: 'VIP on a bridge',
    ways: both,
    setup: 'IFACE=br1; cluster 2; for n in n1 n2; do onto_bridge $n; answers_arp $n; done; share n1 1 2; share n2 2 2',
    state: 'OK',
    options: ['--mac', '01:23:45:67:89:ab'],
  },
  {
    situation: 'VIP on a bridge, the cluster MAC told by ARP rules alone',
    ways: both,
    setup: 'IFACE=br1; cluster 2; for n in n1 n2; do onto_bridge $n; answers_arp $n; done; share n1 1 2; share n2 2 2',
    vip: 'OK',
    state: 'OK',
  },
  {
    situation: 'VIP on a bridge, table bridge drops the VIP on n2',
    ways: both,
    setup: `IFACE=br1; cluster 2; for n in n1 n2; do onto_bridge $n; answers_arp $n; done; share n1 1 2; share n2 2 2
printf 'table bridge guard { chain prerouting { type filter hook prerouting priority -300; ip daddr %s drop; }; }' $VIP | table n2`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /bridge/,
  },
  {
    situation: 'VIP on a bridge, ebtables drops groups on n2',
    ways: both,
    setup: `IFACE=br1; cluster 2; for n in n1 n2; do onto_bridge $n; answers_arp $n; done; share n1 1 2; share n2 2 2
on n2 ebtables -A INPUT -p IPv4 -d Multicast -j DROP`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /ebtables|bridge/,
  },
  {
    situation: 'VIP on a bridge, table bridge drops another address',
    ways: ['nftables'],
    setup: `IFACE=br1; cluster 2; for n in n1 n2; do onto_bridge $n; answers_arp $n; done; share n1 1 2; share n2 2 2
printf 'table bridge guard { chain prerouting { type filter hook prerouting priority -300; ip daddr 192.168.56.77 drop; }; }' | table n2`,
    state: 'OK',
  },
  {
    situation: 'a macvlan over the interface also listens to the cluster MAC on both nodes',
    ways: both,
    setup:
      'healthy 2 veth; for n in n1 n2; do ip -n $n link add link eth1 name mv0 type macvlan mode bridge bcqueuelen 10000; ip -n $n link set mv0 up; ip -n $n maddr add $MAC dev mv0; done',
    udp: allDoubled,
    state: 'CRITICAL',
    says: /mv0/,
    clients: [],
  },
  {
    situation: 'a macvlan over the interface also listens to the cluster MAC on n2',
    ways: both,
    setup:
      'healthy 2 veth; ip -n n2 link add link eth1 name mv0 type macvlan mode bridge bcqueuelen 10000; ip -n n2 link set mv0 up; ip -n n2 maddr add $MAC dev mv0',
    udp: allDoubled,
    state: 'CRITICAL',
    says: /mv0/,
    clients: [],
  },
  {
    situation: 'a second card of n2 on the same wire also listens to the cluster MAC',
    ways: both,
    setup: 'healthy 2 veth; second_card n2; ip -n n2 maddr add $MAC dev eth2',
    udp: allDoubled,
    state: 'CRITICAL',
    says: /eth2/,
    clients: [],
  },
  {
    situation: 'a second card of n2 on the same wire that does not listen to the cluster MAC',
    ways: both,
    setup: 'healthy 2; second_card n2',
    state: 'OK',
  },
  {
    situation: 'a second card of n2 on the same wire, without any address, also listens to the cluster MAC',
    ways: ['nftables'],
    setup: 'healthy 2 veth; second_card n2; ip -n n2 addr flush dev eth2; ip -n n2 maddr add $MAC dev eth2',
    udp: allDoubled,
    state: ['WARNING', 'CRITICAL'],
    says: /eth2/,
    clients: [],
  },
  {
    situation:
      'a second card of n2 on the same wire, with an address of another network, also listens to the cluster MAC',
    ways: ['nftables'],
    setup: 'healthy 2 veth; second_card n2 172.31.0.2; ip -n n2 maddr add $MAC dev eth2',
    udp: allDoubled,
    state: ['WARNING', 'CRITICAL'],
    says: /eth2 listens to the cluster MAC as well/,
    clients: [],
  },
  {
    situation: 'a second card on the same wire listens to the cluster MAC on n2, strict rp_filter there',
    ways: ['nftables'],
    setup:
      'healthy 2 veth; second_card n2; ip -n n2 maddr add $MAC dev eth2; setting n2 net/ipv4/conf/eth2/rp_filter 1',
    state: 'OK',
  },
  {
    situation: 'a macvlan over the interface also listens to the cluster MAC, the rules name no interface',
    ways: ['nftables'],
    setup: `whole 2 veth
for i in 1 2; do
  ip -n n$i link add link eth1 name mv0 type macvlan mode bridge bcqueuelen 10000
  ip -n n$i link set mv0 up
  ip -n n$i maddr add $MAC dev mv0
  nftables n$i <<RULES
table ip cluster {
  chain prerouting {
    BASE
    ip daddr $VIP jhash ip saddr mod 2 seed 2052138319 $((i - 1)) meta pkttype set host accept
    ip daddr $VIP drop
  }
}
RULES
done`,
    tcp: well,
    udp: allDoubled,
    state: 'CRITICAL',
    says: /mv0/,
    clients: [],
  },
  {
    situation: 'a macvlan over the interface that does not listen to the cluster MAC',
    ways: both,
    setup:
      'healthy 2 veth; for n in n1 n2; do ip -n $n link add link eth1 name mv0 type macvlan mode bridge bcqueuelen 10000; ip -n $n link set mv0 up; done',
    vip: 'OK',
    state: 'OK',
  },
  {
    situation: 'the rules name a macvlan, the interface under it takes the frames in as well',
    ways: ['nftables'],
    setup: `IFACE=mv0; cluster 2 veth
for n in n1 n2; do
  ip -n $n link add link eth1 name mv0 address 02:00:00:00:01:0\${n#n} type macvlan mode bridge bcqueuelen 10000
  ip -n $n addr del $VIP/24 dev eth1
  ip -n $n link set mv0 up
  ip -n $n addr add $VIP/32 dev mv0
  listen $n; ip -n $n maddr add $MAC dev mv0
  setting $n net/ipv4/conf/mv0/rp_filter 0
  answers_arp $n
  share $n \${n#n} 2
done`,
    udp: allDoubled,
    state: 'CRITICAL',
    says: /eth1/,
    clients: [],
  },
  {
    situation: 'VIP on lo of both nodes, ARP rules on both',
    ways: both,
    setup: 'healthy 2; for n in n1 n2; do ip -n $n addr del $VIP/24 dev eth1; ip -n $n addr add $VIP/32 dev lo; done',
    vip: 'OK',
    vipOptions: ['--allow-lo'],
    state: 'OK',
  },
  {
    situation: 'VIP on lo of both nodes, static entries on the peers',
    ways: both,
    setup:
      'crowd 2; share n1 1 2; share n2 2 2; peer_learned $MAC; for n in n1 n2; do ip -n $n addr del $VIP/24 dev eth1; ip -n $n addr add $VIP/32 dev lo; setting $n net/ipv4/conf/all/arp_ignore 1; setting $n net/ipv4/conf/all/arp_announce 2; done',
    skipArp: true,
    state: 'OK',
  },
];

/** With what the running kernel lacks: VRF, dummy, VLAN, bond. */
const elsewhere: readonly Sketch[] = [
  {
    situation: 'VRF, the rules in filter INPUT name the card',
    ways: ['iptables-legacy'],
    setup: 'TABLE=filter CHAIN=INPUT; vrf_cluster n2; share n1 1 2; share n2 2 2',
    skipArp: true,
    tcp: bucketLost,
    udp: bucketDoubled,
    state: 'CRITICAL',
    says: /vrf0|VRF/,
    clients: [],
  },
  {
    situation: 'VRF, the rules in mangle PREROUTING',
    ways: ['iptables-legacy'],
    setup: 'vrf_cluster n1 n2; share n1 1 2; share n2 2 2',
    skipArp: true,
    state: 'OK',
  },
  {
    situation: 'VIP on a bond',
    ways: ['clusterip'],
    setup: 'IFACE=bond0; cluster 2; for n in n1 n2; do onto $n bond0; done; rule n1 1 2; rule n2 2 2',
    state: 'OK',
  },
  {
    situation: 'VIP on a VLAN',
    ways: ['clusterip'],
    setup:
      'IFACE=eth1.10; cluster 2; tagged_router; for n in n1 n2; do onto $n eth1.10; done; rule n1 1 2; rule n2 2 2',
    state: 'OK',
  },
  {
    situation: 'a failover VIP, held by a dummy on the other node, which answers no ARP for it',
    ways: ['iptables-legacy'],
    setup:
      'cluster 2; ip -n n2 addr del $VIP/24 dev eth1; ip -n n2 link add kube-ipvs0 type dummy; ip -n n2 addr add $VIP/32 dev kube-ipvs0; setting n2 net/ipv4/conf/all/arp_ignore 1',
    state: [],
    vip: 'OK',
    vipOptions: ['--expect', 'one'],
  },
  {
    situation: 'VIP on a dummy that is down',
    ways: ['iptables-legacy'],
    setup:
      'crowd 2; share n1 1 2; share n2 2 2; peer_learned $MAC; for n in n1 n2; do ip -n $n addr del $VIP/24 dev eth1; ip -n $n link add kube-ipvs0 type dummy; ip -n $n addr add $VIP/32 dev kube-ipvs0; done',
    skipArp: true,
    state: ['OK', 'WARNING'],
  },
];

export const over = situationsOf(2, [...sketches, ...elsewhere]);
