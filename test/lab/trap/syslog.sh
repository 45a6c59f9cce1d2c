#!/bin/sh
# A syslog of its own: /dev/log in a mount namespace that nobody else sees, written to a file by a real syslogd. Lives until
# it is killed; programs enter by nsenter. Usage: unshare --mount sh syslog.sh FOLDER
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$1/dev"
for device in null zero full random urandom tty; do
  : >"$1/dev/$device"
  mount --bind "/dev/$device" "$1/dev/$device"
done
ln -s /proc/self/fd "$1/dev/fd"
mount --rbind "$1/dev" /dev
exec busybox syslogd -n -O "$1/lines"
