import { lost, type Sketch, situationsOf, type Way, well } from './situation.ts';

// Section 4, what is healthy inside the hooks though it does not look so.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];
const each = (commands: string) => `healthy 2; for n in n1 n2; do ${commands}; done`;
const alike = (iptables: string, nft: string) => (way: Way) =>
  each(`before $n ${way === 'nftables' ? `'${nft}'` : iptables}`);

const policy: readonly Sketch[] = [
  {
    situation: 'one network alone may come in',
    ways: both,
    setup: each('xt $n -A INPUT -s 192.168.1.0/24 -j ACCEPT; xt $n -A INPUT -d $VIP -j DROP'),
    sources: 'lan',
    tcp: lost(0.5, 0.5),
    state: 'OK',
  },
  {
    situation: 'one network alone may come in, by policy',
    ways: ['iptables-nft'],
    setup: each('xt $n -A INPUT -s 192.168.1.0/24 -j ACCEPT; xt $n -P INPUT DROP'),
    sources: 'lan',
    tcp: lost(0.5, 0.5),
    state: 'OK',
  },
  {
    situation: 'another offset on n2, and firewalls that deny a host',
    ways: ['nftables'],
    setup: 'whole 2; share n1 1 2; OFFSET=1 share n2 2 2; for n in n1 n2; do xt $n -A INPUT -s 10.9.9.9 -j DROP; done',
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'another offset on n2, and firewalls that deny UDP',
    ways: ['nftables'],
    setup: 'whole 2; share n1 1 2; OFFSET=1 share n2 2 2; for n in n1 n2; do xt $n -A INPUT -p udp -j DROP; done',
    udp: lost(1, 1),
    icmp: well,
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'a rule about another multicast MAC',
    ways: ['nftables'],
    setup: each("before $n 'ether daddr 01:23:45:67:89:ac drop'; before $n 'ether daddr 01:00:5e:00:00:fb accept'"),
    state: 'OK',
  },
  {
    situation: 'n2 denies more of what both deny',
    ways: ['iptables-nft'],
    setup: `${each('xt $n -A INPUT -s 10.0.0.0/8 -j DROP')}; xt n2 -I INPUT -s 10.64.0.0/10 -p tcp -j DROP`,
    tcp: lost(0.2, 0.3),
    state: 'OK',
  },
  {
    situation: 'icmp returned early on n2, at input',
    ways: ['iptables-nft'],
    setup: 'healthy 2; xt n2 -A INPUT -p icmp -j RETURN',
    state: 'OK',
  },
];

/** Frames for the VIP become this host's before everything else. */
const hostEarly =
  "whole 2; for n in n1 n2; do on $n nft 'table ip host { chain prerouting { type filter hook prerouting priority -160; ip daddr '$VIP' meta pkttype set host; }; }'; done";

