import { type Draw, everywhere, first, type Ground, networks, type Piece } from './piece.ts';

// What loses or doubles clients, as it happens: on one node, the last, or on all. Whether it does is seen, not laid down.

const last = ({ nodes }: Ground) => nodes[nodes.length - 1] ?? 'n1';
const three = (ipv6: boolean) => (ipv6 ? 'ip6' : 'ip');
const on = (node: string, commands: string) => `n=${node}\n${commands}`;

const before: Draw = (ground) => {
  const { random, ipv6 } = ground;
  const network = random.pick(networks(ipv6));
  const rule = random.pick([
    [`-s ${network} -j ACCEPT`, `${three(ipv6)} saddr ${network} accept`],
    [`-s ${network} -j DROP`, `${three(ipv6)} saddr ${network} drop`],
    ['-p tcp --dport 80 -j ACCEPT', 'tcp dport 80 accept'],
    ['-p tcp --dport 80 -j RETURN', 'tcp dport 80 return'],
    ['-p udp -j DROP', 'meta l4proto udp drop'],
    ['-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT', 'ct state established,related accept'],
    [`-s ${network} -p tcp -j RETURN`, `${three(ipv6)} saddr ${network} meta l4proto tcp return`],
  ] as const);
  const alike = random.chance(0.4) && !/DROP/.test(rule[0]);
  const text = first(ground, rule[0], rule[1]);
  return {
    name: `${rule[0]} before the rules${alike ? ', alike' : ''}`,
    setup: alike ? everywhere(text) : on(last(ground), text),
  };
};

const behind: Draw = (ground) => {
  const { random, ipv6 } = ground;
  const network = random.pick(networks(ipv6));
  const rule = random.pick([
    `-t filter -I INPUT -s ${network} -j DROP`,
    '-t filter -I INPUT -p tcp --dport 80 -j REJECT',
    `-t mangle -I INPUT -s ${network} -p udp -j DROP`,
    '-t filter -I INPUT -p tcp --tcp-flags ALL ACK,PSH -j DROP',
    `-t filter -I INPUT -d $VIP ! -s ${network} -j DROP`,
  ] as const);
  return { name: `${rule} on one node`, setup: on(last(ground), `xt $n ${rule}`) };
};

const answer: Draw = (ground) => {
  const { random, ipv6 } = ground;
  const network = random.pick(networks(ipv6));
  const l3 = three(ipv6);
  return {
    name: 'answers dropped on one node',
    setup: on(
      last(ground),
      random.pick([
        `xt $n -A OUTPUT -d ${network} -j DROP`,
        'xt $n -t mangle -A POSTROUTING -s $VIP -p tcp -j DROP',
        'xt $n -P OUTPUT DROP',
        `on $n nft -f - <<RULES
table ${l3} out { chain output { type filter hook output priority 0; policy accept; ${l3} saddr $VIP ${l3} daddr ${network} drop; }; }
RULES`,
        `on $n nft -f - <<RULES
table netdev out { chain egress { type filter hook egress device "eth1" priority 0; policy accept; ${l3} saddr $VIP udp sport 53 drop; }; }
RULES`,
      ]),
    ),
  };
};

const route: Draw = (ground) => {
  const { random, ipv6 } = ground;
  const network = random.pick(networks(ipv6));
  const six = ipv6 ? '-6 ' : '';
  return {
    name: 'a route of one node',
    setup: on(
      last(ground),
      random.pick([
        `ip -n $n ${six}route add ${random.pick(['blackhole', 'unreachable', 'prohibit'])} ${network}`,
        `ip -n $n ${six}route del default`,
        `ip -n $n ${six}rule add from $VIP prohibit`,
        `ip -n $n ${six}rule add from $VIP to ${network} blackhole`,
        `dead_card $n; ip -n $n ${six}route add ${network} dev dead0`,
        `dead_card $n wg0; ip -n $n ${six}route add default dev wg0 table 140; ip -n $n ${six}rule add not fwmark 0xca6c lookup 140; ip -n $n ${six}rule add table main suppress_prefixlength 0`,
        `ip -n $n ${six}rule add ipproto tcp sport 80 prohibit`,
        `ip -n $n ${six}rule add from $VIP lookup 130; ip -n $n ${six}route add prohibit ${network} table 130`,
      ]),
    ),
  };
};

const card: Draw = (ground) => {
  const { random, ipv6 } = ground;
  const l3 = three(ipv6);
  return {
    name: 'the card of one node',
    setup: on(
      last(ground),
      random.pick([
        'ip -n $n link set eth1 arp off',
        `on $n nft -f - <<RULES
table netdev in { chain ingress { type filter hook ingress device "eth1" priority 0; policy accept; ${l3} daddr $VIP meta l4proto tcp drop; }; }
RULES`,
        `on $n nft -f - <<RULES
table inet in { chain ingress { type filter hook ingress device "eth1" priority 0; policy accept; ${l3} daddr $VIP drop; }; }
RULES`,
      ]),
    ),
  };
};

const arp: Draw = (ground): Piece | null =>
  ground.ipv6
    ? null
    : {
        name: 'ARP of one node',
        byNeighbour: true,
        setup: on(
          last(ground),
          ground.random.pick([
            'on $n arptables-nft -I OUTPUT -s $VIP -j ACCEPT',
            'on $n arptables-nft -F OUTPUT; on $n nft delete table arp cluster 2>/dev/null',
            "echo 'table arp early { chain output { type filter hook output priority -10; policy accept; arp operation request accept; }; }' | table $n",
          ]),
        ),
      };

const tracking: Draw = (ground) => ({
  name: 'connection tracking',
  setup: ground.random.chance(0.5)
    ? on(last(ground), 'xt $n -t raw -A PREROUTING -d $VIP -j CT --notrack')
    : on(last(ground), 'xt $n -t raw -A PREROUTING -d $VIP -p tcp -j CT --zone 3'),
});

const marks: Draw = (ground) => ({
  name: 'a mark that is dropped',
  setup: on(
    last(ground),
    ground.random.pick([
      'xt $n -t mangle -I INPUT -p tcp --dport 80 -j MARK --set-mark 0x8\nxt $n -A INPUT -m mark --mark 0x8 -j DROP',
      'xt $n -t mangle -I PREROUTING -p udp -j MARK --set-mark 0x8\nxt $n -A INPUT -m mark --mark 0x8 -j DROP',
    ]),
  ),
});

const redirected: Draw = (ground) =>
  ground.ipv6
    ? null
    : {
        name: 'a port redirected to one that is not open, on one node',
        setup: on(
          last(ground),
          'xt $n -t nat -A PREROUTING -d $VIP -p tcp --dport 80 -j DNAT --to-destination $VIP:8080\nxt $n -I INPUT -p tcp --dport 8080 -j DROP',
        ),
      };

export const faults: readonly Draw[] = [
  before,
  before,
  before,
  behind,
  behind,
  answer,
  answer,
  route,
  route,
  card,
  arp,
  tracking,
  marks,
  redirected,
];
