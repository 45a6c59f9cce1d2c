import { chains, hashed, host, ipaddr2, seed, tables, to } from './nft_tables.ts';
import type { Sketch } from './scenario.ts';

const ok = { state: 'OK', says: /each on exactly one/ } as const;

/** The forms in which nftables rules are written. */
/** The cluster rule of a node in a chain that drops what is left, behind another rule. */
const policyDrop = (i: number, rule = '') => `table ip cluster {
  chain prerouting {
    type filter hook prerouting priority -150; policy drop;
    iif lo accept
    ip daddr 192.168.56.1${i} accept
    ${rule}
    ${to} jhash ip saddr mod 2 ${seed} ${i - 1} ${host}
  }
}`;

export const nftForms: readonly Sketch[] = [
  { situation: 'IPaddr2', setup: `crowd 2; ${ipaddr2('n1', [1])}${ipaddr2('n2', [2])}`, ...ok },
  {
    situation: 'IPaddr2, taken over by n1',
    setup: `crowd 2; ${ipaddr2('n1', [1, 2])}has_vip del n2`,
    state: 'OK',
    says: /n2 stands by/,
  },
  { situation: 'set on the right', setup: hashed(`jhash ip saddr mod 4 ${seed}`, '{ 0, 2 }', '{ 1, 3 }'), ...ok },
  {
    situation: 'ranges',
    setup: hashed(`jhash ip saddr mod 5 ${seed}`, '{ 0, 2-3 }', '{ 1, 4 }'),
    state: 'OK',
    says: /5 buckets/,
  },
  { situation: 'range without a set', setup: hashed(`jhash ip saddr mod 4 ${seed}`, '0-1', '2-3'), ...ok },
  { situation: 'compared with != and <', setup: hashed(`jhash ip saddr mod 4 ${seed}`, '!= { 2, 3 }', '> 1'), ...ok },
  {
    situation: 'named set on the right',
    setup: tables(
      (i) => `table ip cluster {
  set mine { typeof jhash ip saddr mod 4 ${seed}; elements = { ${i === 1 ? '0, 2' : '1, 3'} } }
  chain prerouting {
    BASE
    ${to} jhash ip saddr mod 4 ${seed} @mine ${host}
    ${to} drop
  }
}`,
    ),
    ...ok,
  },
  {
    situation: 'verdict map',
    setup: chains((i) => [
      `${to} meta pkttype set host`,
      `${to} jhash ip saddr mod 2 ${seed} vmap { ${i - 1} : accept, ${2 - i} : drop }`,
    ]),
    ...ok,
  },
  {
    situation: 'verdict map that jumps to chains',
    setup: tables(
      (i) => `table ip cluster {
  chain mine {
    meta pkttype set host accept
  }
  chain prerouting {
    BASE
    ${to} jhash ip saddr mod 2 ${seed} vmap { ${i - 1} : goto mine }
    ${to} drop
  }
}`,
    ),
    ...ok,
  },
  {
    situation: 'named verdict map',
    setup: tables(
      (i) => `table ip cluster {
  map buckets {
    typeof jhash ip saddr mod 2 ${seed} : verdict
    elements = { ${i - 1} : accept, ${2 - i} : drop }
  }
  chain prerouting {
    BASE
    ${to} meta pkttype set host
    ${to} jhash ip saddr mod 2 ${seed} vmap @buckets
  }
}`,
    ),
    ...ok,
  },
  {
    situation: 'map to marks',
    setup: chains((i) => [
      `${to} meta mark set jhash ip saddr mod 4 ${seed} map { 0 : 0x1, 1 : 0x2, 2 : 0x1, 3 : 0x2 }`,
      `${to} meta mark ${i} ${host}`,
      `${to} drop`,
    ]),
    ...ok,
  },
  {
    situation: 'hash as the mark',
    setup: chains((i) => [
      `${to} meta mark set jhash ip saddr mod 2 ${seed} offset 1`,
      `${to} meta mark ${i} ${host}`,
      `${to} drop`,
    ]),
    ...ok,
  },
  {
    situation: 'chain of its own, jumped to',
    setup: tables(
      (i) => `table ip cluster {
  chain vip {
    jhash ip saddr mod 2 ${seed} ${i - 1} ${host}
    drop
  }
  chain prerouting {
    BASE
    ${to} jump vip
  }
}`,
    ),
    ...ok,
  },
  {
    situation: 'chain of its own, reached by a map of addresses',
    setup: tables(
      (i) => `table ip cluster {
  chain vip {
    jhash ip saddr mod 2 ${seed} ${i - 1} ${host}
    drop
  }
  chain prerouting {
    BASE
    iif eth1 ip daddr vmap { $VIP : jump vip, 192.168.56.99 : drop }
  }
}`,
    ),
    ...ok,
  },
  {
    situation: 'inverted: != and drop',
    setup: chains((i) => [`${to} jhash ip saddr mod 2 ${seed} != ${i - 1} drop`, `${to} meta pkttype set host`]),
    ...ok,
  },
  {
    situation: 'several rules, OR-ed',
    setup: chains((i) =>
      [0, 2].map((b) => `${to} jhash ip saddr mod 4 ${seed} ${b + i - 1} ${host}`).concat(`${to} drop`),
    ),
    ...ok,
  },
  {
    situation: 'VIP in a set, counters and a log',
    setup: chains((i) => [
      `iifname "eth1" ip daddr { $VIP, 192.168.56.30 } counter jhash ip saddr mod 2 ${seed} ${i - 1} meta pkttype set host counter accept`,
      `iifname "eth1" ip daddr { $VIP, 192.168.56.30 } counter drop`,
    ]),
    ...ok,
  },
  {
    situation: 'VIP in a named set',
    setup: tables(
      (i) => `table ip cluster {
  set vips {
    type ipv4_addr
    elements = { 192.168.56.20, 192.168.56.30 }
  }
  chain prerouting {
    BASE
    ip daddr @vips jhash ip saddr mod 2 ${seed} ${i - 1} ${host}
    ip daddr @vips drop
  }
}`,
    ),
    ...ok,
  },
  {
    situation: 'rules for a network that holds the VIP',
    setup: chains((i) => [
      `ip daddr 192.168.56.16/28 jhash ip saddr mod 2 ${seed} ${i - 1} ${host}`,
      'ip daddr 192.168.56.16/28 drop',
    ]),
    ...ok,
  },
  {
    situation: 'table inet',
    setup: 'crowd 2; FAMILY=inet share n1 1 2; FAMILY=inet share n2 2 2',
    ...ok,
  },
  {
    situation: 'table netdev, at ingress',
    setup: tables(
      (i) => `table netdev cluster {
  chain ingress {
    type filter hook ingress device eth1 priority 0; policy accept;
    ip daddr $VIP jhash ip saddr mod 2 ${seed} ${i - 1} ${host}
    ip daddr $VIP drop
  }
}`,
    ),
    ...ok,
  },
  {
    situation: 'at the input hook, a second chain for pkttype',
    setup: tables(
      (i) => `table ip cluster {
  chain host {
    BASE
    ${to} meta pkttype set host
  }
  chain input {
    type filter hook input priority 0; policy accept;
    ${to} jhash ip saddr mod 2 ${seed} ${i - 1} accept
    ${to} drop
  }
}`,
    ),
    ...ok,
  },
  { situation: 'at priority raw', setup: 'crowd 2; PRIORITY=-300 share n1 1 2; PRIORITY=-300 share n2 2 2', ...ok },
  {
    situation: 'ct original',
    setup: 'crowd 2; HASH="ct original ip saddr" share n1 1 2; HASH="ct original ip saddr" share n2 2 2',
    ...ok,
  },
  {
    situation: 'concatenation with the source port, TCP alone',
    setup: chains((i) => [
      `${to} meta l4proto tcp jhash ip saddr . tcp sport mod 2 ${seed} ${i - 1} ${host}`,
      `${to} meta l4proto tcp drop`,
    ]),
    ...ok,
    datagrams: [0, 1],
    clients: 'tcp',
  },
  {
    situation: 'concatenation with the destination',
    setup: hashed(`jhash ip saddr . ip daddr mod 2 ${seed}`, '0', '1'),
    ...ok,
  },
  { situation: 'mask on the source', setup: hashed(`jhash ip saddr and 255.255.255.0 mod 2 ${seed}`, '0', '1'), ...ok },
  {
    situation: 'ESTABLISHED accepted in a chain before, which ends that chain alone',
    setup: `crowd 2; share n1 1 2; share n2 2 2
for n in n1 n2; do nftables $n <<RULES
table inet before {
  chain prerouting {
    type filter hook prerouting priority -200; policy accept;
    ct state established,related accept
    ip daddr $VIP accept
  }
}
RULES
done`,
    ...ok,
  },
  {
    situation: 'ct original on n2 alone',
    setup: 'crowd 2; share n1 1 2; HASH="ct original ip saddr" share n2 2 2',
    state: 'OK',
    says: /each on exactly one/,
  },
  {
    situation: 'ordinary rules before',
    setup: chains((i) => [
      'iif lo accept',
      'ct state invalid drop',
      'tcp dport 22 accept',
      `${to} jhash ip saddr mod 2 ${seed} ${i - 1} ${host}`,
      `${to} drop`,
    ]),
    ...ok,
  },
  {
    situation: 'ports redirected behind the rules',
    setup: `crowd 2; for i in 1 2; do share n$i $i 2; nftables n$i <<RULES
table ip nat {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr $VIP tcp dport 81 redirect to :80
  }
}
RULES
done`,
    ...ok,
  },
  // What is not for the host by its frame gets no ICMP error: that rejects nobody.
  {
    situation: 'REJECT in place of DROP',
    setup: chains((i) => [`${to} jhash ip saddr mod 2 ${seed} ${i - 1} ${host}`, `${to} reject`]),
    ...ok,
  },
  {
    situation: 'policy drop in place of a drop rule',
    setup: tables((i) => policyDrop(i)),
    ...ok,
  },
  {
    situation: 'policy drop, and tcp port 80 returned before the rule on n2',
    setup: tables((i) => policyDrop(i, i === 2 ? 'tcp dport 80 return' : '')),
    state: 'CRITICAL',
    says: /n2 does not share tcp port 80 as n1 does/,
    tcp: [0.5, 0],
    datagrams: [0, 0],
    judgedBy: null,
  },
  {
    situation: 'interfaces by pattern',
    setup: chains((i) => [
      `iifname "eth*" ip daddr $VIP jhash ip saddr mod 2 ${seed} ${i - 1} ${host}`,
      'iifname "eth*" ip daddr $VIP drop',
    ]),
    ...ok,
  },
  {
    situation: 'n2 listens to all multicast in place of the cluster MAC, filtering card',
    setup: `filtering 2; listen n1; on n2 ip link set eth1 allmulticast on; share n1 1 2; share n2 2 2`,
    options: ['--mac', '01:23:45:67:89:ab'],
    state: 'OK',
    says: /each on exactly one/,
  },
];

