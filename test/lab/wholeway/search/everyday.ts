import { type Draw, everywhere, first, networks } from './piece.ts';

// What stands beside a cluster and does no harm, mostly: marks, NAT, other addresses, routes, ARP.

const multiWan: Draw = ({ random, ipv6, way }) => {
  const before = way !== 'nftables' && random.chance(0.5);
  return {
    name: `marks of a second provider${before ? ', before the rules' : ''}`,
    setup: everywhere(
      before
        ? `before $n -m mark ! --mark 0 -j RETURN
before $n -j CONNMARK --restore-mark`
        : `xt $n -t mangle -A PREROUTING -j CONNMARK --restore-mark
xt $n -t mangle -A OUTPUT -j CONNMARK --restore-mark
ip -n $n ${ipv6 ? '-6 ' : ''}rule add fwmark 0x20 lookup 120`,
    ),
  };
};

const shaping: Draw = ({ random }) => ({
  name: 'marks for traffic shaping',
  setup: everywhere(
    random.pick([
      'xt $n -t mangle -A POSTROUTING -p tcp --sport 80 -j MARK --set-mark 0x30',
      'xt $n -t mangle -A OUTPUT -p udp -j DSCP --set-dscp 10',
      'xt $n -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
      'xt $n -t mangle -A INPUT -p tcp --dport 80 -j MARK --set-mark 0x30',
      "echo 'table inet qos { chain output { type filter hook output priority mangle; policy accept; tcp sport 80 meta priority set 0x10010; }; }' | table $n",
      "echo 'table inet qos { chain prerouting { type filter hook prerouting priority -140; policy accept; udp dport 53 meta mark set 0x7; }; }' | table $n",
    ]),
  ),
});

const nat: Draw = ({ random, ipv6 }) => {
  const to = ipv6 ? '[$VIP]:8080' : '$VIP:8080';
  const setup = everywhere(
    random.pick([
      'xt $n -t nat -A POSTROUTING -o eth1 -j MASQUERADE',
      ipv6
        ? 'xt $n -t nat -A POSTROUTING -s fd99::/16 -j MASQUERADE'
        : 'xt $n -t nat -A POSTROUTING -s 172.20.0.0/16 -j SNAT --to-source 192.168.56.20',
      `xt $n -t nat -A PREROUTING -d $VIP -p tcp --dport 80 -j DNAT --to-destination ${to}`,
      'xt $n -t nat -A PREROUTING -d $VIP -p tcp --dport 8443 -j REDIRECT --to-ports 8080',
      `on $n nft -f - <<RULES
table $(l3) dn { chain prerouting { type nat hook prerouting priority dstnat; policy accept; $(l3) daddr $VIP tcp dport 80 dnat to ${to}; }; }
RULES`,
    ]),
  );
  return { name: 'NAT', setup, ...(setup.includes('8443') ? { unasked: 8443 } : {}) };
};

const otherVip: Draw = ({ random, ipv6, nodes }) =>
  ipv6
    ? null
    : {
        name: 'a second VIP',
        setup: random.chance(0.5)
          ? everywhere(`ip -n $n addr add 192.168.56.21/24 dev eth1
on $n arptables-nft -A OUTPUT -s 192.168.56.21 -j mangle --mangle-mac-s 01:23:45:67:89:ac
on $n ip maddr add 01:23:45:67:89:ac dev eth1
xt $n -t mangle -A PREROUTING -d 192.168.56.21 -i eth1 -m cluster --cluster-local-node \${n#n} --cluster-total-nodes ${nodes.length} --cluster-hash-seed 5 -j ACCEPT
xt $n -t mangle -A PREROUTING -d 192.168.56.21 -i eth1 -j DROP`)
          : 'ip -n n1 addr add 192.168.56.22/24 dev eth1',
      };

const otherCard: Draw = ({ random }) => ({
  name: 'another card',
  setup: everywhere(`dead_card $n eth3
${random.pick([
  'xt $n -A INPUT -i eth3 -j DROP',
  'echo \'table netdev guard { chain ingress { type filter hook ingress device "eth3" priority 0; policy drop; }; }\' | table $n',
  'xt $n -t mangle -I PREROUTING -i eth3 -j ACCEPT',
  'on $n tc qdisc add dev eth3 clsact',
  'xt $n -A OUTPUT -o eth3 -j DROP',
])}`),
});