const layouts: readonly Sketch[] = [
  {
    situation: 'a drained node as a map to a chain that drops',
    ways: ['nftables'],
    setup: `whole 2; share n1 1,2 2
nftables n2 <<RULES
table ip cluster {
  chain none { drop; }
  chain prerouting {
    BASE
    iif eth1 ip daddr $VIP jhash ip saddr mod 2 seed 2052138319 vmap { 0 : goto none, 1 : goto none }
  }
}
RULES`,
    state: 'OK',
  },
  {
    situation: 'marks saved with the connection, then what has none is dropped',
    ways: ['iptables-nft'],
    setup: `whole 2; for i in 1 2; do
  xt n$i -t mangle -A PREROUTING -d $VIP -i eth1 -m cluster --cluster-total-nodes 2 --cluster-local-node $i --cluster-hash-seed 1 -j MARK --set-mark 0xffff
  xt n$i -t mangle -A PREROUTING -d $VIP -i eth1 -j CONNMARK --save-mark
  xt n$i -t mangle -A PREROUTING -d $VIP -i eth1 -m connmark ! --mark 0xffff -j DROP
done`,
    state: 'OK',
  },
  {
    situation: 'an unreadable ACCEPT that never matches, before a layout of marks',
    ways: ['iptables-nft'],
    setup: `whole 2; for i in 1 2; do
  xt n$i -t mangle -A PREROUTING -m string --algo bm --string rackwatch-never -j ACCEPT
  share_marked n$i $i 2
done`,
    tcp: well,
    state: ['UNKNOWN', 'WARNING'],
    says: /string/,
    clients: [],
  },
  {
    // Nothing shows what the set or the group has; neither that the DROP would not meet what the cluster rule meets.
    situation: 'the rules and their DROP by one condition that cannot be read',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `whole 2; for i in 1 2; do ip -n n$i link set eth1 group 7; nftables n$i <<RULES
table ip cluster {
  chain prerouting {
    BASE
    iifgroup 7 ip daddr $VIP jhash ip saddr mod 2 seed 1 $((i - 1)) meta pkttype set host accept
    iifgroup 7 ip daddr $VIP drop
  }
}
RULES
done`
        : `whole 2; for i in 1 2; do
  on n$i ipset create vips hash:ip; on n$i ipset add vips $VIP
  xt n$i -t mangle -A PREROUTING -m set --match-set vips dst -m cluster --cluster-total-nodes 2 --cluster-local-node $i --cluster-hash-seed 1 -j ACCEPT
  xt n$i -t mangle -A PREROUTING -m set --match-set vips dst -j DROP
done`,
    state: 'UNKNOWN',
    says: /which part is not clear/,
    clients: [],
  },
  {
    // A node knows the connections alone whose first packets its rule has let through.
    situation: 'ESTABLISHED accepted before the rules at input, for frames that are the host’s since prerouting',
    ways: both,
    setup: (way) =>
      `${hostEarly}; for i in 1 2; do ${
        way === 'nftables'
          ? `on n$i nft 'table ip input { chain input { type filter hook input priority 0; policy drop; ip daddr != '$VIP' accept; ct state established,related accept; jhash ip saddr mod 2 seed 5 '$((i - 1))' accept; }; }'`
          : `xt n$i -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  TABLE=filter CHAIN=INPUT share n$i $i 2`
      }; done`,
    state: 'OK',
  },
  {
    situation: 'a DROP behind the rule by a set of addresses that has the VIP',
    ways: ['iptables-nft'],
    setup: `whole 2; NODROP=1; for i in 1 2; do
  on n$i ipset create vips hash:ip; on n$i ipset add vips $VIP
  share n$i $i 2
  xt n$i -t mangle -A PREROUTING -m set --match-set vips dst -j DROP
done`,
    state: 'UNKNOWN',
    says: /match-set vips dst/,
    clients: [],
  },
  {
    situation: 'the VIP gets a mark in raw, for which the rules ask',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `whole 2; for i in 1 2; do nftables n$i <<RULES
table ip cluster {
  chain raw { type filter hook prerouting priority -300; policy accept; ip daddr $VIP meta mark set 7; }
  chain prerouting {
    BASE
    meta mark 7 jhash ip saddr mod 2 seed 1 $((i - 1)) meta pkttype set host accept
    meta mark 7 drop
  }
}
RULES
done`
        : `whole 2; for i in 1 2; do
  xt n$i -t raw -A PREROUTING -d $VIP -j MARK --set-mark 7
  xt n$i -t mangle -A PREROUTING -m mark --mark 7 -m cluster --cluster-total-nodes 2 --cluster-local-node $i --cluster-hash-seed 1 -j ACCEPT
  xt n$i -t mangle -A PREROUTING -m mark --mark 7 -j DROP
done`,
    state: 'OK',
  },
  {
    situation: 'marks of two VIPs lead to chains with a seed of their own',
    ways: ['iptables-nft'],
    setup: `whole 2; for i in 1 2; do
  xt n$i -t raw -A PREROUTING -d $VIP -j MARK --set-mark 7
  xt n$i -t raw -A PREROUTING -d 192.168.56.21 -j MARK --set-mark 8
  for mark in 7 8; do
    xt n$i -t mangle -N VIP$mark
    xt n$i -t mangle -A PREROUTING -m mark --mark $mark -j VIP$mark
    xt n$i -t mangle -A VIP$mark -m cluster --cluster-total-nodes 2 --cluster-local-node $i --cluster-hash-seed $mark -j ACCEPT
    xt n$i -t mangle -A VIP$mark -j DROP
  done
done`,
    state: 'OK',
  },
  {
    situation: 'rules with another seed behind the DROP of the VIP',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `healthy 2; for i in 1 2; do for end in "jhash ip saddr mod 3 seed 9 $i meta pkttype set host accept" drop; do
  on n$i nft add rule ip cluster prerouting iif eth1 ip daddr $VIP $end
done; done`
        : 'healthy 2; SEED=9 share n1 1 3; SEED=9 share n2 2 3',
    state: 'OK',
  },
  {
    situation: 'multi-WAN marks restored and returned before the rules',
    ways: ['iptables-nft'],
    setup: each(
      'before $n -m mark ! --mark 0 -j RETURN; before $n -j CONNMARK --restore-mark; ip -n $n rule add fwmark 0x10 lookup 100; ip -n $n route add default via 192.168.56.254 table 100',
    ),
    state: 'OK',
  },
  {
    situation: 'taken over by n1, everything without the mark dropped on n2',
    ways: ['iptables-nft'],
    setup: `whole 2
xt n1 -t mangle -A PREROUTING -i eth1 -m cluster --cluster-total-nodes 2 --cluster-local-nodemask 3 --cluster-hash-seed 1 -j MARK --set-mark 0xffff
for n in n1 n2; do xt $n -t mangle -A PREROUTING -d $VIP -i eth1 -m mark ! --mark 0xffff -j DROP; done`,
    state: 'OK',
  },
  {
    situation: 'taken over by n1, n2 drops by the mark without naming the VIP',
    ways: ['iptables-nft'],
    setup: `whole 2
xt n1 -t mangle -A PREROUTING -i eth1 -m cluster --cluster-total-nodes 2 --cluster-local-nodemask 3 --cluster-hash-seed 1 -j MARK --set-mark 0xffff
for n in n1 n2; do xt $n -t mangle -A PREROUTING -i eth1 -m mark ! --mark 0xffff -j DROP; done`,
    state: 'OK',
  },
  {
    situation: 'taken over by n1, n2 drops by the mark in raw',
    ways: ['iptables-nft'],
    setup: `whole 2; share n1 1,2 2
xt n2 -t raw -A PREROUTING -i eth1 -m mark ! --mark 0xffff -j DROP`,
    state: 'OK',
  },
  {
    situation: 'taken over by n1, n2 drops everything',
    ways: both,
    setup: 'whole 2; share n1 1,2 2; only_drop n2',
    state: 'OK',
  },
  {
    situation: 'Web redirected behind the rules to a port that is open',
    ways: both,
    setup:
      'TCP_ON=0.0.0.0; healthy 2; for n in n1 n2; do firewall $n; xt $n -t nat -A PREROUTING -d $VIP -p tcp --dport 80 -j REDIRECT --to-ports 8080; done',
    state: 'OK',
  },
  {
    situation: 'Web sent on before rules in filter INPUT (DNAT) to another port of the VIP',
    ways: ['iptables-nft'],
    setup:
      'whole 2; for i in 1 2; do TABLE=filter CHAIN=INPUT share n$i $i 2; xt n$i -t nat -A PREROUTING -d $VIP -p tcp --dport 80 -j DNAT --to-destination $VIP:8080; done',
    state: 'OK',
  },
  {
    situation: 'chains of equal priority of iptables and nft, the mark of the younger one changed before a drop by it',
    ways: ['nftables'],
    setup: `whole 2; for i in 1 2; do nftables n$i <<RULES
table ip cluster {
  chain prerouting {
    BASE
    iif eth1 ip daddr $VIP jhash ip saddr mod 2 seed 5 { $((i - 1)) } meta mark set 0xffff
    iif eth1 ip daddr $VIP meta mark != 0xffff drop
    iif eth1 ip daddr $VIP meta pkttype set host
  }
}
RULES
done
xt n2 -t mangle -I PREROUTING -p udp -j MARK --set-mark 0x8; xt n2 -A INPUT -m mark --mark 0x8 -j DROP`,
    state: 'OK',
  },
  {
    situation: 'a network that is denied alike, and n2 lets ESTABLISHED through before that',
    ways: ['iptables-nft'],
    setup: `whole 2; for i in 1 2; do TABLE=filter CHAIN=INPUT share n$i $i 2; before n$i -s 10.0.0.0/8 -j DROP; done
before n2 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`,
    tcp: lost(0.1, 0.4),
    udp: lost(0.1, 0.4),
    icmp: lost(0.1, 0.4),
    state: 'OK',
  },
  {
    situation: 'taken over by n1, n2 sends the Web past its DROP',
    ways: ['iptables-nft'],
    setup: `whole 2; share n1 1,2 2
only_drop n2; before n2 -p tcp --dport 80 -j RETURN`,
    state: 'OK',
  },
  {
    situation: 'another zone of connection tracking, which this backend does not look at',
    ways: ['nftables'],
    setup: each(
      'echo "table ip zones { chain prerouting { type filter hook prerouting priority -300; ip daddr $VIP ct zone set 7; }; }" | table $n',
    ),
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'the hour of the day decides',
    ways: ['nftables'],
    setup: alike('', 'meta hour "00:00"-"23:59" counter'),
    state: 'OK',
  },
];

export const hooksHealthy = situationsOf(4, [...policy, ...layouts]);