/** What differs over IPv6. */
export const nftForms6: readonly Sketch[] = [
  {
    situation: 'IPaddr2',
    setup: `crowd 2; for i in 1 2; do nftables n$i <<RULES
table ip6 IPaddr2_fd00_56__20 {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iif "eth1" ip6 daddr $VIP jhash ip6 saddr mod 2 seed 0x38848739 offset 1 $i meta pkttype set host accept comment "cip-node-$i"
    iif "eth1" ip6 daddr $VIP icmpv6 type nd-neighbor-advert accept
    iif "eth1" ip6 daddr $VIP drop
  }
}
RULES
done`,
    ...ok,
  },
  { situation: 'table inet', setup: 'crowd 2; FAMILY=inet share n1 1 2; FAMILY=inet share n2 2 2', ...ok },
  {
    situation: 'mask on the source (a /64)',
    setup:
      'crowd 2; HASH="ip6 saddr and ffff:ffff:ffff:ffff::" share n1 1 2; HASH="ip6 saddr and ffff:ffff:ffff:ffff::" share n2 2 2',
    ...ok,
  },
  {
    situation: 'no seed',
    setup: 'crowd 2; SEEDED= share n1 1 2; SEEDED= share n2 2 2',
    state: 'CRITICAL',
    says: /no hash seed/,
    tcp: [0.25, 0.25],
    clients: 'none',
  },
  {
    situation: 'pkttype left as it is on n2',
    setup: 'crowd 2; share n1 1 2; PKTTYPE= share n2 2 2',
    state: 'CRITICAL',
    says: /n2.*pkttype/,
    tcp: [0.5, 0],
    datagrams: [0, 0],
    clients: 'tcp',
  },
];
