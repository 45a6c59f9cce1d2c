# For each scenario a fresh cluster of namespaces, its setup, real packets, and every node's snapshot: in the User-Mode Linux
# guest, or in namespaces of the running kernel (test/lab/netns), which adds the words of its file $WORDS.
# A scenario is a file NAME.sh in /run/lab/scenarios; its results go to /run/lab/results/NAME/.
VIP4=192.168.56.20
VIP6=fd00:56::20
VIP=$VIP4
MAC=01:23:45:67:89:ab
CLIENT_MAC=02:00:00:00:00:fe
P=/proc/net/ipt_CLUSTERIP/$VIP4

on() { # NODE COMMAND...
  namespace=$1
  shift
  nsenter --net=/run/netns/$namespace "$@"
}

# A cluster of N nodes on a bridge, and a client with the sources of /run/lab/sources. The VIP is on every node; where it
# is IPv6 (VIP=$VIP6), so is an IPv4 one, and the sources are those of /run/lab/sources6.
# With macvlan a node's interface filters multicast as a real network card does; veth lets everything in.
cluster() { # N [veth|macvlan]
  {
    # Fixed indexes: what is recorded shows them.
    echo link add br0 index 10 type bridge mcast_snooping 0
    echo link set br0 up
    echo netns add cl
    echo link add cl-br index 11 type veth peer name eth0 netns cl address $CLIENT_MAC
    echo link set cl-br master br0 up
    if [ "${2:-veth}" = macvlan ]; then
      echo link add low0 index 12 type veth peer name low1 index 13
      echo link set low1 master br0 up
      echo link set low0 up
    fi
  } | ip -batch -
  {
    echo link set lo up
    echo link set eth0 up
    echo addr add 192.168.56.254/24 dev eth0
    echo neigh add $VIP4 lladdr $MAC dev eth0 nud permanent
    sed 's|.*|addr add & dev lo|' "$(sources)"
    if six; then
      echo addr add fd00:56::fe/64 dev eth0 nodad
      echo neigh add $VIP6 lladdr $MAC dev eth0 nud permanent
    fi
  } | ip -n cl -batch -
  nodes=''
  i=1
  while [ $i -le "$1" ]; do
    add_node n$i $i "${2:-veth}"
    i=$((i + 1))
  done
}

six() {
  case $VIP in *:*) ;; *) return 1 ;; esac
}

sources() {
  if six; then echo /run/lab/sources6; else echo /run/lab/sources; fi
}

add_node() { # NAME NUMBER veth|macvlan
  nodes="$nodes $1"
  ip netns add $1
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
    echo neigh add 192.168.56.254 lladdr $CLIENT_MAC dev eth1 nud permanent
    echo route add default via 192.168.56.254
    if six; then
      echo addr add fd00:56::1$2/64 dev eth1 nodad
      echo addr add $VIP6/64 dev eth1 nodad
      echo neigh add fd00:56::fe lladdr $CLIENT_MAC dev eth1 nud permanent
      echo route add default via fd00:56::fe
    fi
  } | ip -n $1 -batch -
  # A server may listen on the VIP before it is there; a node is no router, whatever the host is.
  on $1 sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_nonlocal_bind; echo 0 >ipv4/ip_forward
    [ ! -d ipv6 ] || echo 1 >ipv6/ip_nonlocal_bind'
}

# The rule of the classic recipe: rule NODE LOCAL TOTAL [OPTION VALUE]... with MODE, SEED, CMAC, CHAIN, IFACE, MATCH, WHERE from the environment
rule() {
  on "$1" iptables-legacy -t "${TABLE:-filter}" ${WHERE:--A} ${CHAIN:-INPUT} -d $VIP -i "${IFACE:-eth1}" ${MATCH:-} -j CLUSTERIP --new \
    --hashmode "${MODE:-sourceip}" --clustermac "${CMAC:-$MAC}" --total-nodes "$3" --local-node "$2" --hash-init "${SEED:-0}"
}

buckets() { # NODE +N|-N...
  node=$1
  shift
  for change in "$@"; do on "$node" sh -c "echo $change >$P"; done
}

snapshot() { # NODE [COMMAND to run it under...]
  node=$1
  shift
  on "$node" unshare --uts sh -c "echo node${node#n} >/proc/sys/kernel/hostname; exec \"\$@\"" sh "$@" dash -s -- --vip $VIP <"$SCRIPT"
}

tear_down() {
  # What still runs in them, servers above all, goes first.
  for n in $nodes cl; do
    kill $(ip netns pids $n) 2>/dev/null
    ip netns del $n
  done
  # Links end with their namespaces, a little later: what the next cluster would name alike goes first.
  for link in br0 low0 cl-br n1-br n2-br n3-br; do ip link del $link 2>/dev/null; done
}

run_scenario() { # NAME
  out=/run/lab/results/$1
  mkdir -p "$out"
  AS='' VIP=$VIP4
  . "/run/lab/scenarios/$1.sh"
  rm -f /run/ready.*
  servers=''
  for n in $nodes; do
    on $n perl "$TOOLS/server.pl" $n $VIP /run/ready.$n &
    servers="$servers $!"
  done
  for n in $nodes; do until [ -e /run/ready.$n ]; do sleep 0.05; done; done
  on cl perl "$TOOLS/client.pl" $VIP "$(sources)" "${QUIET:-1.2}" >"$out/traffic" &
  client=$!
  for n in $nodes; do snapshot $n $AS >"$out/$n.txt"; done
  wait $client
  kill $servers
  tear_down
}

[ -z "${WORDS:-}" ] || . "$WORDS"
for file in /run/lab/scenarios/*.sh; do
  name=${file##*/}
  run_scenario "${name%.sh}"
  read -r now rest </proc/uptime
  echo "$now ${name%.sh}"
done
