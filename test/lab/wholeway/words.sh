# The words that situations of the whole way are written in, beside those of guest.sh and of the lab of network namespaces
# (share, listen, firewall ...), some of which are another thing here: nodes and clients have a router between them, which
# resolves the VIP as any router does, and nothing is resolved beforehand.
. "${WORDS%/*}/../netns/words.sh"

# N nodes on a wire, a router on it (namespace r), and behind that the clients (namespace cl) with the sources of
# /run/lab/sources, which are routed there. A macvlan filters groups as a network card does; veth lets everything in, and
# can carry interfaces of its own.
cluster() { # N [macvlan|veth]
  card=${2:-macvlan}
  {
    echo link add br0 index 10 type bridge mcast_snooping 0
    echo link set br0 up
    echo netns add r
    echo netns add cl
    echo link add r-br index 11 type veth peer name eth0 netns r address $CLIENT_MAC
    echo link set r-br master br0 up
    if [ $card = macvlan ]; then
      echo link add low0 index 12 type veth peer name low1 index 13
      echo link set low1 master br0 up
      echo link set low0 up
    fi
  } | ip -batch -
  on r sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 0 >ipv4/conf/all/rp_filter; echo 0 >ipv4/conf/eth0/rp_filter
    echo 0 >ipv4/conf/eth0/send_redirects; echo 0 >ipv4/conf/all/send_redirects
    # What was heard last is taken, as by routers that know no lock time.
    echo 0 >ipv4/neigh/eth0/locktime
    [ ! -d ipv6 ] || { echo 1 >ipv6/conf/all/forwarding; echo 0 >ipv6/conf/eth0/accept_dad; echo 0 >ipv6/conf/default/accept_dad; }'
  on cl sh -c 'cd /proc/sys/net; [ ! -d ipv6 ] || { echo 1 >ipv6/ip_nonlocal_bind; echo 0 >ipv6/conf/default/accept_dad; }'
  {
    echo link set eth0 up
    echo addr add 192.168.56.254/24 dev eth0
    echo link add c0 index 20 type veth peer name r0 index 20 netns cl
    echo link set c0 up
    echo addr add 192.0.2.1/30 dev c0
    if six; then
      echo addr add fd00:56::fe/64 dev eth0 nodad
      echo addr add fd00:57::1/64 dev c0 nodad
    fi
  } | ip -n r -batch -
  {
    echo link set lo up
    echo link set r0 up
    echo addr add 192.0.2.2/30 dev r0
    echo route add default via 192.0.2.1
    for network in 10.0.0.0/8 172.0.0.0/8 198.18.0.0/16 203.0.0.0/8 192.168.1.0/24; do echo route add local $network dev lo; done
    if six; then
      echo addr add fd00:57::2/64 dev r0 nodad
      echo route add default via fd00:57::1
      echo route add local 2000::/3 dev lo
    fi
  } | ip -n cl -batch -
  ip -n r route add default via 192.0.2.2
  ! six || ip -n r route add default via fd00:57::2
  nodes=''
  i=1
  while [ $i -le "$1" ]; do
    add_node n$i $i $card
    i=$((i + 1))
  done
}

sources() {
  if [ -n "${SOURCES:-}" ]; then echo /run/lab/$SOURCES; elif six; then echo /run/lab/sources6; else echo /run/lab/sources; fi
}

