import { bucketLost, type Sketch, situationsOf, type Way, well } from './situation.ts';

// Section 4, snapshots that were taken without --vip.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];

/** The script was asked without --vip, and the rule names the VIP by something else. */
const unasked = 'ASKED=""';
const byNetwork = (way: Way) =>
  way === 'nftables'
    ? `${unasked}; whole 2\n${[1, 2]
        .map(
          (i) => `nftables n${i} <<RULES
table ip cluster {
  chain prerouting {
    BASE
    iif eth1 ip daddr 192.168.56.16/28 jhash ip saddr mod 2 seed 2052138319 ${i - 1} meta pkttype set host accept
    iif eth1 ip daddr 192.168.56.16/28 drop
  }
}
RULES`,
        )
        .join('\n')}`
    : `${unasked}; whole 2; for i in 1 2; do
  xt n$i -t mangle -A PREROUTING -d 192.168.56.16/28 -i eth1 -m cluster --cluster-local-node $i --cluster-total-nodes 2 --cluster-hash-seed 1 -j ACCEPT
  xt n$i -t mangle -A PREROUTING -d 192.168.56.16/28 -i eth1 -j DROP
done`;

const withoutVip: readonly Sketch[] = [
  {
    situation: 'asked without the VIP, which the rule names by its network',
    ways: both,
    setup: byNetwork,
    state: 'OK',
  },
  {
    situation: 'asked without the VIP, which the rule names by its network, dropped on n2',
    ways: both,
    setup: (way) => `${byNetwork(way)}\nxt n2 -A INPUT -d $VIP -p tcp -j DROP`,
    tcp: bucketLost,
    udp: well,
    state: ['CRITICAL', 'UNKNOWN'],
    clients: [],
  },
  {
    situation: 'asked without the VIP, which the rule names by the cluster MAC, dropped on n2',
    ways: ['nftables'],
    setup: `${unasked}; whole 2\n${[1, 2]
      .map(
        (i) => `nftables n${i} <<RULES
table ip cluster {
  chain prerouting {
    BASE
    iif eth1 ether daddr 01:23:45:67:89:ab jhash ip saddr mod 2 seed 2052138319 ${i - 1} meta pkttype set host accept
    iif eth1 ether daddr 01:23:45:67:89:ab drop
  }
}
RULES`,
      )
      .join('\n')}\nxt n2 -A INPUT -d $VIP -p tcp -j DROP`,
    tcp: bucketLost,
    udp: well,
    state: ['CRITICAL', 'UNKNOWN'],
    clients: [],
  },
  {
    situation: 'asked without the VIP beside a second one, dropped on n2',
    ways: both,
    setup: (way) => `${byNetwork(way)}
for n in n1 n2; do ip -n $n addr add 192.168.56.40/24 dev eth1; done
VIP=192.168.56.40; ${way === 'nftables' ? 'WAY=iptables-nft; ' : ''}share n1 1 2; share n2 2 2; VIP=$VIP4; xt n2 -A INPUT -d $VIP -p tcp -j DROP`,
    tcp: bucketLost,
    udp: well,
    state: ['CRITICAL', 'UNKNOWN'],
    clients: [],
  },
];

export const unaskedFor = situationsOf(4, withoutVip);
