#!/bin/bash
# Runs commands as root on a machine that is poller and node in one, with a network and a whole root of its own (an overlay of
# this one): NRPE as its package leaves it, but for another poller, and without any of our files. Over the line to node1
# commands run here.
#
# Usage: unshare -m -n -p --fork --kill-child --mount-proc bash nrpe.sh WORK PLUGINS COMMANDS
#   WORK  an empty folder      PLUGINS  the folder of the installed plugins      COMMANDS  the file
set -euo pipefail
work=$1 plugins=$2 commands=$3
mount --make-rprivate /
mount -t tmpfs tmpfs "$work"
ip link set lo up
ip addr add 192.168.56.20/32 dev lo
mkdir "$work/root" "$work/upper" "$work/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount -t proc proc "$work/root/proc"
mount --rbind /dev "$work/root/dev"
mount -t tmpfs tmpfs "$work/root/run"
mkdir -p "$work/root/run/nagios" "$work/root/opt/rackwatch"
mount --bind "$plugins" "$work/root/opt/rackwatch"
rm -f "$work/root/usr/lib/nagios/plugins/cluster_node_snapshot" "$work/root/etc/sudoers.d/rackwatch"
# Where Debian has what a person writes.
sed -i '/^allowed_hosts=/d' "$work/root/etc/nagios/nrpe.cfg"
echo 'allowed_hosts=192.0.2.1,192.0.2.10' >>"$work/root/etc/nagios/nrpe_local.cfg"
grep -q '^include=/etc/nagios/nrpe_local.cfg' "$work/root/etc/nagios/nrpe.cfg"
cp "$commands" "$work/root/commands.sh"
# No service manager is here, and nobody to log in to.
cat >"$work/root/usr/local/bin/systemctl" <<'END'
#!/bin/sh
[ "$*" = 'reload nagios-nrpe-server' ] && kill -HUP "$(cat /run/nagios/nrpe.pid)" && sleep 1
END
cat >"$work/root/usr/local/bin/ssh" <<'END'
#!/bin/sh
while [ "${1#root@}" = "$1" ]; do shift; done
shift
exec sh -c "$*"
END
chmod 755 "$work/root/usr/local/bin/systemctl" "$work/root/usr/local/bin/ssh"
chroot "$work/root" /usr/sbin/nrpe -c /etc/nagios/nrpe.cfg -f &
until timeout 1 bash -c '</dev/tcp/127.0.0.1/5666' 2>/dev/null; do sleep 0.05; done
PATH=/usr/local/bin:$PATH chroot "$work/root" bash -ec '. /commands.sh'
