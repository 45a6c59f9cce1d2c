# The words that situations of the whole way are written in, beside those of guest.sh and of the lab of network namespaces
# (share, listen, firewall ...), some of which are another thing here: nodes and clients have a router between them, which
# resolves the VIP as any router does, and nothing is resolved beforehand.
. "${WORDS%/*}/../netns/words.sh"
. "${WORDS%/*}/cluster.sh"

# The router has a static entry for the VIP, and learns nothing.
peer_learned() { # MAC
  ip -n r neigh replace $VIP lladdr $1 dev eth0 nud permanent
}

# The node's ARP carries the cluster MAC.
answers_arp() { # NODE [MAC]
  if [ "${ARPWAY:-$WAY}" = nftables ]; then
    arp_chain $1 "arp saddr ip $VIP4 arp saddr ether set ${2:-$MAC}"
  else
    on $1 arptables-nft -A OUTPUT -s $VIP4 -j mangle --mangle-mac-s ${2:-$MAC}
  fi
}

# A cluster whose cards let nothing through to the cluster MAC: see the word of the other lab.
filtering() { # N
  for attempt in 1 2 3 4 5 6 7 8; do
    cluster $1 macvlan
    peer_learned $MAC
    if ! on cl ping -n -c 1 -W 0.3 $VIP >/dev/null; then
      ip -n r neigh del $VIP dev eth0
      return
    fi
    tear_down
  done
}

# Whole, save that n2 does not listen to the cluster MAC.
unheard() {
  listen n1
  for node in $nodes; do answers_arp $node; done
  share n1 1 2
  share n2 2 2
}

# Nodes with a static entry at the router; the cards of some are members of a VRF.
vrf_cluster() { # NODE...
  crowd 2
  peer_learned $MAC
  for node in "$@"; do
    {
      echo link add vrf0 type vrf table 10
      echo link set vrf0 up
      echo link set eth1 master vrf0
      echo route add default via 192.168.56.254 table 10
      # Answers of servers outside it go there, too.
      echo route add default dev vrf0
    } | ip -n $node -batch -
    # Servers that know nothing of it are reached all the same.
    for protocol in tcp udp raw; do setting $node net/ipv4/${protocol}_l3mdev_accept 1; done
  done
}

# A table of family arp with these rules at output.
arp_chain() { # NODE RULE...
  node=$1
  shift
  {
    echo 'table arp cluster { chain output { type filter hook output priority filter; policy accept;'
    for rule in "$@"; do echo "$rule"; done
    echo '}'
    echo '}'
  } | on $node nft -f -
}

# Neighbour discovery passes the rules that share the VIP; for IPv4 nothing is to be done.
discovery_first() { # NODE...
  ! six || for node in "$@"; do
    if [ $WAY = nftables ]; then
      on $node nft insert rule ip6 cluster prerouting 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept'
    else
      for type in neighbour-solicitation neighbour-advertisement; do
        xt $node -t mangle -I PREROUTING -p ipv6-icmp -m icmpv6 --icmpv6-type $type -j ACCEPT
      done
    fi
  done
}

# Nodes that listen to the cluster MAC and answer for it. No ARP rule reaches IPv6: there the router has a static entry.
whole() { # N [macvlan|veth]
  crowd $1 ${2:-macvlan}
  if six; then peer_learned $MAC; else for node in $nodes; do answers_arp $node; done; fi
}

# The same, and the VIP is shared: node I holds bucket I.
healthy() { # N [macvlan|veth]
  whole $1 ${2:-macvlan}
  i=0
  for node in $nodes; do
    i=$((i + 1))
    share $node $i $1
    discovery_first $node
  done
}

# Before what shares the VIP: before NODE RULE..., in the words of its backend.
before() {
  node=$1
  shift
  if [ $WAY = nftables ]; then on $node nft insert rule $(l3) cluster prerouting "$@"; else xt $node -t mangle -I PREROUTING "$@"; fi
}

