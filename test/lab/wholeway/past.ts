import { allLost, lost, type Sketch, situationsOf, type Way, well } from './situation.ts';

// Section 4, sent past the rules or denied alike on all nodes: nobody is served, and nothing differs.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];
const all: Sketch['ways'] = [...both, 'iptables-nft-ipv6', 'nftables-ipv6'];
/** The same before the rules of both nodes, in the words of each backend. */
const alike = (iptables: string, nft: string) => (way: Way) =>
  `healthy 2; for n in n1 n2; do before $n ${way === 'nftables' ? `'${nft}'` : iptables}; done`;
const web = { tcp: allLost, udp: well } as const;

/** All of tcp 80 is sent past the rule on both nodes, by some jump. */
const past: readonly Sketch[] = [
  {
    situation: 'a network dropped first, and returned behind that, on both nodes',
    ways: ['iptables-nft'],
    setup:
      'healthy 2; for n in n1 n2; do before $n -s 10.0.0.0/8 -p tcp -j RETURN; before $n -s 10.0.0.0/8 -j DROP; done',
    tcp: lost(0.15, 0.35),
    state: 'OK',
  },
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
  {
    situation: 'both nodes deny all but groups and what is reserved, by several rules',
    ways: both,
    setup:
      'healthy 2; for n in n1 n2; do for part in 0.0.0.0/2 64.0.0.0/2 128.0.0.0/2 192.0.0.0/3; do xt $n -A INPUT -s $part -j DROP; done; done',
    tcp: allLost,
    state: 'CRITICAL',
    says: /no client gets an answer/,
  },
  {
    situation: 'both nodes deny what is in use of IPv6, and private addresses',
    ways: ['nftables-ipv6'],
    setup:
      'healthy 2; for n in n1 n2; do for part in 2000::/3 fc00::/7; do xt $n -A INPUT -s $part -j DROP; done; done',
    tcp: allLost,
    state: 'CRITICAL',
    says: /no client gets an answer/,
  },
];

export const sentPast = situationsOf(4, [...past, ...nobody]);
