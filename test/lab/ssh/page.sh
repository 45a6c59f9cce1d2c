#!/bin/bash
# Runs shell commands as root on a poller that has two cluster nodes beside it, each with a network and a whole
# root of its own: copies (overlays) of LOWER, so that accounts and files made there are gone with this script. The nodes
# are called node1 and node2, share 192.168.56.20, let root in by a key of the tester's, and have an sshd on port 22.
#
# Usage: unshare -m -n -p --fork --kill-child --mount-proc bash page.sh WORK PROJECT PLUGINS LOWER COMMANDS
#   WORK      an empty folder      PROJECT   what the commands run in      PLUGINS   the folder of the installed plugins
#   LOWER     the root of the nodes: / or a bare system       COMMANDS  the file
# POLLER in the environment is a root for the poller that has the package; without it the poller is this machine, with the
# installed plugins and the project's files where the package has them.
set -euo pipefail
work=$1 project=$2 plugins=$3 lower=$4 commands=$5
VIP=192.168.56.20 MAC=01:23:45:67:89:ab

mount --make-rprivate /
mount -t tmpfs tmpfs "$work"
ip link set lo up

root() { # NAME LOWER
  mkdir -p "$work/$1" "$work/upper-$1" "$work/work-$1"
  mount -t overlay overlay -o "lowerdir=$2,upperdir=$work/upper-$1,workdir=$work/work-$1" "$work/$1"
  mount -t proc proc "$work/$1/proc"
  mount --rbind /dev "$work/$1/dev"
  mount -t tmpfs tmpfs "$work/$1/run"
  mkdir -p "$work/$1/run/sshd"
  printf '192.168.56.11 node1\n192.168.56.12 node2\n127.0.0.1 localhost\n127.0.1.1 %s\n' "$(hostname)" >"$work/$1/etc/hosts"
  # No name service but the file, and nothing left of earlier tries.
  echo 'hosts: files' >>"$work/$1/etc/nsswitch.conf"
  sed -i '0,/^hosts:/{/^hosts:/d}' "$work/$1/etc/nsswitch.conf"
}

# What holds a network's name: it lives as long as this script.
network() { # NAME, gives its process
  unshare -n sleep infinity &
  eval "$1=$!"
  until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
}

ssh-keygen -q -t ed25519 -N '' -f "$work/tester"

node() { # NUMBER
  network net
  root node$1 "$lower"
  ip link add p$1 type veth peer name eth1 address 02:00:00:00:00:0$1 netns $net
  ip link set p$1 master br0 up
  in="nsenter --net=/proc/$net/ns/net"
  $in ip link set lo up
  $in ip addr add 192.168.56.1$1/24 dev eth1
  $in ip link set eth1 up
  $in ip addr add $VIP/24 dev eth1
  $in ip maddr add $MAC dev eth1
  $in ip route add default via 192.168.56.1
  $in nft -f - <<RULES
table ip IPaddr2 {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iif "eth1" ip daddr $VIP jhash ip saddr mod 2 seed 0x7a51254f offset 1 $1 meta pkttype set host accept
    iif "eth1" ip daddr $VIP drop
  }
}
table arp IPaddr2 {
  chain output {
    type filter hook output priority filter; policy accept;
    arp saddr ip $VIP arp saddr ether set $MAC
  }
}
RULES
  mkdir -p "$work/node$1/root/.ssh"
  chmod 700 "$work/node$1/root" "$work/node$1/root/.ssh"
  cp "$work/tester.pub" "$work/node$1/root/.ssh/authorized_keys"
  rm -f "$work/node$1"/etc/ssh/ssh_host_*
  chroot "$work/node$1" ssh-keygen -A >/dev/null
  $in chroot "$work/node$1" /usr/sbin/sshd -D -e -o UsePAM=no -o PermitRootLogin=prohibit-password -o PasswordAuthentication=no 2>"$work/sshd$1.log" &
}

ip link add br0 type bridge mcast_snooping 0
ip addr add 192.168.56.1/24 dev br0
ip link set br0 up
node 1
node 2
root poller "${POLLER:-/}"
put() { # FOLDER PLACE
  mkdir -p "$work/poller$2"
  mount --bind "$1" "$work/poller$2"
}
put "$project" "$project"
if [ -z "${POLLER:-}" ]; then
  put "$plugins" "$plugins"
  put "$plugins" /usr/lib/nagios/plugins
  put "$project/icinga-conf" /usr/share/doc/rackwatch-plugins/icinga-conf
else
  # Lifted out of the lower file system: Icinga copies within the kernel, which two file systems refuse.
  cp -a "$work/poller/etc/icinga2" "$work/poller/etc/icinga2.lifted"
  rm -rf "$work/poller/etc/icinga2"
  mv "$work/poller/etc/icinga2.lifted" "$work/poller/etc/icinga2"
fi
rm -f "$work/poller/etc/ssh/ssh_known_hosts" "$work/poller/etc/ssh/ssh_config.d/rackwatch.conf"
rm -rf "$work/poller/root/.ssh" "$work/poller/var/lib/nagios/.ssh"
mkdir -m 700 "$work/poller/root/.ssh"
cp "$work/tester" "$work/poller/root/.ssh/id_ed25519"
cp "$commands" "$work/poller/commands.sh"
for number in 1 2; do
  until timeout 1 bash -c "</dev/tcp/192.168.56.1$number/22" 2>/dev/null; do sleep 0.05; done
done
chroot "$work/poller" bash -ec "cd '$project'; . /commands.sh"
