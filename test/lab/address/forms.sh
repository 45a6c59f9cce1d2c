# Runs in the guest: a node for each form of interface that a VIP stands on, and its snapshot as an ordinary user.
# Each node goes when its snapshot is written to /run/lab/NAME.txt.
snapshot() { # NAME
  sleep 0.2
  ip netns exec $1 setpriv --reuid=65534 --regid=65534 --clear-groups dash -s -- --addresses-only <"$SCRIPT" >/run/lab/$1.txt
}

# Two cards as slaves of a bond without miimon, which does not look at them.
bonded() { # NAME
  ip netns add $1
  {
    echo link set lo up
    echo link add bond0 type bond mode active-backup
    echo link add d0 type veth peer name p0
    echo link add d1 type veth peer name p1
    echo link set p0 up
    echo link set p1 up
    echo link set d0 master bond0
    echo link set d1 master bond0
    echo link set bond0 up
    echo addr add 192.0.2.11/24 dev bond0
    echo addr add 192.0.2.100/24 dev bond0 label bond0:vip
    echo maddr add 01:23:45:67:89:ab dev bond0
  } | ip -n $1 -batch -
}

vlan() { # NAME
  ip -n $1 link add link bond0 name bond0.10 type vlan id 10
  ip -n $1 link set bond0.10 up
  ip -n $1 addr add 198.51.100.100/24 dev bond0.10
  ip -n $1 maddr add 01:23:45:67:89:ab dev bond0.10
}

member() { # NAME
  {
    echo link add d2 type veth peer name p2
    echo link add blue type vrf table 10
    echo link set blue up
    echo link set d2 master blue
    echo link set p2 up
    echo link set d2 up
    echo addr add 203.0.113.101/24 dev d2
    echo addr add 203.0.113.100/32 dev blue
  } | ip -n $1 -batch -
}

bonded healthy
vlan healthy
member healthy
snapshot healthy

bonded slaves-down
vlan slaves-down
ip -n slaves-down link set p0 down
ip -n slaves-down link set p1 down
snapshot slaves-down

bonded bond-down
vlan bond-down
ip -n bond-down link set bond0 down
snapshot bond-down

bonded vrf-down
member vrf-down
ip -n vrf-down link set blue down
snapshot vrf-down
