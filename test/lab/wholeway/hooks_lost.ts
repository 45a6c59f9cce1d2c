import { allLost, bucketDoubled, bucketLost, lost, type Sketch, situationsOf, type Way, well } from './situation.ts';

// Section 4, what loses or doubles clients inside the hooks.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];
const all: Sketch['ways'] = [...both, 'iptables-nft-ipv6', 'nftables-ipv6'];
/** The same before the rules of both nodes, in the words of each backend. */
const alike = (iptables: string, nft: string) => (way: Way) =>
  `healthy 2; for n in n1 n2; do before $n ${way === 'nftables' ? `'${nft}'` : iptables}; done`;
const web = { tcp: allLost, udp: well } as const;

/** All of tcp 80 is sent past the rule on both nodes, by some jump. */
const past: readonly Sketch[] = [
  {
    situation: 'Web sent past the rules on both nodes by RETURN',
    ways: all,
    setup: alike('-p tcp --dport 80 -j RETURN', 'tcp dport 80 return'),
    ...web,
    state: 'CRITICAL',
    says: /80/,
  },
  {
    situation: 'Web sent past the rules on both nodes by goto',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? 'healthy 2; for n in n1 n2; do on $n nft add chain ip cluster aside; before $n tcp dport 80 goto aside; done'
        : 'healthy 2; for n in n1 n2; do xt $n -t mangle -N aside; before $n -p tcp --dport 80 -g aside; done',
    ...web,
    state: 'CRITICAL',
    says: /80/,
  },
  {
    situation: 'Web sent past the rules on both nodes, which stand in a chain of their own',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `whole 2\n${[1, 2]
            .map(
              (i) => `nftables n${i} <<RULES
table ip cluster {
  chain shared {
    iif eth1 ip daddr $VIP jhash ip saddr mod 2 seed 2052138319 ${i - 1} meta pkttype set host accept
    iif eth1 ip daddr $VIP drop
  }
  chain prerouting {
    BASE
    tcp dport != 80 jump shared
    meta l4proto != tcp jump shared
  }
}
RULES`,
            )
            .join('\n')}`
        : 'whole 2; CHAIN=shared; for i in 1 2; do xt n$i -t mangle -N shared; share n$i $i 2; xt n$i -t mangle -A PREROUTING -p tcp ! --dport 80 -j shared; xt n$i -t mangle -A PREROUTING ! -p tcp -j shared; done',
    ...web,
    state: 'CRITICAL',
    says: /80/,
  },
  {
    situation: 'Web accepted before the rules on both nodes',
    ways: both,
    setup: alike('-p tcp --dport 80 -j ACCEPT', 'tcp dport 80 accept'),
    ...web,
    state: 'CRITICAL',
    says: /80/,
  },
];

/** A condition that cannot be read, or seems to be one, takes everything on both nodes. */
const nobody: readonly Sketch[] = [
  ...(
    [
      ['length', '-m length --length 0:65535 -j DROP'],
      ['time', '-m time --timestart 00:00 --timestop 23:59:59 --kerneltz -j DROP'],
      ['ttl', '-m ttl --ttl-gt 0 -j DROP'],
    ] as const
  ).map(
    ([name, rule]): Sketch => ({
      situation: `everything denied on both nodes by ${name}`,
      ways: ['iptables-nft'],
      setup: `healthy 2; for n in n1 n2; do before $n ${rule}; done`,
      tcp: allLost,
      state: ['CRITICAL', 'UNKNOWN', 'WARNING'],
      says: new RegExp(name),
      clients: [],
    }),
  ),
  {
    situation: 'everything denied on both nodes by the TTL',
    ways: ['nftables'],
    setup: "healthy 2; for n in n1 n2; do before $n 'ip ttl > 0 drop'; done",
    tcp: allLost,
    state: ['CRITICAL', 'UNKNOWN', 'WARNING'],
    clients: [],
  },
  {
    situation: 'assured connections denied on both nodes',
    ways: ['nftables'],
    setup: "healthy 2; for n in n1 n2; do before $n 'ct status assured drop'; done",
    ...web,
    state: ['CRITICAL', 'UNKNOWN', 'WARNING'],
    says: /assured/,
    clients: [],
  },
  {
    situation: 'frames to groups denied on both nodes',
    ways: ['nftables'],
    setup: "healthy 2; for n in n1 n2; do before $n 'ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00 drop'; done",
    tcp: allLost,
    state: ['CRITICAL', 'UNKNOWN'],
    clients: [],
  },
  {
    situation: 'the node that holds everything denies both halves, the other stands by',
    ways: both,
    setup:
      'whole 2; share n1 1,2 2; only_drop n2; for half in 0.0.0.0/1 128.0.0.0/1; do xt n1 -A INPUT -s $half -j DROP; done',
    tcp: allLost,
    state: 'CRITICAL',
  },
  {
    situation: 'both nodes deny both halves',
    ways: both,
    setup:
      'healthy 2; for n in n1 n2; do for half in 0.0.0.0/1 128.0.0.0/1; do xt $n -A INPUT -s $half -j DROP; done; done',
    tcp: allLost,
    state: 'CRITICAL',
  },
];

