import { type Draw, everywhere, first, isIn, networks } from './piece.ts';

// Firewalls as they come with distributions and programs, on every node alike: they let the services of the lab in, save
// where it says so.

const restored = (text: string) => everywhere(`restore $n <<'RULES'\n${text}\nRULES`);

const distribution: Draw = ({ random, ipv6 }) => ({
  name: 'firewall of the distribution',
  setup: random.chance(0.5)
    ? everywhere('firewall $n')
    : everywhere(`table $n <<'RULES'
table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iif lo accept
    meta l4proto { icmp, ipv6-icmp } accept
    tcp dport { 22, 80, 443, 8080 } ct state new accept
    udp dport 53 accept
    ${ipv6 ? 'icmpv6 type nd-neighbor-solicit accept' : 'ip protocol vrrp accept'}
    reject
  }
}
RULES`),
});

const ufw: Draw = ({ ipv6 }) => {
  const icmp = ipv6 ? '-p ipv6-icmp' : '-p icmp';
  return {
    name: 'ufw',
    setup: restored(`*filter
:INPUT DROP [0:0]
:ufw-before-input - [0:0]
:ufw-after-input - [0:0]
:ufw-not-local - [0:0]
:ufw-user-input - [0:0]
:ufw-skip-to-policy-input - [0:0]
:ufw-logging-deny - [0:0]
-A INPUT -j ufw-before-input
-A INPUT -j ufw-after-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input ${icmp} -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-before-input -j ufw-user-input
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
-A ufw-not-local -j DROP
-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
-A ufw-user-input -p tcp -m multiport --dports 80,8080 -j ACCEPT
-A ufw-user-input -p udp -m udp --dport 53 -j ACCEPT
-A ufw-after-input -p udp -m udp --dport 137 -j ufw-skip-to-policy-input
-A ufw-skip-to-policy-input -j DROP
COMMIT`),
  };
};

const firewalld: Draw = ({ ipv6 }) => ({
  name: 'firewalld',
  setup: everywhere(`table $n <<'RULES'
table inet firewalld {
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_INPUT_ZONES
    reject with icmpx admin-prohibited
  }
  chain filter_INPUT_ZONES {
    iifname "eth1" goto filter_IN_public
    goto filter_IN_public
  }
  chain filter_IN_public {
    jump filter_IN_public_pre
    jump filter_IN_public_allow
    meta l4proto { icmp, ipv6-icmp } accept
    reject with icmpx admin-prohibited
  }
  chain filter_IN_public_pre {
  }
  chain filter_IN_public_allow {
    tcp dport 22 accept
    tcp dport { 80, 8080 } accept
    udp dport 53 accept
  }
  chain filter_PREROUTING {
    type filter hook prerouting priority filter + 10; policy accept;
    ${ipv6 ? 'icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept\n    meta nfproto ipv6 fib saddr . mark . iif oif missing drop' : 'icmp type echo-request accept'}
  }
}
RULES`),
});

const vmaps: Draw = () => ({
  name: 'a firewall of verdict maps',
  setup: everywhere(`table $n <<'RULES'
table inet site {
  set lan { type ipv4_addr; flags interval; elements = { 192.168.56.0/24, 10.64.0.0/10 } }
  chain web {
    ct state new limit rate over 100000/second counter drop
    accept
  }
  chain pings { accept; }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    meta l4proto vmap { icmp : jump pings, ipv6-icmp : jump pings }
    tcp dport vmap { 22 : accept, 80 : goto web, 8080 : goto web }
    udp dport { 53, 123 } counter accept
    ip saddr @lan tcp dport 5666 accept
  }
}
RULES`),
});

const docker: Draw = ({ ipv6 }) =>
  ipv6
    ? null
    : {
        name: 'docker',
        unasked: 8443,
        setup: everywhere(`restore $n <<'RULES'
*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 172.17.0.2:443
COMMIT
*filter
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 443 -j ACCEPT
COMMIT
RULES`),
      };

const kubernetes: Draw = () => ({
  name: 'kube-proxy',
  setup: restored(`*nat
:KUBE-SERVICES - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
*filter
:KUBE-FIREWALL - [0:0]
-A INPUT -j KUBE-FIREWALL
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-FIREWALL -m comment --comment "marked packets" -m mark --mark 0x8000/0x8000 -j DROP
COMMIT`),
});

const fail2ban: Draw = ({ ipv6, random }) => {
  const banned = random.chance(0.5)
    ? ipv6
      ? '2001:db8:bad::/48'
      : '192.0.2.77/32'
    : ipv6
      ? 'fe80::bad/128'
      : '100.64.0.9/32';
  return {
    name: 'fail2ban',
    setup: everywhere(`xt $n -N f2b-sshd
xt $n -A f2b-sshd -s ${banned} -j REJECT
xt $n -A f2b-sshd -j RETURN
xt $n -I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd`),
  };
};