add_node() { # NAME NUMBER macvlan|veth
  nodes="$nodes $1"
  ip netns add $1
  on $1 sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_nonlocal_bind; echo 0 >ipv4/ip_forward
    echo 0 >ipv4/conf/all/rp_filter; echo 0 >ipv4/conf/default/rp_filter
    [ ! -d ipv6 ] || { echo 1 >ipv6/ip_nonlocal_bind; echo 0 >ipv6/conf/default/accept_dad; echo 0 >ipv6/conf/default/accept_ra; }'
  if [ $3 = macvlan ]; then
    ip link add link low0 name eth1 netns $1 address 02:00:00:00:00:0$2 type macvlan mode bridge bcqueuelen 10000
  else
    ip link add $1-br index 2$2 type veth peer name eth1 netns $1 address 02:00:00:00:00:0$2
    ip link set $1-br master br0 up
  fi
  {
    echo link set lo up
    echo link set eth1 up
    echo addr add 192.168.56.1$2/24 dev eth1
    echo addr add $VIP4/24 dev eth1
    echo route add default via 192.168.56.254
    if six; then
      echo addr add fd00:56::1$2/64 dev eth1 nodad
      echo addr add $VIP6/64 dev eth1 nodad
      echo route add default via fd00:56::fe
    fi
  } | ip -n $1 -batch -
}

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

# What the script was not told: VIP or none. It sees the devices of its own namespace in /sys.
snapshot() { # NODE [COMMAND to run it under...]
  node=$1
  shift
  on "$node" unshare --uts --mount sh -c "echo node${node#n} >/proc/sys/kernel/hostname; mount -t sysfs sysfs /sys 2>/dev/null; exec \"\$@\"" \
    sh "$@" dash -s -- ${ASKED---vip $VIP} <"$SCRIPT"
}

tear_down() {
  for n in $nodes r cl; do ip netns del $n; done
  # Links end with their namespaces, a little later: what the next cluster would name alike goes first.
  for link in br0 low0 r-br n1-br n2-br n3-br; do ip link del $link 2>/dev/null; done
}

# Until a file is there, or ten seconds are over: what does not begin is seen in the traffic.
await() { # FILE
  for turn in $(seq 200); do
    [ ! -e $1 ] || return 0
    sleep 0.05
  done
  echo "$1 never came"
}

# Some clients ping, so that router and nodes resolve what they need.
stir() {
  on cl perl "${WORDS%/*}/stir.pl" $VIP "$(sources)" ${STIR:-0.15}
}

# In a shell of its own: what one sets the next does not see.
# What a target sees of node n1, a line a protocol and port, in place of what clients see of the nodes.
leave() {
  stir
  on cl perl "${WORDS%/*}/seen.pl" $TARGET 4 3 /run/ready.cl >"$out/traffic" &
  seen=$!
  await /run/ready.cl
  on n1 perl "${WORDS%/*}/send.pl" $TARGET udp/53 udp/514 tcp/80 tcp/443 &
  ASKED="--vip $VIP --route $TARGET" snapshot n1 >"$out/n1.txt"
  wait $seen
  tear_down
}

run_scenario() ( # NAME
  out=/run/lab/results/$1
  mkdir -p "$out"
  AS='' VIP=$VIP4
  . "/run/lab/scenarios/$1.sh"
  rm -f /run/ready.*
  if [ -n "${TARGET:-}" ]; then
    leave
    return
  fi
  servers=''
  for n in $nodes; do
    on $n perl "$TOOLS/server.pl" $n $VIP /run/ready.$n ${TCP_ON:-$VIP} &
    servers="$servers $!"
  done
  for n in $nodes; do await /run/ready.$n; done
  stir
  # Later, each node asks for its gateway again, the last one last: what its request says of the VIP is what is learned.
  for n in $nodes; do
    for link in eth1 br1 bond0 eth1.10; do on $n ip neigh flush dev $link >/dev/null 2>&1; done
    stir
  done
  [ -z "${DEBUG:-}" ] || { ip -n r neigh; for n in $nodes; do ip -n $n neigh; on $n $DEBUG; done; }
  on cl env FRAMES=/run/netns/r perl "$TOOLS/client.pl" $VIP "$(sources)" "${QUIET:-1.2}" >"$out/traffic" &
  client=$!
  for n in $nodes; do snapshot $n $AS >"$out/$n.txt"; done
  wait $client
  kill $servers
  tear_down
)
