import { allLost, bucketLost, type Sketch, situationsOf, type Way } from './situation.ts';

// Section 1: who answers ARP for the VIP. xt_cluster and nftables leave that to the kernel, which tells the card's own MAC,
// in replies as in the node's own requests from the VIP.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];
const shared = 'crowd 2; share n1 1 2; share n2 2 2';
/** The ARP rule is right on n1, and something else on n2. */
const unlike = (arptables: string, nft: readonly string[]) => (way: Way) =>
  `${shared}; answers_arp n1\n${way === 'nftables' ? `arp_chain n2 ${nft.map((rule) => `"${rule}"`).join(' ')}` : arptables}`;
const accepts = 'on n2 arptables-nft -A OUTPUT -s $VIP -j ACCEPT; answers_arp n2';
/** A rule on n2 for what it hears by ARP. */
const hears = (arptables: string, nft: string) => (way: Way) =>
  way === 'nftables'
    ? `on n2 nft "add table arp guard; add chain arp guard heard { type filter hook input priority 0; }; add rule arp guard heard ${nft}"`
    : `on n2 arptables-nft -A INPUT ${arptables}`;
const mangle = '-j mangle --mangle-mac-s $MAC';
const set = 'arp saddr ether set $MAC';

const sketches: readonly Sketch[] = [
  { situation: 'ARP rule on both nodes', ways: both, setup: 'healthy 2', state: 'OK' },
  { situation: 'ARP rules on three nodes', ways: both, setup: 'healthy 3', nodes: 3, state: 'OK' },
  {
    situation: 'no ARP rule anywhere',
    ways: both,
    setup: shared,
    tcp: bucketLost,
    state: 'WARNING',
    says: /ARP.*static|static.*ARP/s,
    clients: [],
  },
  {
    situation: 'no ARP rule anywhere, static entries on the peers',
    ways: both,
    setup: `${shared}; peer_learned $MAC`,
    state: 'WARNING',
    says: /ARP.*static|static.*ARP/s,
  },
  {
    situation: 'no ARP rule anywhere, static entries, ARP skipped',
    ways: both,
    setup: `${shared}; peer_learned $MAC`,
    skipArp: true,
    state: 'OK',
  },
  {
    situation: 'ARP rule on one node only',
    ways: both,
    setup: `${shared}; answers_arp n1`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'nft ARP rules beside xt_cluster, on one node only',
    ways: ['iptables-nft'],
    setup: `${shared}; ARPWAY=nftables; answers_arp n1`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'arptables on one node, nft on the other',
    ways: both,
    setup: `${shared}; ARPWAY=nftables; answers_arp n1; ARPWAY=iptables-nft; answers_arp n2`,
    state: 'OK',
  },
  {
    situation: 'ACCEPT before the ARP rule on n2',
    ways: both,
    setup: unlike('on n2 arptables-nft -A OUTPUT -s $VIP -j ACCEPT; answers_arp n2', ['arp saddr ip $VIP accept', set]),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'ACCEPT before the ARP rule on n2, where the ARP of one host is dropped',
    ways: both,
    setup: (way) =>
      `${unlike(accepts, ['arp saddr ip $VIP accept', set])(way)}; ${hears('-s 192.168.56.77 -j DROP', 'arp saddr ip 192.168.56.77 drop')(way)}`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'ACCEPT before the ARP rule on n2, where the ARP of a network is dropped',
    ways: both,
    setup: (way) =>
      `${unlike(accepts, ['arp saddr ip $VIP accept', set])(way)}; ${hears('-s 10.9.0.0/16 -j DROP', 'arp saddr ip 10.9.0.0/16 drop')(way)}`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'ACCEPT before the ARP rule on n2 for all peers but one',
    ways: both,
    setup: unlike('on n2 arptables-nft -A OUTPUT -s $VIP ! -d 192.168.56.77 -j ACCEPT; answers_arp n2', [
      'arp saddr ip $VIP arp daddr ip != 192.168.56.77 accept',
      set,
    ]),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'ACCEPT before the ARP rule on n2 for one peer',
    ways: both,
    setup: unlike('on n2 arptables-nft -A OUTPUT -s $VIP -d 192.168.56.77 -j ACCEPT; answers_arp n2', [
      'arp saddr ip $VIP arp daddr ip 192.168.56.77 accept',
      set,
    ]),
    state: 'OK',
  },
  {
    situation: 'ACCEPT before the ARP rule on n2 for the gateway',
    ways: both,
    setup: unlike('on n2 arptables-nft -A OUTPUT -s $VIP -d 192.168.56.254 -j ACCEPT; answers_arp n2', [
      'arp saddr ip $VIP arp daddr ip 192.168.56.254 accept',
      set,
    ]),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'ARP heard from the gateway alone on n2',
    ways: both,
    setup: (way) => `healthy 2; ${hears('! -s 192.168.56.254 -j DROP', 'arp saddr ip != 192.168.56.254 drop')(way)}`,
    state: 'OK',
  },
  {
    situation: 'ARP heard from one peer alone on n2',
    ways: both,
    setup: (way) =>
      `healthy 2; ${hears('! -s 192.168.56.77 --opcode 2 -j DROP', 'arp operation reply arp saddr ip != 192.168.56.77 drop')(way)}`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
  },
  {
    situation: 'ACCEPT before the ARP rule on n2 for a MAC, no ARP rule on n1',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `${shared}; arp_chain n2 "arp daddr ether 02:aa:bb:cc:dd:ee accept" "arp saddr ip $VIP ${set}"`
        : `${shared}; on n2 arptables-nft -A OUTPUT --dst-mac 02:aa:bb:cc:dd:ee -j ACCEPT; answers_arp n2`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n1.*ARP|ARP.*n1/,
    clients: [],
  },
  {
    situation: 'ACCEPT before the ARP rule on n2 for requests to the gateway',
    ways: both,
    setup: unlike('on n2 arptables-nft -A OUTPUT -s $VIP -d 192.168.56.254 --opcode 1 -j ACCEPT; answers_arp n2', [
      'arp operation request arp saddr ip $VIP arp daddr ip 192.168.56.254 accept',
      `arp saddr ip $VIP ${set}`,
    ]),
    tcp: bucketLost,
    state: 'WARNING',
    says: /n2.*gateway 192\.168\.56\.254/,
    clients: [],
  },
  {
    situation: 'no answers to the gateway by ARP on both nodes',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `${shared}; for n in n1 n2; do arp_chain $n "arp operation reply arp daddr ip 192.168.56.254 drop" "arp saddr ip $VIP ${set}"; done`
        : `${shared}; for n in n1 n2; do on $n arptables-nft -A OUTPUT -d 192.168.56.254 --opcode 2 -j DROP; answers_arp $n; done`,
    tcp: allLost,
    state: 'WARNING',
    says: /no node answers the gateway 192\.168\.56\.254/,
    clients: [],
  },
  {
    situation: 'ARP not heard from the gateway on n2, which has a second one',
    ways: both,
    setup: (way) =>
      `healthy 2; ip -n n2 route add 10.99.0.0/16 via 192.168.56.77; ${hears('-s 192.168.56.254 --opcode 2 -j DROP', 'arp operation reply arp saddr ip 192.168.56.254 drop')(way)}`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
  },
  {
    situation: 'ARP rule of another interface on n2',
    ways: both,
    setup: unlike(`dead_card n2 eth2; on n2 arptables-nft -A OUTPUT -o eth2 -s $VIP ${mangle}`, [
      `oifname eth2 arp saddr ip $VIP ${set}`,
    ]),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'ARP rule of the right interface',
    ways: both,
    setup: unlike(`on n2 arptables-nft -A OUTPUT -o eth1 -s $VIP ${mangle}`, [`oifname eth1 arp saddr ip $VIP ${set}`]),
    state: 'OK',
  },
  {
    situation: 'ARP rules for replies only',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `${shared}; for n in n1 n2; do arp_chain $n "arp operation reply arp saddr ip $VIP ${set}"; done`
        : `${shared}; for n in n1 n2; do on $n arptables-nft -A OUTPUT --opcode 2 -s $VIP ${mangle}; done`,
    tcp: bucketLost,
    state: 'WARNING',
    says: /ARP/,
    clients: [],
  },
  {
    situation: 'ARP rules for replies only, requests from another address (arp_announce)',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `${shared}; for n in n1 n2; do setting $n net/ipv4/conf/all/arp_announce 2; arp_chain $n "arp operation reply arp saddr ip $VIP ${set}"; done`
        : `${shared}; for n in n1 n2; do setting $n net/ipv4/conf/all/arp_announce 2; on $n arptables-nft -A OUTPUT --opcode 2 -s $VIP ${mangle}; done`,
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'ARP rules for every address of the node',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `${shared}; for n in n1 n2; do arp_chain $n "${set}"; done`
        : `${shared}; for n in n1 n2; do on $n arptables-nft -A OUTPUT ${mangle}; done`,
    state: 'OK',
  },
  {
    situation: 'ARP rule for what is not the VIP on n2',
    ways: both,
    setup: unlike(`on n2 arptables-nft -A OUTPUT ! -s $VIP ${mangle}`, [`arp saddr ip != $VIP ${set}`]),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'what is not the VIP accepted first, then an ARP rule for all',
    ways: both,
    setup: unlike(`on n2 arptables-nft -A OUTPUT ! -s $VIP -j ACCEPT; on n2 arptables-nft -A OUTPUT ${mangle}`, [
      'arp saddr ip != $VIP accept',
      set,
    ]),
    state: 'OK',
  },
  {
    situation: 'ARP rule for a set with the VIP',
    ways: ['nftables'],
    setup: unlike('', [`arp saddr ip { 192.168.56.77, $VIP } ${set}`]),
    state: 'OK',
  },
  {
    situation: 'ARP rule for a set without the VIP on n2',
    ways: ['nftables'],
    setup: unlike('', [`arp saddr ip { 192.168.56.77, 192.168.56.78 } ${set}`]),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'ARP rule for a named set with the VIP',
    ways: ['nftables'],
    setup: `${shared}; answers_arp n1
table n2 <<RULES
table arp cluster {
  set vips { type ipv4_addr; elements = { 192.168.56.77, $VIP } }
  chain output {
    type filter hook output priority filter; policy accept;
    arp saddr ip @vips jump told
  }
  chain told {
    ${set}
  }
}
RULES`,
    state: 'OK',
  },
  {
    situation: 'ARP rule tells another MAC on n2',
    ways: both,
    setup: `${shared}; answers_arp n1; answers_arp n2 01:23:45:67:89:ac`,
    tcp: allLost,
    state: 'CRITICAL',
    says: /89:ac/,
    clients: [],
  },
  {
    situation: 'ARP of the VIP dropped at output on n2',
    ways: both,
    setup: unlike('on n2 arptables-nft -A OUTPUT -s $VIP -j DROP', ['arp saddr ip $VIP drop']),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'ARP to the VIP dropped at input on n2',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `healthy 2; printf 'table arp guard { chain input { type filter hook input priority 0; arp daddr ip %s drop; }; }' $VIP | table n2`
        : 'healthy 2; on n2 arptables-nft -A INPUT -d $VIP -j DROP',
    tcp: bucketLost,
    state: ['CRITICAL', 'WARNING'],
    says: /n2.*ARP|ARP.*n2/,
    clients: [],
  },
  {
    situation: 'two VIPs with an ARP rule each',
    ways: both,
    setup: `healthy 2; for n in n1 n2; do ip -n $n addr add 192.168.56.21/24 dev eth1; done
for n in n1 n2; do on $n arptables-nft -A OUTPUT -s 192.168.56.21 -j mangle --mangle-mac-s 01:23:45:67:89:ac; done`,
    state: 'OK',
  },
  {
    situation: 'a failover VIP beside a shared one with its ARP rules',
    ways: ['nftables'],
    setup: `cluster 2; ip -n n2 addr del $VIP/24 dev eth1
for n in n1 n2; do ip -n $n addr add 192.168.56.21/24 dev eth1; listen $n; arp_chain $n "arp saddr ip 192.168.56.21 arp saddr ether set $MAC"; done`,
    state: [],
    vip: 'OK',
    vipOptions: ['--expect', 'one'],
  },
  {
    situation: 'CLUSTERIP answers ARP by itself',
    ways: ['clusterip'],
    setup: 'cluster 2; rule n1 1 2; rule n2 2 2',
    state: 'OK',
  },
];

export const arp = situationsOf(1, sketches);
