import { allLost, bucketLost, lost, type Sketch, situationsOf, type Way } from './situation.ts';

// Section 5, the first stretch of the way back: chains that the answer from the VIP passes.

const both: Sketch['ways'] = ['iptables-nft', 'nftables'];
const all: Sketch['ways'] = [...both, 'iptables-nft-ipv6', 'nftables-ipv6'];
/** A chain at output or postrouting of a table of nft. */
const chain = (node: string, family: string, hook: string, rules: string, policy = 'accept') => `table ${node} <<RULES
table ${family} away {
  chain away {
    type filter hook ${hook} priority 0; policy ${policy};
    ${rules}
  }
}
RULES`;
const by = (tables: string, nft: (l3: 'ip' | 'ip6') => string) => (way: Way, ipv6: boolean) =>
  `healthy 2\n${way === 'nftables' ? nft(ipv6 ? 'ip6' : 'ip') : tables}`;

const sketches: readonly Sketch[] = [
  {
    situation: 'policy DROP at output on n2',
    ways: both,
    setup: by('xt n2 -P OUTPUT DROP', (l3) => chain('n2', l3, 'output', '', 'drop')),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /OUTPUT|output/,
  },
  {
    situation: 'policy DROP at output, answers accepted as established',
    ways: all,
    setup: (way, ipv6) =>
      way === 'nftables'
        ? `healthy 2\n${['n1', 'n2'].map((n) => chain(n, ipv6 ? 'ip6' : 'ip', 'output', `ct state established,related accept${ipv6 ? '; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept' : ''}`, 'drop')).join('\n')}`
        : `healthy 2; for n in n1 n2; do xt $n -P OUTPUT DROP; xt $n -A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; ${ipv6 ? 'xt $n -A OUTPUT -p ipv6-icmp -j ACCEPT; ' : ''}done`,
    state: 'OK',
  },
  {
    situation: 'policy DROP at output, answers accepted by their address on n2',
    ways: both,
    setup: by('xt n2 -P OUTPUT DROP; xt n2 -A OUTPUT -s $VIP -j ACCEPT', (l3) =>
      chain('n2', l3, 'output', `${l3} saddr $VIP accept`, 'drop'),
    ),
    state: 'OK',
  },
  {
    situation: 'answers dropped at output on n2',
    ways: all,
    setup: by('xt n2 -A OUTPUT -s $VIP -j DROP', (l3) => chain('n2', l3, 'output', `${l3} saddr $VIP drop`)),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /OUTPUT|output/,
  },
  {
    situation: 'answers of the Web dropped at output on n2',
    ways: both,
    setup: by('xt n2 -A OUTPUT -p tcp --sport 80 -j DROP', (l3) => chain('n2', l3, 'output', 'tcp sport 80 drop')),
    tcp: bucketLost,
    udp: { lost: [0, 0], doubled: [0, 0] },
    state: 'CRITICAL',
    says: /OUTPUT|output/,
  },
  {
    situation: 'answers rejected at output on n2',
    ways: both,
    setup: by('xt n2 -A OUTPUT -s $VIP -j REJECT', (l3) => chain('n2', l3, 'output', `${l3} saddr $VIP reject`)),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /OUTPUT|output/,
  },
  {
    situation: 'answers dropped at postrouting on n2',
    ways: both,
    setup: by('xt n2 -t mangle -A POSTROUTING -s $VIP -j DROP', (l3) =>
      chain('n2', l3, 'postrouting', `${l3} saddr $VIP drop`),
    ),
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /POSTROUTING|postrouting/,
  },
  {
    situation: 'answers dropped at egress on n2',
    ways: both,
    setup: `healthy 2; ${chain('n2', 'netdev', 'egress device "eth1"', 'ip saddr $VIP drop')}`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /egress/,
  },
  {
    situation: 'dropped at egress of another card',
    ways: both,
    setup: `healthy 2; dead_card n2 eth2; ${chain('n2', 'netdev', 'egress device "eth2"', 'ip saddr $VIP drop')}`,
    state: 'OK',
  },
  {
    situation: 'answers to one network dropped at output on n2',
    ways: both,
    setup: by('xt n2 -A OUTPUT -d 10.0.0.0/8 -j DROP', (l3) => chain('n2', l3, 'output', 'ip daddr 10.0.0.0/8 drop')),
    tcp: lost(0.05, 0.2),
    state: 'CRITICAL',
    says: /OUTPUT|output/,
  },
  {
    situation: 'what is not the VIP dropped at output',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `healthy 2\n${['n1', 'n2'].map((n) => chain(n, 'ip', 'output', 'ip saddr 192.168.56.12 drop')).join('\n')}`
        : 'healthy 2; for n in n1 n2; do xt $n -A OUTPUT -s 192.168.56.12 -j DROP; done',
    state: 'OK',
  },
  {
    situation: 'answers dropped at output on both nodes',
    ways: both,
    setup: (way) =>
      way === 'nftables'
        ? `healthy 2\n${['n1', 'n2'].map((n) => chain(n, 'ip', 'output', 'ip saddr $VIP drop')).join('\n')}`
        : 'healthy 2; for n in n1 n2; do xt $n -A OUTPUT -s $VIP -j DROP; done',
    tcp: allLost,
    state: 'CRITICAL',
    says: /OUTPUT|output/,
  },
  {
    situation: 'answers to one network dropped at output on both nodes',
    ways: ['nftables'],
    setup: `healthy 2\n${['n1', 'n2'].map((n) => chain(n, 'ip', 'output', 'ip daddr 10.0.0.0/8 drop')).join('\n')}`,
    tcp: lost(0.15, 0.35),
    state: ['OK', 'WARNING'],
  },
  {
    situation: 'answers masqueraded at postrouting, which connection tracking undoes',
    ways: both,
    setup: 'healthy 2; for n in n1 n2; do xt $n -t nat -A POSTROUTING -o eth1 -j MASQUERADE; done',
    state: 'OK',
  },
];

export const answer = situationsOf(5, sketches);
