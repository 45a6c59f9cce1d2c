# The words of the lab of several VIPs, beside those of guest.sh; in namespaces of the running kernel those of xt_cluster and
# nftables, too.
[ -z "${WORDS:-}" ] || . "${WORDS%/vips/*}/netns/words.sh"

# One more VIP on every node, which the client knows by the cluster MAC: also_vip ADDRESS
also_vip() {
  VIP=$1
  for node in $nodes; do on $node ip addr add $VIP/24 dev eth1; done
  ip -n cl neigh replace $VIP lladdr $MAC dev eth0 nud permanent
}

# The VIP is no longer on these nodes: lost_address NODE...
lost_address() {
  for node; do on $node ip addr del $VIP/24 dev eth1; done
}

# The client's addresses of IPv4, where the cluster was made for a VIP of IPv6.
clients_of_ipv4() {
  sed 's|.*|addr add & dev lo|' /run/lab/sources | ip -n cl -batch -
}

# CLUSTERIP's own file: change NODE +N|-N
change() {
  on $1 sh -c "echo $2 >/proc/net/ipt_CLUSTERIP/$VIP"
}

# As a node answers that is given no arguments: by NRPE, or by a forced command.
snapshot() { # NODE
  on $1 unshare --uts sh -c "echo node${1#n} >/proc/sys/kernel/hostname; exec dash -s" <"$SCRIPT"
}
