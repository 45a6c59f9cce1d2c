import { bucketLost, lost, type Sketch, situationsOf, well } from './situation.ts';

// Section 4, maps of nft: `continue` goes on in its rule, and what has no element leaves it.

const both: Sketch['ways'] = ['nftables', 'nftables-ipv6'];
const source = (ipv6: boolean) => (ipv6 ? 'ip6 saddr' : 'ip saddr');
const destination = (ipv6: boolean) => (ipv6 ? 'ip6 daddr' : 'ip daddr');
/** Of the usual clients a part, and nobody else. */
const network = (ipv6: boolean) => (ipv6 ? '2000::/4' : '10.0.0.0/8');

/** A chain of n2 before everything else, after which all is as if it were not there. */
const guard = (ipv6: boolean, ...rules: readonly string[]) => `healthy 2; table n2 <<RULES
table inet guard {
  chain guard {
    type filter hook prerouting priority -300; policy accept;
    ${[...(ipv6 ? ['icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept'] : []), ...rules].join('\n    ')}
  }
}
RULES`;

const sketches: readonly Sketch[] = [
  {
    situation: 'a map lets one network go on to a drop of the VIP on n2, and accepts all others',
    ways: both,
    setup: (_, ipv6) =>
      guard(ipv6, `${source(ipv6)} vmap { ${network(ipv6)} : continue, * : accept }`, `${destination(ipv6)} $VIP drop`),
    tcp: lost(0.05, 0.35),
    state: 'CRITICAL',
    says: /drop/,
  },
  {
    situation: 'a map lets the Web go on to a drop of TCP on n2, and accepts all others',
    ways: both,
    setup: (_, ipv6) => guard(ipv6, 'tcp dport vmap { 80 : continue, * : accept }', 'meta l4proto tcp drop'),
    tcp: bucketLost,
    udp: well,
    // As with a rule that names the port itself.
    state: ['CRITICAL', 'WARNING'],
    says: /drop/,
  },
  {
    situation: 'a map of one network before an accept in the same rule on n2, then the VIP is dropped',
    ways: ['nftables'],
    setup: (_, ipv6) =>
      guard(ipv6, `${source(ipv6)} vmap { ${network(ipv6)} : continue } accept`, `${destination(ipv6)} $VIP drop`),
    tcp: lost(0.2, 0.5),
    state: 'CRITICAL',
    says: /drop/,
  },
  {
    situation: 'a mark by a map of one network before an accept in the same rule on n2, then the VIP is dropped',
    ways: ['nftables'],
    setup: (_, ipv6) =>
      guard(
        ipv6,
        `meta mark set ${source(ipv6)} map { ${network(ipv6)} : 0x1 } accept`,
        `${destination(ipv6)} $VIP drop`,
      ),
    tcp: lost(0.2, 0.5),
    state: 'CRITICAL',
    says: /drop/,
  },
  {
    situation: 'maps let the VIP and its protocols go on to the rules, and nothing else',
    ways: both,
    setup: (_, ipv6) => `healthy 2; for n in n1 n2; do
  before $n '${destination(ipv6)} vmap { '$VIP' : continue, ${ipv6 ? 'fd00:56::77' : '192.168.56.77'} : accept, * : return }'
  before $n 'meta l4proto vmap { tcp : continue, udp : continue, icmp : continue, ipv6-icmp : continue, * : accept }'
done`,
    state: 'OK',
  },
  {
    situation: 'a map of buckets lets those of the node go on in its rule, and drops the others',
    ways: both,
    setup: (_, ipv6) => `whole 2; for i in 1 2; do nftables n$i <<RULES
table ${ipv6 ? 'ip6' : 'ip'} cluster {
  chain prerouting {
    BASE
    iif eth1 ${destination(ipv6)} $VIP jhash ${source(ipv6)} mod 2 seed 2052138319 vmap { $((i - 1)) : continue, * : drop } meta pkttype set host accept
  }
}
RULES
discovery_first n$i; done`,
    state: 'OK',
  },
];

export const maps = situationsOf(4, sketches);