const routes: Draw = ({ random, ipv6 }) => {
  const six = ipv6 ? '-6 ' : '';
  const gateway = ipv6 ? 'fd00:56::fe' : '192.168.56.254';
  const private_ = ipv6 ? 'fd77::/16' : '10.99.0.0/16';
  return {
    name: 'routes',
    setup: everywhere(
      random.pick([
        `ip -n $n ${six}route add ${random.pick(networks(ipv6))} via ${gateway}`,
        `ip -n $n ${six}rule add from $VIP lookup 100; ip -n $n ${six}route add default via ${gateway} table 100`,
        `ip -n $n ${six}rule add from $VIP lookup 101`,
        `ip -n $n ${six}rule add from $VIP lookup 102; ip -n $n ${six}route add throw ${random.pick(networks(ipv6))} table 102`,
        `ip -n $n ${six}rule add table main suppress_prefixlength 0`,
        `ip -n $n ${six}route add blackhole default metric 9000`,
        `dead_card $n eth4; ip -n $n ${six}route add ${private_} dev eth4`,
        `ip -n $n ${six}route add default via ${gateway} metric 500`,
        ipv6 ? 'setting $n net/ipv6/conf/all/accept_redirects 0' : 'setting $n net/ipv4/conf/all/rp_filter 1',
        `ip -n $n ${six}rule add fwmark 0x77 prohibit`,
      ]),
    ),
  };
};

const answers: Draw = ({ random, ipv6 }) => {
  const icmp = ipv6 ? 'xt $n -A OUTPUT -p ipv6-icmp -j ACCEPT' : 'xt $n -A OUTPUT -p icmp -j ACCEPT';
  return {
    name: 'rules for what goes out',
    setup: everywhere(
      random.pick([
        `xt $n -P OUTPUT DROP\nxt $n -A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n${icmp}`,
        'xt $n -A OUTPUT -p tcp --dport 25 -j REJECT',
        'xt $n -A OUTPUT -m owner --uid-owner 12345 -j DROP',
        "echo 'table inet out { chain output { type filter hook output priority 0; policy accept; tcp dport 6667 drop; ct state invalid drop; }; }' | table $n",
      ]),
    ),
  };
};

const arp: Draw = ({ random, ipv6 }) =>
  ipv6
    ? null
    : {
        name: 'more rules of ARP',
        setup: everywhere(
          random.pick([
            'on $n arptables-nft -A INPUT -s 192.168.56.77 -j DROP',
            'on $n arptables-nft -A OUTPUT -s 192.168.56.99 -j mangle --mangle-mac-s 01:23:45:67:89:aa',
            "echo 'table arp more { chain output { type filter hook output priority 10; policy accept; arp operation reply counter; }; }' | table $n",
            'setting $n net/ipv4/conf/all/arp_announce 2',
            'setting $n net/ipv4/conf/all/arp_ignore 1',
          ]),
        ),
      };

const asleep: Draw = () => ({
  name: 'a table that sleeps',
  setup: everywhere(
    "echo 'table inet old { flags dormant; chain prerouting { type filter hook prerouting priority -200; policy drop; }; }' | table $n",
  ),
});

const unasked: Draw = () => ({ name: 'the script is not told the VIP', setup: 'ASKED=""' });

const bigTable: Draw = ({ ipv6 }) => ({
  name: 'many routes',
  setup: everywhere(
    `seq 1 200 | sed "s|.*|route add ${ipv6 ? 'fd77:&::/48 via fd00:56::fe' : '100.64.&.0/24 via 192.168.56.254'}|" | ip -n $n ${ipv6 ? '-6 ' : ''}-batch -`,
  ),
});

const untouched: Draw = (ground) => ({
  name: 'rules for other ports first',
  setup: everywhere(
    ground.random.pick([
      first(ground, '-p tcp --dport 22 -j ACCEPT', 'tcp dport 22 accept'),
      first(ground, '-p tcp --dport 3128 -j DROP', 'tcp dport 3128 drop'),
      first(ground, '-i lo -j ACCEPT', 'iif lo accept'),
      first(ground, '-p vrrp -j ACCEPT', 'meta l4proto vrrp accept'),
    ]),
  ),
});

export const everyday: readonly Draw[] = [
  multiWan,
  shaping,
  shaping,
  nat,
  nat,
  otherVip,
  otherCard,
  routes,
  routes,
  answers,
  arp,
  asleep,
  untouched,
  unasked,
  bigTable,
];
