# Functions for scenarios: a switch, nodes n1 and n2 with an own address each, and a poller `mon`.
VIP=192.0.2.100
MAC=01:23:45:67:89:ab

on() { # NODE COMMAND...
  namespace=$1
  shift
  ip netns exec "$namespace" "$@"
}

# What several test runs before may have left goes first.
fresh() {
  for n in sw n1 n2 n3 mon; do ip netns del $n 2>/dev/null || true; done
  ip netns add sw
  ip -n sw link add br0 type bridge mcast_snooping 0
  ip -n sw link set br0 up
  host n1 11 02:00:00:00:00:01
  host n2 12 02:00:00:00:00:02
  host mon 50 02:00:00:00:00:50
}

host() { # NAME NUMBER MAC
  ip netns add $1
  ip -n $1 link add eth0 address $3 type veth peer name $1-p netns sw
  ip -n sw link set $1-p master br0 up
  {
    echo link set lo up
    echo link set eth0 up
    echo addr add 192.0.2.$2/24 dev eth0
    echo addr add 2001:db8::$2/64 dev eth0 nodad
  } | ip -n $1 -batch -
}

vip() { # NODE [PREFIX [INTERFACE]]
  ip -n $1 addr add $VIP/${2:-24} dev ${3:-eth0}
}

cluster_mac() { # NODE [MAC [INTERFACE]]
  ip -n $1 maddr add ${2:-$MAC} dev ${3:-eth0}
}

# A second interface with a network of its own.
second() { # NODE
  ip -n $1 link add eth1 type veth peer name peer1
  ip -n $1 link set eth1 up
  ip -n $1 link set peer1 up
}

# The rules of the agent IPaddr2 of 2026, by nftables and by iptables; the ARP rule is an option there.
nft_rule() { # NODE BUCKET [MAC]
  on $1 nft -f - <<RULES
table ip IPaddr2_192_0_2_100 {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iif "eth0" ip daddr $VIP jhash ip saddr mod 2 seed 0x7a51254f offset 1 $2 meta pkttype set host accept comment "cip-node-$2"
    iif "eth0" ip daddr $VIP drop
  }
}
RULES
  [ -z "${3-}" ] || on $1 nft -f - <<RULES
table arp IPaddr2_192_0_2_100 {
  chain output {
    type filter hook output priority filter; policy accept;
    arp saddr ip $VIP arp saddr ether set $3
  }
}
RULES
}

xt_rule() { # NODE BUCKET [MAC]
  on $1 iptables-nft -t mangle -A PREROUTING -d $VIP -i eth0 -m cluster --cluster-local-node $2 --cluster-total-nodes 2 --cluster-hash-seed 0x7a51254f -j ACCEPT
  on $1 iptables-nft -t mangle -A PREROUTING -d $VIP -i eth0 -j DROP
  [ -z "${3-}" ] || on $1 arptables-nft -A OUTPUT -s $VIP -j mangle --mangle-mac-s $3
}
