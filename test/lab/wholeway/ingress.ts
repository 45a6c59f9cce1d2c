import { bucketDoubled, bucketLost, type Sketch, situationsOf, well } from './situation.ts';

// Section 3: what nft 1.0.6 keeps out of its JSON: the device of an ingress chain, and that a table sleeps.

const cluster = (node: string, bucket: number, device: string) => `table ${node} <<RULES
table netdev cluster {
  chain ingress {
    type filter hook ingress device "${device}" priority 0; policy accept;
    ip daddr $VIP jhash ip saddr mod 2 seed 2052138319 ${bucket - 1} meta pkttype set host accept
    ip daddr $VIP drop
  }
}
RULES`;
const guard = (family: string, device: string) => `dead_card n2 eth2
table n2 <<RULES
table ${family} guard {
  chain ingress {
    type filter hook ingress device "${device}" priority 0; policy accept;
    ip daddr $VIP drop
  }
}
RULES`;
const asleep = (hook: string, rule: string) => `table n2 <<RULES
table ip sleeps {
  flags dormant
  chain one {
    type filter hook ${hook} priority -200; policy accept;
    ${rule}
  }
}
RULES`;

const sketches: readonly Sketch[] = [
  {
    situation: 'cluster rules at ingress',
    ways: ['nftables'],
    setup: `whole 2\n${cluster('n1', 1, 'eth1')}\n${cluster('n2', 2, 'eth1')}`,
    state: 'OK',
  },
  {
    situation: 'cluster rules at ingress of the wrong device on n2',
    ways: ['nftables'],
    setup: `whole 2; dead_card n2 eth2\n${cluster('n1', 1, 'eth1')}\n${cluster('n2', 2, 'eth2')}`,
    tcp: bucketLost,
    udp: bucketDoubled,
    state: 'CRITICAL',
    says: /n2/,
  },
  {
    situation: 'a guard at ingress of another card',
    ways: ['iptables-nft', 'nftables'],
    setup: `healthy 2; ${guard('netdev', 'eth2')}`,
    state: 'OK',
  },
  {
    situation: 'an inet guard at ingress of another card',
    ways: ['nftables'],
    setup: `healthy 2; ${guard('inet', 'eth2')}`,
    state: 'OK',
  },
  {
    situation: 'dropped at ingress of the card on n2',
    ways: ['iptables-nft', 'nftables'],
    setup: `healthy 2; ${guard('netdev', 'eth1')}`,
    tcp: bucketLost,
    state: 'CRITICAL',
    says: /ingress/,
  },
  {
    situation: 'a table that sleeps would drop the VIP on n2',
    ways: ['iptables-nft', 'nftables'],
    setup: `healthy 2; ${asleep('prerouting', 'ip daddr $VIP drop')}`,
    state: 'OK',
  },
  {
    situation: 'the cluster table sleeps on n2',
    ways: ['nftables'],
    setup: "healthy 2; echo 'table ip cluster { flags dormant; }' | table n2",
    tcp: bucketLost,
    udp: bucketDoubled,
    state: 'CRITICAL',
    says: /n2/,
    clients: ['tcp80', 'udp', 'icmp'],
  },
  {
    situation: 'a table that sleeps would drop the answers of n2',
    ways: ['nftables'],
    setup: `healthy 2; ${asleep('output', 'ip saddr $VIP drop')}`,
    tcp: well,
    state: 'OK',
  },
];

export const ingress = situationsOf(3, sketches);
