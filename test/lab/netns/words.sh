# The words that scenarios of xt_cluster and nftables are written in, beside those of guest.sh (cluster, on, snapshot).
# They differ by WAY: iptables-legacy, iptables-nft (their ip6tables twin where the VIP is IPv6) or nftables.
# Each takes the node first. From the environment: SEED, IFACE, WAY, and what stands at the word.

# A cluster that listens to its MAC: crowd N [veth|macvlan]
crowd() {
  cluster "$@"
  for node in $nodes; do listen $node; done
}

# A cluster whose cards let nothing through to the cluster MAC: filtering N [COMMAND...], with a command that makes nodes
# listen to something else. A macvlan's filter is a hash with 256 places and a seed of its own, so that one in some sixty
# lets the MAC pass for another group's sake: then the cluster is made anew. Nor does it forget a group again.
filtering() {
  count=$1
  shift
  for attempt in 1 2 3 4 5 6 7 8; do
    cluster $count macvlan
    "$@"
    on cl ping -n -c 1 -W 0.3 $VIP >/dev/null || return
    tear_down
  done
}

listen() { # NODE [MAC]
  on $1 ip maddr add ${2:-$MAC} dev eth1
}

has_vip() { # add|del NODE
  if six; then on $2 ip -6 addr $1 $VIP6/64 dev eth1; else on $2 ip addr $1 $VIP4/24 dev eth1; fi
}

peer_learned() { # MAC
  ip -n cl neigh replace $VIP lladdr $1 dev eth0 nud permanent
}

# A card that no traffic uses.
second_card() { # NODE
  on $1 ip link add eth2 type veth peer name eth2-peer
  on $1 ip link set eth2-peer up
  on $1 ip link set eth2 up
}

rename_card() { # NODE
  on $1 ip link set eth1 down
  on $1 ip link set eth1 name lan0
  on $1 ip link set lan0 up
  on $1 ip neigh replace 192.168.56.254 lladdr $CLIENT_MAC dev lan0 nud permanent
  on $1 ip route add default via 192.168.56.254
}

xt() { # NODE ARGUMENT...
  node=$1
  shift
  case $WAY in
    iptables-*) tool=$WAY ;;
    *) tool=iptables-nft ;;
  esac
  if six; then tool=ip6${tool#ip}; fi
  on $node $tool -w 5 "$@"
}

# The rules that share the VIP, as IPaddr2 writes them: what is accepted, then the drop.
# From the environment: TABLE, CHAIN, HOOK, PRIORITY, NODROP, PKTTYPE, HASH
share() { # NODE BUCKET[,BUCKET]... TOTAL
  case $WAY in
    nftables) share_nft "$@" ;;
    *) share_xt "$@" ;;
  esac
}

mask() { # BUCKET[,BUCKET]...
  sum=0
  for bucket in $(echo $1 | tr , ' '); do sum=$((sum | 1 << (bucket - 1))); done
  printf '0x%x\n' $sum
}

share_xt() { # NODE BUCKETS TOTAL
  case $2 in
    *,*) held="--cluster-local-nodemask $(mask $2)" ;;
    *) held="--cluster-local-node $2" ;;
  esac
  xt $1 -t ${TABLE:-mangle} -A ${CHAIN:-PREROUTING} -d $VIP -i ${IFACE:-eth1} ${MATCH:-} -m cluster $held --cluster-total-nodes $3 \
    --cluster-hash-seed ${SEED:-2052138319} -j ACCEPT
  [ -n "${NODROP:-}" ] || xt $1 -t ${TABLE:-mangle} -A ${CHAIN:-PREROUTING} -d $VIP -i ${IFACE:-eth1} ${MATCH:-} -j DROP
}

# The node answers nobody: what is left where another has taken over.
only_drop() { # NODE
  if [ $WAY = nftables ]; then
    on $1 nft -f - <<RULES
table $(l3) cluster {
  chain prerouting {
    type filter hook prerouting priority -150; policy accept;
    iif eth1 $(l3) daddr $VIP drop
  }
}
RULES
  else
    xt $1 -t mangle -A PREROUTING -d $VIP -i eth1 -j DROP
  fi
}

# MARK, then DROP of what has no mark.
share_marked() { # NODE BUCKET TOTAL
  xt $1 -t mangle -A PREROUTING -d $VIP -i eth1 -m cluster --cluster-total-nodes $3 --cluster-local-node $2 \
    --cluster-hash-seed ${SEED:-2052138319} -j MARK --set-mark 0xffff
  xt $1 -t mangle -A PREROUTING -d $VIP -i eth1 -m mark ! --mark 0xffff -j DROP
}

l3() {
  if six; then echo ip6; else echo ip; fi
}