/** Rules that most firewalls have some of. */
const habits: Draw = ({ random, ipv6 }) => {
  const rules = random.some(3, [
    '-m conntrack --ctstate INVALID -j DROP',
    '-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j DROP',
    '-p tcp -m tcp --tcp-flags SYN,RST SYN,RST -j DROP',
    '-p tcp ! --syn -m conntrack --ctstate NEW -j DROP',
    '-p tcp -m tcp --dport 25 -j REJECT',
    '-p udp -m multiport --dports 137,138,5353 -j DROP',
    '-m limit --limit 5/min -j LOG --log-prefix "denied: "',
    '-p tcp -m tcp --dport 22 -m recent --name ssh --update --seconds 60 --hitcount 9 -j DROP',
    ipv6 ? '-m rt --rt-type 0 -j DROP' : '-f -j DROP',
    '-i lo -j ACCEPT',
    ipv6 ? '-s ::1/128 ! -i lo -j DROP' : '-s 127.0.0.0/8 ! -i lo -j DROP',
  ]);
  const [table, chain] = random.pick([
    ['filter', 'INPUT'],
    ['mangle', 'PREROUTING'],
    ['raw', 'PREROUTING'],
  ] as const);
  const fit = rules
    .filter((rule) => table !== 'raw' || !/conntrack|REJECT/.test(rule))
    .filter((rule) => table === 'filter' || !/REJECT/.test(rule));
  if (fit.length === 0) return null;
  return {
    name: `habits in ${table}`,
    setup: everywhere(fit.map((rule) => `xt $n -t ${table} -I ${chain} ${rule}`).join('\n')),
  };
};

/** Denies some clients on all nodes, where it can be read. */
const denial: Draw = (ground) => {
  const { random, ipv6 } = ground;
  const network = random.pick(networks(ipv6));
  const [kind, rule, nft, denies] = random.pick([
    [
      'a network',
      `-s ${network} -j DROP`,
      `${ipv6 ? 'ip6' : 'ip'} saddr ${network} drop`,
      (probe: Parameters<typeof isIn>[1]) => isIn(network, probe),
    ],
    [
      'UDP',
      '-p udp -j DROP',
      'meta l4proto udp drop',
      ({ protocol }: Parameters<typeof isIn>[1]) => protocol === 'udp',
    ],
    [
      'the Web of a network',
      `-s ${network} -p tcp --dport 80 -j DROP`,
      `${ipv6 ? 'ip6' : 'ip'} saddr ${network} tcp dport 80 drop`,
      (probe: Parameters<typeof isIn>[1]) => isIn(network, probe) && probe.protocol === 'tcp80',
    ],
  ] as const);
  return {
    name: `${kind} denied alike`,
    setup: everywhere(random.chance(0.5) ? `xt $n -I INPUT ${rule}` : first(ground, rule, nft)),
    denies,
  };
};

const set: Draw = ({ ipv6 }) =>
  ipv6
    ? null
    : {
        name: 'a set of blocked networks',
        setup: everywhere(`on $n ipset create blocked hash:net
on $n ipset add blocked 192.0.2.128/25
on $n ipset add blocked 100.64.0.0/10
xt $n -I INPUT -m set --match-set blocked src -j DROP`),
        unread: true,
      };

const rates: Draw = ({ random }) => ({
  name: 'a rate for each source',
  setup: everywhere(
    random.pick([
      'xt $n -I INPUT -p tcp --dport 80 -m hashlimit --hashlimit-above 2000/sec --hashlimit-mode srcip --hashlimit-name web -j DROP',
      'xt $n -I INPUT -p tcp --dport 80 -m connlimit --connlimit-above 500 -j REJECT',
    ]),
  ),
  unread: true,
});

const nftSet: Draw = ({ ipv6 }) => ({
  name: 'a set of nft',
  setup: everywhere(`table $n <<'RULES'
table inet blocklist {
  set blocked { type ${ipv6 ? 'ipv6_addr' : 'ipv4_addr'}; flags interval; elements = { ${ipv6 ? 'fc00:bad::/32' : '100.64.0.0/10, 192.0.2.128/25'} } }
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    ${ipv6 ? 'ip6' : 'ip'} saddr @blocked counter drop
  }
}
RULES`),
});

export const firewalls: readonly Draw[] = [distribution, distribution, ufw, firewalld, vmaps];
export const beside: readonly Draw[] = [
  docker,
  kubernetes,
  fail2ban,
  habits,
  habits,
  denial,
  denial,
  set,
  rates,
  nftSet,
];
