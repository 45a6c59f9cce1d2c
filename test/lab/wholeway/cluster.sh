# The cluster behind a router, and how a situation runs from its setup to its snapshots and traffic: in place of the words
# of guest.sh that are called alike.

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

# What the script was not told: VIP or none. It sees the devices of its own namespace in /sys.
snapshot() { # NODE [COMMAND to run it under...]
  node=$1
  shift
  on "$node" unshare --uts --mount sh -c "echo node${node#n} >/proc/sys/kernel/hostname; mount -t sysfs sysfs /sys 2>/dev/null; exec \"\$@\"" \
    sh "$@" dash -s -- ${ASKED---vip $VIP} <"$SCRIPT"
}

tear_down() {
  # What still runs in them, servers above all, goes first.
  for n in $nodes r cl; do
    kill $(ip netns pids $n) 2>/dev/null
    ip netns del $n
  done
  # Links end with their namespaces, a little later: what the next cluster would name alike goes first.
  for link in br0 low0 r-br n1-br n2-br n3-br n2-second; do ip link del $link 2>/dev/null; done
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