# What an nftables rule matches and hashes, up to what the hash is compared with: hash TOTAL
hash() {
  echo "jhash ${HASH:-$(l3) saddr} mod $1 ${SEEDED-seed ${SEED:-2052138319}}"
}

share_nft() { # NODE BUCKETS TOTAL
  set -- "$1" "$(echo $2 | tr , ' ')" "$3"
  wanted=''
  for bucket in $2; do wanted="$wanted${wanted:+, }$((bucket - 1 + ${OFFSET:-0}))"; done
  case $wanted in *,*) wanted="{ $wanted }" ;; esac
  on $1 nft -f - <<RULES
table ${FAMILY:-$(l3)} cluster {
  chain ${CHAIN:-prerouting} {
    type filter hook ${HOOK:-prerouting} priority ${PRIORITY:--150}; policy accept;
    ${IIF:-iif} ${IFACE:-eth1} $(l3) daddr $VIP ${MATCH:-} $(hash $3) ${OFFSET+offset $OFFSET} $wanted ${PKTTYPE-meta pkttype set host} accept
    ${NODROP:+#} ${IIF:-iif} ${IFACE:-eth1} $(l3) daddr $VIP ${MATCH:-} drop
  }
}
RULES
}

# Rules written out: the text on standard input, with the chain's head as `BASE`.
nftables() { # NODE
  sed 's/BASE/type filter hook prerouting priority -150; policy accept;/' | on $1 nft -f -
}

# Stands before the rules that share the VIP: first NODE accept|drop|established|drop-tcp|accept-range
first() {
  if [ $WAY = nftables ]; then
    case $2 in
      accept) rule="$(l3) daddr $VIP accept" ;;
      drop) rule="$(l3) daddr $VIP drop" ;;
      established) rule='ct state established,related accept' ;;
      drop-tcp) rule='meta l4proto tcp drop' ;;
      accept-range) rule='ip saddr 10.0.0.0/8 accept' ;;
    esac
    on $1 nft insert rule $(l3) cluster prerouting $rule
  else
    case $2 in
      accept) rule="-d $VIP -j ACCEPT" ;;
      drop) rule="-d $VIP -j DROP" ;;
      established) rule='-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT' ;;
      drop-tcp) rule='-p tcp -j DROP' ;;
      accept-range) rule='-s 10.0.0.0/8 -j ACCEPT' ;;
    esac
    xt $1 -t mangle -I PREROUTING $rule
  fi
}

# A firewall as a program saves it, beside what is loaded: restore NODE, with the text on standard input.
restore() { # NODE
  if six; then on $1 ip6tables-nft-restore -w 5 -n; else on $1 iptables-nft-restore -w 5 -n; fi
}

# The sets of addresses that firewalls name.
sets() {
  for node in $nodes; do
    on $node ipset create blocklist hash:net
    on $node ipset add blocklist 192.0.2.0/24
    on $node ipset create cali40all-hosts-net hash:net
    on $node ipset add cali40all-hosts-net 192.168.56.0/24
  done
}

# A firewall of its own table, after the cluster rules: what every distribution loads.
firewall() { # NODE
  if [ $WAY = nftables ]; then
    on $1 nft -f - <<'RULES'
table inet firewall {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
    meta l4proto { icmp, ipv6-icmp } accept
    tcp dport { 22, 80, 8080 } accept
    udp dport 53 accept
  }
}
RULES
  else
    xt $1 -P INPUT DROP
    xt $1 -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    xt $1 -A INPUT -i lo -j ACCEPT
    if six; then xt $1 -A INPUT -p ipv6-icmp -j ACCEPT; else xt $1 -A INPUT -p icmp -j ACCEPT; fi
    xt $1 -A INPUT -p tcp -m multiport --dports 22,80,8080 -j ACCEPT
    xt $1 -A INPUT -p udp -m udp --dport 53 -j ACCEPT
  fi
}

# A firewall that lets in nothing but answers.
closed() { # NODE
  if [ $WAY = nftables ]; then
    on $1 nft -f - <<'RULES'
table inet firewall {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
  }
}
RULES
  else
    xt $1 -P INPUT DROP
    xt $1 -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    xt $1 -A INPUT -i lo -j ACCEPT
  fi
}

untracked() { # NODE
  if [ $WAY = nftables ]; then
    on $1 nft -f - <<RULES
table $(l3) untracked {
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    $(l3) daddr $VIP notrack
  }
}
RULES
  else
    xt $1 -t raw -A PREROUTING -d $VIP -j CT --notrack
  fi
}

# The whole ruleset is gone, as after a firewall's reload.
flush() { # NODE
  if [ $WAY = nftables ]; then on $1 nft flush ruleset; else xt $1 -t mangle -F; fi
}

# No snapshot, no answers: the node is dead.
dead() { # NODE
  ip netns del $1
  nodes=$(echo "$nodes" | sed "s/ $1\$//; s/ $1 / /")
}