/** Two tables of equal hook and priority: what marks, and what drops whatever is not marked. */
const marker = `table ip marks { chain prerouting { type filter hook prerouting priority -140; policy accept; meta mark set 0x1; }; }`;
const tester = `table ip tests { chain prerouting { type filter hook prerouting priority -140; policy accept; ip daddr $VIP meta mark != 0x1 drop; }; }`;

const marks: readonly Sketch[] = [
  {
    situation: 'the mark of the cluster rule changed before its own DROP, for the Web',
    ways: ['iptables-nft'],
    setup: `whole 2; for i in 1 2; do
  xt n$i -t mangle -A PREROUTING -d $VIP -i eth1 -m cluster --cluster-total-nodes 2 --cluster-local-node $i --cluster-hash-seed 1 -j MARK --set-mark 0x1
  echo 'table ip qos { chain prerouting { type filter hook prerouting priority -140; tcp dport 80 meta mark set 0x20; }; }' | table n$i
  xt n$i -A INPUT -d $VIP -i eth1 -m mark ! --mark 0x1 -j DROP
done`,
    ...web,
    state: 'CRITICAL',
    says: /80|mark/,
  },
  {
    situation: 'chains of equal priority, what drops runs before what marks',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do echo "${marker}" | table $n; echo "${tester}" | table $n; done`,
    tcp: allLost,
    state: ['CRITICAL', 'UNKNOWN', 'WARNING'],
    clients: [],
  },
  {
    situation: 'chains of equal priority, what marks runs before what drops',
    ways: ['nftables'],
    setup: `healthy 2; for n in n1 n2; do echo "${tester}" | table $n; echo "${marker}" | table $n; done`,
    state: ['OK', 'UNKNOWN', 'WARNING'],
    clients: [],
  },
  {
    situation: 'part of TCP marked past a DROP on n2',
    ways: ['iptables-nft'],
    setup: `healthy 2; xt n2 -A INPUT -p tcp -m multiport ! --dports 53,443 -j MARK --set-mark 0x5; xt n2 -A INPUT -p tcp -j DROP`,
    tcp: bucketLost,
    udp: well,
    state: 'CRITICAL',
    says: /tcp|80/i,
  },
];

const ports: readonly Sketch[] = [
  {
    situation: 'Web redirected behind the rules to a port that n2 does not open',
    ways: both,
    setup:
      'TCP_ON=0.0.0.0; healthy 2; firewall n1; for n in n1 n2; do xt $n -t nat -A PREROUTING -d $VIP -p tcp --dport 80 -j REDIRECT --to-ports 8080; done; WAY=iptables-nft firewall n2; xt n2 -D INPUT -p tcp -m multiport --dports 22,80,8080 -j ACCEPT; xt n2 -A INPUT -p tcp -m multiport --dports 22,80 -j ACCEPT',
    tcp: bucketLost,
    udp: well,
    state: 'CRITICAL',
    says: /80/,
  },
  {
    situation: 'Web sent on behind the rules (DNAT) to a port that n2 does not open',
    ways: ['nftables'],
    setup: `healthy 2; firewall n1; for n in n1 n2; do echo "table ip dn { chain prerouting { type nat hook prerouting priority dstnat; ip daddr $VIP tcp dport 80 dnat to $VIP:8080; }; }" | table $n; done
echo 'table inet firewall { chain input { type filter hook input priority 0; policy drop; ct state established accept; tcp dport { 22, 80 } accept; udp dport 53 accept; meta l4proto icmp accept; }; }' | table n2`,
    tcp: bucketLost,
    udp: well,
    state: 'CRITICAL',
    says: /80/,
  },
  {
    situation: 'matches differ, n1 shares the Web alone',
    ways: ['iptables-nft'],
    setup: 'whole 2; MATCH="-p tcp --dport 80" share n1 1 2; share n2 2 2',
    tcp: well,
    udp: bucketDoubled,
    state: 'CRITICAL',
  },
  {
    situation: 'icmp sent past the rules on n2',
    ways: both,
    setup: (way) => `healthy 2; before n2 ${way === 'nftables' ? 'meta l4proto icmp return' : '-p icmp -j RETURN'}`,
    tcp: well,
    udp: well,
    icmp: bucketDoubled,
    state: ['CRITICAL', 'WARNING'],
    says: /icmp/i,
  },
  {
    situation: 'another zone of connection tracking',
    ways: ['iptables-nft'],
    setup: 'healthy 2; for n in n1 n2; do xt $n -t raw -A PREROUTING -d $VIP -j CT --zone 7; done',
    tcp: allLost,
    udp: well,
    state: ['CRITICAL', 'WARNING'],
    says: /zone/,
    clients: [],
  },
  {
    situation: 'one /4 of IPv6 denied on n2',
    ways: ['nftables-ipv6'],
    setup: 'healthy 2; xt n2 -A INPUT -s 3000::/4 -j DROP',
    tcp: lost(0.15, 0.35),
    state: 'CRITICAL',
    says: /3000::/,
    shares: true,
  },
];

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

export const hooksLost = situationsOf(4, [...past, ...nobody, ...marks, ...ports, ...withoutVip]);
