/** One situation on a real CLUSTERIP kernel: how it is made, what the plugin must say of it, and what traffic must show. */
export type Scenario = {
  readonly name: string;
  /** Shell commands in the guest; `cluster`, `rule`, `buckets` and `on` are those of guest.sh. */
  readonly setup: string;
  readonly nodes: 2 | 3;
  readonly state: 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';
  readonly says: RegExp;
  /**
   * What TCP to port 8080 (and 80) shows: `judged`: exactly the clients of lost buckets get no answer; `hangs`: all connect,
   * then hang; `none`: nobody is answered; a list of source prefixes: exactly these clients are not answered;
   * `unsettled`: the peer's neighbour table decides.
   */
  readonly tcp: 'judged' | 'hangs' | 'none' | 'unsettled' | readonly string[];
  /** What ping shows: `judged` as the plugin says; `several`: every node answers everybody; `unsettled`: not asserted. */
  readonly icmp: 'judged' | 'several' | 'unsettled';
  readonly port?: 80 | 8080;
};

const both = 'for n in n1 n2; do';
const add = 'on $n iptables-legacy -A';
const two = 'cluster 2; rule n1 1 2; rule n2 2 2;';
const judged = { tcp: 'judged', icmp: 'judged', nodes: 2 } as const;

/** What `ufw enable` with ssh and http allowed loads into the filter table, shortened to the chains that input passes. */
const ufw = (n: string) => `
  on ${n} iptables-legacy-restore --noflush <<'RULES'
*filter
:ufw-before-logging-input - [0:0]
:ufw-before-input - [0:0]
:ufw-after-input - [0:0]
:ufw-after-logging-input - [0:0]
:ufw-reject-input - [0:0]
:ufw-track-input - [0:0]
:ufw-logging-deny - [0:0]
:ufw-not-local - [0:0]
:ufw-user-input - [0:0]
:ufw-skip-to-policy-input - [0:0]
-A INPUT -j ufw-before-logging-input
-A INPUT -j ufw-before-input
-A INPUT -j ufw-after-input
-A INPUT -j ufw-after-logging-input
-A INPUT -j ufw-reject-input
-A INPUT -j ufw-track-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp -m icmp --icmp-type 3 -j ACCEPT
-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-before-input -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT
-A ufw-before-input -j ufw-user-input
-A ufw-after-input -p udp -m udp --dport 137 -j ufw-skip-to-policy-input
-A ufw-after-input -p tcp -m tcp --dport 445 -j ufw-skip-to-policy-input
-A ufw-skip-to-policy-input -j DROP
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
-A ufw-not-local -m addrtype --dst-type BROADCAST -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
-A ufw-not-local -j DROP
-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
-A ufw-user-input -p tcp -m tcp --dport 80 -j ACCEPT
-A ufw-user-input -p tcp -m tcp --dport 8080 -j ACCEPT
COMMIT
RULES
`;

/** The filter table of firewalld's iptables backend with a public zone, without or with the rule for established connections. */
const firewalld = (n: string, established: boolean) => `
  on ${n} iptables-legacy-restore --noflush <<'RULES'
*filter
:INPUT_direct - [0:0]
:INPUT_ZONES_SOURCE - [0:0]
:INPUT_ZONES - [0:0]
:IN_public - [0:0]
:IN_public_log - [0:0]
:IN_public_deny - [0:0]
:IN_public_allow - [0:0]
${established ? '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT' : ''}
-A INPUT -i lo -j ACCEPT
-A INPUT -j INPUT_direct
-A INPUT -j INPUT_ZONES_SOURCE
-A INPUT -j INPUT_ZONES
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -m conntrack ! --ctstate ESTABLISHED -d 192.168.56.11/32 -j REJECT --reject-with icmp-host-prohibited
-A INPUT_ZONES -i eth1 -g IN_public
-A INPUT_ZONES -g IN_public
-A IN_public -j IN_public_log
-A IN_public -j IN_public_deny
-A IN_public -j IN_public_allow
-A IN_public -p icmp -j ACCEPT
-A IN_public_allow -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW,UNTRACKED -j ACCEPT
COMMIT
RULES
`;

