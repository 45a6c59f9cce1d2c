# The words of the lab of several VIPs, beside those of the labs of xt_cluster and nftables.
. "${WORDS%/vips/*}/netns/words.sh"

# One more VIP on every node, which the client knows by the cluster MAC: also_vip ADDRESS
also_vip() {
  VIP=$1
  case $VIP in *:*) prefix=64 ;; *) prefix=24 ;; esac
  for node in $nodes; do
    case $VIP in
      *:*) on $node ip addr add $VIP/$prefix dev eth1 nodad ;;
      *) on $node ip addr add $VIP/$prefix dev eth1 ;;
    esac
  done
  peer_learned $MAC
}

# As a node answers that is given no arguments: by NRPE, or by a forced command.
snapshot() { # NODE
  on $1 unshare --uts sh -c "echo node${1#n} >/proc/sys/kernel/hostname; exec dash -s" <"$SCRIPT"
}
