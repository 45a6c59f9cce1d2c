import { chains, hashed, host, ipaddr2, seed, tables, to } from './nft_tables.ts';
import type { Sketch } from './scenario.ts';

/** What goes wrong with nftables alone. */
export const nftWrong: readonly Sketch[] = [
  {
    situation: 'IPaddr2, taken over and not given back',
    setup: `crowd 2; ${ipaddr2('n1', [1, 2])}${ipaddr2('n2', [2])}`,
    state: 'CRITICAL',
    says: /bucket 2 of 2 on n1 and n2, 50 %/,
    tcp: [0, 0.5],
  },
  {
    situation: 'verdict map, bucket on both nodes',
    setup: chains((i) => [
      `${to} meta pkttype set host`,
      `${to} jhash ip saddr mod 2 ${seed} vmap { 0 : accept, 1 : ${i === 1 ? 'drop' : 'accept'} }`,
    ]),
    state: 'CRITICAL',
    says: /bucket 1 of 2 on n1 and n2, 50 %/,
    tcp: [0, 0.5],
  },
  {
    situation: 'chain of its own that nothing jumps to on n2',
    setup: tables(
      (i) => `table ip cluster {
  chain vip {
    ${to} jhash ip saddr mod 2 ${seed} ${i - 1} ${host}
    ${to} drop
  }
  chain prerouting {
    BASE
    ${i === 1 ? 'jump vip' : ''}
  }
}`,
    ),
    state: 'CRITICAL',
    says: /n2 has the cluster rule in .*vip/,
    tcp: [0.5, 0],
    datagrams: [0, 0.5],
    clients: 'tcp',
  },
  {
    situation: 'table netdev, at ingress, bucket on no node',
    setup: tables(
      (i) => `table netdev cluster {
  chain ingress {
    type filter hook ingress device eth1 priority 0; policy accept;
    ip daddr $VIP jhash ip saddr mod 3 ${seed} ${i - 1} ${host}
    ip daddr $VIP drop
  }
}`,
    ),
    state: 'CRITICAL',
    says: /bucket 3 of 3 on no node, 33 %/,
    tcp: [1 / 3, 0],
  },
  {
    situation: 'at the input hook, pkttype left as it is',
    setup: tables(
      (i) => `table ip cluster {
  chain input {
    type filter hook input priority 0; policy accept;
    ${to} jhash ip saddr mod 2 ${seed} ${i - 1} accept
    ${to} drop
  }
}`,
    ),
    state: 'CRITICAL',
    says: /pkttype/,
    tcp: [1, 0],
    datagrams: [0, 0],
    clients: 'tcp',
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
  {
    situation: 'ct original at priority raw on n2',
    setup: 'crowd 2; share n1 1 2; HASH="ct original ip saddr" PRIORITY=-300 share n2 2 2',
    state: 'CRITICAL',
    says: /n2/,
    tcp: [0.5, 0],
  },
  {
    situation: 'ct original and notrack on n2',
    setup: 'crowd 2; share n1 1 2; HASH="ct original ip saddr" share n2 2 2; untracked n2',
    state: 'CRITICAL',
    says: /n2 takes everything out of connection tracking before the cluster rule/,
    tcp: [0.5, 0],
  },
  {
    situation: 'concatenation of three fields, bucket on no node',
    setup: chains((i) => [
      `${to} meta l4proto tcp jhash ip saddr . tcp sport . tcp dport mod 3 ${seed} ${i - 1} ${host}`,
      `${to} meta l4proto tcp drop`,
    ]),
    state: 'CRITICAL',
    says: /bucket 3 of 3 on no node, 33 %/,
    tcp: [1 / 3, 0],
    datagrams: [0, 1],
    clients: 'tcp',
  },
  {
    situation: 'mask on n2 alone',
    setup: 'crowd 2; share n1 1 2; HASH="ip saddr and 255.255.255.0" share n2 2 2',
    state: 'CRITICAL',
    says: /what is hashed differs/,
    tcp: [0.25, 0.25],
  },
  {
    situation: 'hashed fields differ',
    setup: 'crowd 2; share n1 1 2; HASH="ip saddr . ip daddr" share n2 2 2',
    state: 'CRITICAL',
    says: /what is hashed differs/,
    tcp: [0.25, 0.25],
  },
  {
    situation: 'offsets differ, the same residue on both nodes',
    setup: 'crowd 2; OFFSET=1 share n1 1 2; share n2 1 2',
    state: 'CRITICAL',
    says: /n1.*n2/,
    tcp: [0.5, 0.5],
  },
  {
    situation: 'offsets differ and complement each other',
    setup: 'crowd 2; OFFSET=1 share n1 1 2; share n2 2 2',
    state: 'WARNING',
    says: /offset differs.*works by accident/,
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
    situation: 'no seed on n2',
    setup: 'crowd 2; share n1 1 2; SEEDED= share n2 2 2',
    state: 'CRITICAL',
    says: /n2.*no hash seed/,
    tcp: [0.25, 0.25],
    clients: 'none',
  },
  {
    situation: 'numgen inc',
    setup: hashed('numgen inc mod 2', '0', '1'),
    state: 'CRITICAL',
    says: /numgen/,
    tcp: null,
    datagrams: null,
  },
  {
    situation: 'numgen random',
    setup: hashed('numgen random mod 2', '0', '1'),
    state: 'CRITICAL',
    says: /numgen/,
    tcp: null,
    datagrams: [0.25, 0.25],
  },
  {
    situation: 'symhash',
    setup: hashed('symhash mod 2', '0', '1'),
    state: 'CRITICAL',
    says: /symhash/,
    tcp: null,
    datagrams: null,
  },
  {
    situation: 'TCP dropped in a chain before, on n2',
    setup: `crowd 2; share n1 1 2; share n2 2 2
nftables n2 <<RULES
table inet before {
  chain prerouting {
    type filter hook prerouting priority -200; policy accept;
    ip daddr $VIP meta l4proto tcp drop
  }
}
RULES`,
    state: 'CRITICAL',
    says: /n2 drops tcp before the cluster rule/,
    tcp: [0.5, 0],
    datagrams: [0, 0],
    clients: 'tcp',
  },
  {
    situation: 'a limit in the cluster rule on n2',
    setup: chains((i) => [
      `${to} jhash ip saddr mod 2 ${seed} ${i - 1} ${i === 2 ? 'limit rate 20/second' : ''} ${host}`,
      `${to} drop`,
    ]),
    state: 'UNKNOWN',
    says: /limit/,
    tcp: null,
    datagrams: null,
  },
  {
    situation: 'DROP of TCP alone on n2',
    setup: `crowd 2; share n1 1 2; NODROP=1 share n2 2 2; on n2 nft add rule ip cluster prerouting ip daddr $VIP meta l4proto tcp drop`,
    state: 'CRITICAL',
    says: /n2/,
    datagrams: [0, 0.5],
    judgedBy: null,
    clients: 'tcp',
  },
  {
    situation: 'DROP for another address on n2',
    setup: `crowd 2; share n1 1 2; NODROP=1 share n2 2 2; on n2 nft add rule ip cluster prerouting ip daddr 192.168.56.21 drop`,
    state: 'CRITICAL',
    says: /n2.*(DROP|drop)/,
    datagrams: [0, 0.5],
    judgedBy: 'datagrams',
  },
  {
    situation: 'accept for another address on n2',
    setup: `crowd 2; share n1 1 2; only_drop n2
on n2 nft insert rule ip cluster prerouting iif eth1 ip daddr 192.168.56.21 jhash ip saddr mod 2 ${seed} 1 ${host}`,
    state: 'CRITICAL',
    says: /bucket 2 of 2 on no node/,
    tcp: [0.5, 0],
  },
  {
    situation: 'accept for new connections alone',
    setup: chains((i) => [`${to} ct state new jhash ip saddr mod 2 ${seed} ${i - 1} ${host}`, `${to} drop`]),
    state: 'CRITICAL',
    says: /n1/,
    tcp: [1, 0],
    datagrams: [0, 0],
    judgedBy: null,
    clients: 'none',
  },
  {
    situation: 'rules of one node with different totals',
    setup: `crowd 2; share n1 1 2
nftables n2 <<RULES
table ip cluster {
  chain prerouting {
    BASE
    ${to} jhash ip saddr mod 2 ${seed} 1 ${host}
    ${to} jhash ip saddr mod 4 ${seed} 1 ${host}
    ${to} drop
  }
}
RULES`,
    state: 'CRITICAL',
    says: /n2/,
    tcp: [0, 0.25],
    judgedBy: null,
  },
  {
    situation: 'VIP dropped in a later chain of the same hook on n2',
    setup: `crowd 2; share n1 1 2; share n2 2 2
nftables n2 <<RULES
table ip later {
  chain prerouting {
    type filter hook prerouting priority -50; policy accept;
    ip daddr $VIP drop
  }
}
RULES`,
    state: 'CRITICAL',
    says: /n2 drops everything after the cluster rule/,
    tcp: [0.5, 0],
  },
];
