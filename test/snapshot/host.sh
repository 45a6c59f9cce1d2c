# Runs as root in namespaces of its own (unshare -n -m): a host with the VIP and a real firewall, on which the snapshot
# script is run by each pair of a shell and an awk. Usage: host.sh FOLDER RULES [AWKS], where FOLDER is written to and RULES is
# how many rules that have nothing to do with the VIP each firewall gets; there are twice as many routes. AWKS names the
# awks, if not all.
set -e
folder=$1
count=$2
script=$PWD/plugins/cluster_node_snapshot
mount --make-rprivate /
ip link set lo up
ip link add eth1 type veth peer name peer1
for link in eth1 peer1; do
  echo 1 >/proc/sys/net/ipv6/conf/$link/disable_ipv6
  ip link set $link up
done
ip addr add 192.168.56.20/24 dev eth1

third=$((count / 3))
{
  printf '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:f2b-sshd - [0:0]\n'
  echo '-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd'
  seq 1 $third | awk '{ printf "-A f2b-sshd -s 203.0.%d.%d/32 -j REJECT\n", $1 / 250, $1 % 250 }'
  seq 1 $third | awk '{ printf "-A FORWARD -d 10.%d.%d.0/24 -p tcp -m tcp --dport %d -j ACCEPT\n", $1 / 250, $1 % 250, $1 }'
  seq 1 $third | awk '{ printf "-A INPUT -d 172.16.%d.%d/32 -p tcp -m tcp --dport %d -j ACCEPT\n", $1 / 250, $1 % 250, $1 }'
  echo '-A INPUT -d 192.168.56.20/32 -p tcp -m tcp --dport 443 -m comment --comment "of the VIP" -j ACCEPT'
  echo COMMIT
} | iptables-legacy-restore
{
  echo 'table inet other { chain input { type filter hook input priority 0; policy accept;'
  echo 'ip daddr 192.168.56.20 tcp dport 443 counter accept'
  seq 1 $third | awk '{ printf "ip daddr 172.16.%d.%d tcp dport %d accept\n", $1 / 250, $1 % 250, $1 }'
  echo '}; chain forward { type filter hook forward priority 0; policy accept;'
  seq 1 $((2 * third)) | awk '{ printf "ip daddr 10.%d.%d.0/24 tcp dport %d accept\n", $1 / 250, $1 % 250, $1 }'
  echo '}; chain output { type filter hook output priority 0; policy accept;'
  echo 'ip saddr 192.168.56.20 tcp sport 444 counter drop'
  echo 'ip saddr 172.16.0.1 drop'
  echo '}; }'
  echo 'table netdev card { chain in { type filter hook ingress device "eth1" priority 0;'
  echo 'ip daddr 192.168.56.20 tcp dport 445 drop'
  echo '}; }'
} | nft -f -
arptables -A OUTPUT -s 192.168.56.20 -j mangle --mangle-mac-s 01:23:45:67:89:ab
ebtables -A INPUT -p IPv4 --ip-dst 192.168.56.20 --ip-proto tcp --ip-dport 446 -j DROP
ebtables -A FORWARD -p IPv4 --ip-dst 192.168.56.21 -j DROP
iptables -t mangle -A OUTPUT -s 192.168.56.20 -p tcp --sport 447 -j DROP
iptables -t mangle -A OUTPUT -s 172.16.0.1 -j DROP

# Policy routing, and a routing table in which every other route leads where the default leads.
ip route add default via 192.168.56.1 dev eth1
ip route add blackhole 10.200.0.0/16
ip route add 10.201.0.0/16 via 192.168.56.2 dev eth1
seq 1 120 | awk '{ printf "route add blackhole 203.0.114.%d\n", $1 }' | ip -batch -
ip route add blackhole 223.0.0.0/8
ip rule add from 192.168.56.20 fwmark 0x1/0xff lookup 100
ip route add unreachable default table 100
seq 1 $((2 * count)) | awk '{ printf "route add 11.%d.%d.0/24 via 192.168.56.%d dev eth1\n", $1 / 250, $1 % 250, 1 + $1 % 2 }' | ip -batch -
ip neigh add 192.168.56.1 lladdr 02:00:00:00:00:01 dev eth1 nud permanent
ip neigh add 192.168.56.77 lladdr 02:00:00:00:00:77 dev eth1 nud permanent
echo 1 >/proc/sys/net/ipv4/conf/eth1/rp_filter
tc qdisc add dev eth1 clsact

# What awk is, is told by what stands behind /usr/bin/awk.
awk=$(realpath /usr/bin/awk)
for tool in mawk gawk busybox; do cp "/usr/bin/$tool" "$folder/$tool"; done
for tool in ${3:-mawk gawk busybox}; do
  mount --bind "$folder/$tool" "$awk"
  for shell in dash bash 'busybox sh'; do
    $shell "$script" --vip 192.168.56.20 --limit 30 >"$folder/${shell% *}-$tool.txt" 2>"$folder/${shell% *}-$tool.err" </dev/null
  done
  umount "$awk"
done

# A tool that hangs, one that fails, one that is missing, an awk that dies.
cp /bin/sleep "$folder/sleep"
printf '#!/bin/sh\nexec %s/sleep 600\n' "$folder" >"$folder/hangs"
printf '#!/bin/sh\necho some of it\necho out of order >&2\nexit 7\n' >"$folder/fails"
printf '#!/bin/sh\ncase "$*" in *elsewhere*) exit 2 ;; esac\nexec %s/mawk "$@"\n' "$folder" >"$folder/dies"
chmod +x "$folder/hangs" "$folder/fails" "$folder/dies"
nft=$(realpath /usr/sbin/nft)
mount --bind "$folder/hangs" "$nft"
dash "$script" --limit 1 >"$folder/hangs.txt" 2>&1
umount "$nft"
legacy=$(realpath /usr/sbin/iptables-legacy-save)
mount --bind "$folder/hangs" "$legacy"
dash "$script" --limit 1 >"$folder/waits.txt" 2>&1
umount "$legacy"
mount --bind "$folder/fails" "$nft"
dash "$script" >"$folder/fails.txt" 2>&1
umount "$nft"
mount --bind "$folder/dies" "$awk"
dash "$script" >"$folder/dies.txt" 2>&1
umount "$awk"
multi=$(realpath /usr/sbin/xtables-legacy-multi)
mount --bind /dev/null "$multi"
dash "$script" >"$folder/modern.txt" 2>&1
umount "$multi"
mkdir "$folder/none"
mount --bind "$folder/none" /usr/sbin
dash "$script" >"$folder/bare.txt" 2>&1
umount /usr/sbin