const handWritten = `${both} ${add} INPUT -i lo -j ACCEPT; ${add} INPUT -m conntrack --ctstate INVALID -j DROP; ${add} INPUT -p icmp -j ACCEPT; ${add} INPUT -p tcp --dport 22 -j ACCEPT; done;`;

/** 5,000 rules that have nothing to do with the cluster: banned hosts at ssh, other machines' traffic, other addresses. */
const crowd = (n: string) => `
  {
    echo '*filter'
    echo ':f2b-sshd - [0:0]'
    echo '-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd'
    seq 1 2000 | awk '{ printf "-A f2b-sshd -s 203.0.%d.%d/32 -j REJECT\\n", $1 / 250, $1 % 250 }'
    seq 1 2000 | awk '{ printf "-A FORWARD -d 10.%d.%d.0/24 -p tcp -m tcp --dport %d -j ACCEPT\\n", $1 / 250, $1 % 250, $1 }'
    seq 1 1000 | awk '{ printf "-A INPUT -d 172.16.%d.%d/32 -p tcp -m tcp --dport %d -j ACCEPT\\n", $1 / 250, $1 % 250, $1 }'
    echo COMMIT
  } | on ${n} iptables-legacy-restore --noflush
`;

export const scenarios: readonly Scenario[] = [
  { name: 'healthy', setup: two, state: 'OK', says: /2 buckets on 2 nodes, each on exactly one/, ...judged },
  {
    name: 'five-thousand-other-rules',
    setup: `cluster 2; ${crowd('n1')} ${crowd('n2')} rule n1 1 2; rule n2 2 2`,
    state: 'OK',
    says: /2 buckets on 2 nodes, each on exactly one/,
    ...judged,
  },
  {
    name: 'five-thousand-other-rules-bucket-lost',
    setup: `cluster 2; ${crowd('n1')} ${crowd('n2')} rule n1 1 2; rule n2 2 2; buckets n2 -2`,
    state: 'CRITICAL',
    says: /bucket 2 of 2 on no node, 50 %/,
    ...judged,
  },
  {
    name: 'three-nodes-healthy',
    setup: 'cluster 3; rule n1 1 3; rule n2 2 3; rule n3 3 3',
    state: 'OK',
    says: /3 buckets on 3 nodes/,
    ...judged,
    nodes: 3,
  },
  {
    name: 'three-nodes-one-lost',
    setup: 'cluster 3; rule n1 1 3; rule n2 2 3; rule n3 3 3; buckets n3 -3',
    state: 'CRITICAL',
    says: /bucket 3 of 3 on no node, 33 %/,
    ...judged,
    nodes: 3,
  },
  {
    name: 'healthy-ports-and-seed',
    setup: 'cluster 2; for i in 1 2; do MODE=sourceip-sourceport-destport SEED=1234 rule n$i $i 2; done',
    state: 'OK',
    says: /sourceip-sourceport-destport/,
    ...judged,
  },
  {
    name: 'bucket-doubled',
    setup: `${two} buckets n1 +2`,
    state: 'CRITICAL',
    says: /bucket 2 of 2 on n1 and n2, 50 % of client addresses get several answers/,
    ...judged,
  },
  {
    name: 'bucket-lost',
    setup: `${two} buckets n2 -2`,
    state: 'CRITICAL',
    says: /bucket 2 of 2 on no node, 50 % of client addresses get no answer/,
    ...judged,
  },
  {
    name: 'takeover',
    setup: `${two} buckets n2 -2; buckets n1 +2`,
    state: 'OK',
    says: /n2 holds no bucket/,
    ...judged,
  },
  {
    name: 'same-local-node',
    setup: 'cluster 2; rule n1 1 2; rule n2 1 2',
    state: 'CRITICAL',
    says: /bucket 2 is on no node[\s\S]*bucket 1 is on n1 and n2/,
    ...judged,
  },
  {
    name: 'total-differs',
    setup: 'cluster 2; rule n1 1 2; rule n2 2 3',
    state: 'CRITICAL',
    says: /total differs \(n1 2, n2 3\): 33 % of client addresses get no answer, 17 % several/,
    ...judged,
  },
  {
    name: 'complementary-by-accident',
    setup: 'cluster 2; rule n1 1 2; rule n2 3 4; buckets n2 +4',
    state: 'WARNING',
    says: /works by accident/,
    ...judged,
  },
  {
    name: 'hashmode-differs',
    setup: 'cluster 2; rule n1 1 2; MODE=sourceip-sourceport rule n2 2 2',
    state: 'CRITICAL',
    says: /what is hashed differs/,
    ...judged,
  },
  {
    name: 'seed-differs',
    setup: 'cluster 2; rule n1 1 2; SEED=7 rule n2 2 2',
    state: 'CRITICAL',
    says: /hash seed differs \(n1 0, n2 7\): about 25 % of client addresses get no answer, about 25 % several/,
    ...judged,
  },
  {
    name: 'local-node-above-total',
    setup: 'cluster 2; rule n1 1 2; rule n2 3 2',
    state: 'CRITICAL',
    says: /n2 holds bucket 3 of 2/,
    ...judged,
  },
  {
    name: 'total-0',
    setup: 'cluster 2; rule n1 1 0; rule n2 2 2',
    state: 'CRITICAL',
    says: /n1 answers every client/,
    ...judged,
  },
  {
    name: 'flushed-on-one',
    setup: `${two} on n2 iptables-legacy -F`,
    state: 'CRITICAL',
    says: /n2 has the VIP but no cluster rule/,
    ...judged,
    icmp: 'unsettled',
  },
  {
    name: 'flushed-on-all',
    setup: `${two} on n1 iptables-legacy -F; on n2 iptables-legacy -F`,
    state: 'CRITICAL',
    says: /n1 has the VIP but no cluster rule/,
    tcp: 'none',
    icmp: 'several',
    nodes: 2,
  },
  {
    name: 'vip-missing',
    setup: `${two} on n2 ip addr del $VIP/24 dev eth1`,
    state: 'CRITICAL',
    says: /n2 holds bucket 2, but does not have the VIP/,
    ...judged,
  },
  {
    name: 'vip-nowhere',
    setup: 'cluster 2; for n in n1 n2; do on $n ip addr del $VIP/24 dev eth1; done',
    state: 'CRITICAL',
    says: /is 192\.168\.56\.20 the right address/,
    tcp: 'none',
    icmp: 'unsettled',
    nodes: 2,
  },
  {
    name: 'standing-by',
    setup: `${two} buckets n1 +2; on n2 iptables-legacy -F; on n2 ip addr del $VIP/24 dev eth1`,
    state: 'OK',
    says: /n2 stands by/,
    ...judged,
  },
  {
    name: 'interface-down',
    setup: `${two} on n2 ip link set eth1 down`,
    state: 'CRITICAL',
    says: /n2: eth1, which has the VIP, is down/,
    ...judged,
  },
  {
    name: 'no-carrier',
    setup: `${two} ip link set n2-br down`,
    state: 'CRITICAL',
    says: /n2: eth1, which has the VIP, has no carrier/,
    ...judged,
  },
  {
    name: 'wrong-interface',
    setup:
      'cluster 2; rule n1 1 2; on n2 ip link add eth2 type dummy; on n2 ip link set eth2 up; IFACE=eth2 rule n2 2 2',
    state: 'CRITICAL',
    says: /n2: the cluster rule is bound to eth2, the VIP is on eth1/,
    ...judged,
    icmp: 'unsettled',
  },
  {
    name: 'interface-renamed',
    setup: `cluster 2 macvlan; rule n1 1 2; rule n2 2 2; on n2 ip link set eth1 down; on n2 ip link set eth1 name lan0; on n2 ip link set lan0 up; on n2 ip route add default via 192.168.56.254; on n2 ip neigh replace 192.168.56.254 lladdr $CLIENT_MAC dev lan0 nud permanent`,
    state: 'CRITICAL',
    says: /n2: the cluster rule is bound to eth1, the VIP is on lan0/,
    ...judged,
    icmp: 'unsettled',
  },
  {
    name: 'mac-differs',
    setup: 'cluster 2; rule n1 1 2; CMAC=01:23:45:67:89:ac rule n2 2 2',
    state: 'CRITICAL',
    says: /cluster MAC differs/,
    tcp: 'unsettled',
    icmp: 'unsettled',
    nodes: 2,
  },
  {
    name: 'mac-differs-filtering-card',
    setup: 'cluster 2 macvlan; rule n1 1 2; CMAC=01:23:45:67:89:ac rule n2 2 2',
    state: 'CRITICAL',
    says: /cluster MAC differs/,
    tcp: 'unsettled',
    icmp: 'unsettled',
    nodes: 2,
  },
  {
    name: 'port-80-only',
    setup: 'cluster 2; for i in 1 2; do MATCH="-p tcp --dport 80" rule n$i $i 2; done',
    state: 'OK',
    says: /tcp port 80/,
    tcp: 'judged',
    icmp: 'several',
    nodes: 2,
    port: 80,
  },
  {
    name: 'port-80-on-one-node',
    setup: 'cluster 2; MATCH="-p tcp --dport 80" rule n1 1 2; rule n2 2 2',
    state: 'CRITICAL',
    says: /the shared traffic differs/,
    tcp: 'unsettled',
    icmp: 'unsettled',
    nodes: 2,
  },
  {
    name: 'rule-in-forward',
    setup: 'cluster 2; rule n1 1 2; CHAIN=FORWARD rule n2 2 2',
    state: 'CRITICAL',
    says: /n2 has the cluster rule in filter FORWARD/,
    ...judged,
    icmp: 'unsettled',
  },
  {
    name: 'rule-in-mangle',
    setup: 'cluster 2; rule n1 1 2; TABLE=mangle CHAIN=PREROUTING rule n2 2 2',
    state: 'OK',
    says: /each on exactly one/,
    ...judged,
  },
  {
    name: 'rule-in-reached-chain',
    setup:
      'cluster 2; rule n1 1 2; on n2 iptables-legacy -N VIPS; on n2 iptables-legacy -A INPUT -i eth1 -j VIPS; CHAIN=VIPS rule n2 2 2',
    state: 'OK',
    says: /each on exactly one/,
    ...judged,
  },
  {
    name: 'rule-in-unreached-chain',
    setup: 'cluster 2; rule n1 1 2; on n2 iptables-legacy -N VIPS; CHAIN=VIPS rule n2 2 2',
    state: 'CRITICAL',
    says: /n2 has the cluster rule in filter VIPS/,
    ...judged,
    icmp: 'unsettled',
  },
  {
    name: 'notrack',
    setup: `${two} on n2 iptables-legacy -t raw -A PREROUTING -d $VIP -j NOTRACK`,
    state: 'CRITICAL',
    says: /n2 takes everything out of connection tracking before the cluster rule/,
    ...judged,
  },
  {
    name: 'accepted-before',
    setup: 'cluster 2; rule n1 1 2; on n2 iptables-legacy -A INPUT -d $VIP -j ACCEPT; rule n2 2 2',
    state: 'CRITICAL',
    says: /n2 accepts everything before the cluster rule/,
    ...judged,
    icmp: 'unsettled',
  },
  {
    name: 'tcp-dropped-before',
    setup: 'cluster 2; rule n1 1 2; on n2 iptables-legacy -A INPUT -p tcp -j DROP; rule n2 2 2',
    state: 'CRITICAL',
    says: /n2 drops tcp before the cluster rule/,
    ...judged,
    icmp: 'unsettled',
  },
  {
    name: 'second-rule',
    setup: `${two} MODE=sourceip-sourceport SEED=99 rule n2 3 4`,
    state: 'WARNING',
    says: /n2 has a second CLUSTERIP rule with other parameters/,
    ...judged,
  },
  {
    name: 'ufw-established-first',
    setup: `cluster 2; ${ufw('n1')}\n${ufw('n2')}\nrule n1 1 2; rule n2 2 2`,
    state: 'CRITICAL',
    says: /n1 accepts ESTABLISHED before the cluster rule/,
    tcp: 'none',
    icmp: 'unsettled',
    nodes: 2,
  },
  {
    name: 'ufw-rule-inserted-first',
    setup: `cluster 2; ${ufw('n1')}\n${ufw('n2')}\nWHERE=-I rule n1 1 2; WHERE=-I rule n2 2 2`,
    state: 'OK',
    says: /each on exactly one/,
    ...judged,
  },
  {
    name: 'firewalld-established-first',
    setup: `cluster 2; ${firewalld('n1', true)}\n${firewalld('n2', true)}\nCHAIN=INPUT_direct rule n1 1 2; CHAIN=INPUT_direct rule n2 2 2`,
    state: 'CRITICAL',
    says: /n1 accepts ESTABLISHED before the cluster rule: TCP connects, then hangs/,
    tcp: 'hangs',
    icmp: 'judged',
    nodes: 2,
  },
  {
    name: 'firewalld-without-established',
    setup: `cluster 2; ${firewalld('n1', false)}\n${firewalld('n2', false)}\nCHAIN=INPUT_direct rule n1 1 2; CHAIN=INPUT_direct rule n2 2 2`,
    state: 'OK',
    says: /each on exactly one/,
    ...judged,
  },
  {
    name: 'hand-written-established-first',
    setup: `cluster 2; ${both} ${add} INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; done; rule n1 1 2; rule n2 2 2`,
    state: 'CRITICAL',
    says: /TCP connects, then hangs/,
    tcp: 'hangs',
    icmp: 'judged',
    nodes: 2,
  },
  {
    name: 'hand-written-without-established',
    setup: `cluster 2; ${handWritten} rule n1 1 2; rule n2 2 2`,
    state: 'OK',
    says: /n1 accepts icmp before the cluster rule: not shared/,
    tcp: 'judged',
    icmp: 'several',
    nodes: 2,
  },
  {
    name: 'source-range-before',
    setup: `cluster 2; ${both} ${add} INPUT -s 10.0.0.0/8 -j ACCEPT; done; rule n1 1 2; rule n2 2 2`,
    state: 'CRITICAL',
    says: /n1 accepts clients of 10\.0\.0\.0\/8 \(0\.4 % of addresses\) before the cluster rule/,
    tcp: ['10.'],
    icmp: 'unsettled',
    nodes: 2,
  },
  {
    name: 'other-interface-before',
    setup: `cluster 2; ${both} ${add} INPUT -i eth9 -j ACCEPT; ${add} INPUT -i tun+ -m conntrack --ctstate ESTABLISHED -j ACCEPT; done; rule n1 1 2; rule n2 2 2`,
    state: 'OK',
    says: /each on exactly one/,
    ...judged,
  },
  {
    name: 'established-in-another-table',
    setup: `cluster 2; ${both} on $n iptables-legacy -t mangle -A PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; done; rule n1 1 2; rule n2 2 2`,
    state: 'OK',
    says: /each on exactly one/,
    ...judged,
  },
  {
    name: 'cluster-in-mangle-firewall-in-filter',
    setup: `cluster 2; ${both} ${add} INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; done; TABLE=mangle CHAIN=PREROUTING rule n1 1 2; TABLE=mangle CHAIN=PREROUTING rule n2 2 2`,
    state: 'OK',
    says: /each on exactly one/,
    ...judged,
  },
  {
    name: 'ordinary-user',
    setup: `${two} AS='setpriv --reuid=65534 --regid=65534 --clear-groups'`,
    state: 'UNKNOWN',
    says: /sudoers on n1: nobody ALL=\(root\) NOPASSWD: \/usr\/bin\/cat \/proc\/net\/ipt_CLUSTERIP\/192\.168\.56\.20/,
    tcp: 'unsettled',
    icmp: 'unsettled',
    nodes: 2,
  },
];