# A second wire between a node and the router, both up, with addresses of its own.
second_wire() { # NODE
  second=${1#n}
  ip -n r link add w$second index 5$second type veth peer name eth2 netns $1 address 02:00:00:00:02:0$second
  on r sh -c "echo 0 >/proc/sys/net/ipv4/conf/w$second/rp_filter"
  on $1 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/eth2/rp_filter'
  ip -n r addr add 192.168.6$second.254/24 dev w$second
  ip -n r link set w$second up
  ip -n $1 addr add 192.168.6$second.1/24 dev eth2
  ip -n $1 link set eth2 up
}

# A second card of a node on the wire of the first one, with an address there, or another one, of its own.
second_card() { # NODE [ADDRESS]
  if [ $card = macvlan ]; then
    ip link add link low0 name eth2 netns $1 address 02:00:00:00:03:0${1#n} type macvlan mode bridge bcqueuelen 10000
  else
    ip link add $1-second type veth peer name eth2 netns $1 address 02:00:00:00:03:0${1#n}
    ip link set $1-second master br0 up
  fi
  ip -n $1 addr add ${2:-192.168.56.3${1#n}}/24 dev eth2
  ip -n $1 link set eth2 up
  setting $1 net/ipv4/conf/eth2/rp_filter 0
}

# A card to nowhere: whatever is sent by it is lost.
dead_card() { # NODE [NAME]
  ip -n $1 link add ${2:-dead0} type veth peer name ${2:-dead0}-peer
  ip -n $1 link set ${2:-dead0} up
}

# The node's VIP and its own address move to a bridge over its card.
onto_bridge() { # NODE
  number=${1#n}
  {
    echo link add br1 address 02:00:00:00:00:0$number type bridge mcast_snooping 0
    echo addr flush dev eth1
    echo link set eth1 master br1
    echo link set br1 up
    echo addr add 192.168.56.1$number/24 dev br1
    echo addr add $VIP4/24 dev br1
    echo route add default via 192.168.56.254
  } | ip -n $1 -batch -
}

# The node's VIP and its own address move to a bond of its card, or to a VLAN on it.
onto() { # NODE bond0|eth1.10
  number=${1#n}
  {
    echo addr flush dev eth1
    if [ $2 = bond0 ]; then
      echo link add bond0 type bond mode active-backup miimon 100
      echo link set eth1 down
      echo link set eth1 master bond0
    else
      echo link add link eth1 name $2 type vlan id 10
    fi
    echo link set $2 up
    echo addr add 192.168.56.1$number/24 dev $2
    echo addr add $VIP4/24 dev $2
    echo route add default via 192.168.56.254
  } | ip -n $1 -batch -
  setting $1 net/ipv4/conf/$2/rp_filter 0
}

# The router speaks to the nodes by the VLAN 10.
tagged_router() {
  {
    echo addr flush dev eth0
    echo link add link eth0 name eth0.10 type vlan id 10
    echo link set eth0.10 up
    echo addr add 192.168.56.254/24 dev eth0.10
  } | ip -n r -batch -
  setting r net/ipv4/conf/eth0.10/rp_filter 0
  setting r net/ipv4/neigh/eth0.10/locktime 0
}

# An XDP program on a node's card, which drops what goes to the VIP or passes everything.
xdp() { # NODE drop|pass
  mkdir -p /run/bpf
  mountpoint -q /run/bpf || mount -t bpf bpf /run/bpf
  perl "${WORDS%/*}/xdp.pl" $VIP4 $2 /run/bpf/$1
  on $1 ip link set dev eth1 xdpgeneric pinned /run/bpf/$1
  rm /run/bpf/$1
}

# A node's table of nft, the text on standard input.
table() { # NODE
  on $1 nft -f -
}

setting() { # NODE KEY VALUE
  on $1 sh -c "echo $3 >/proc/sys/$2"
}
