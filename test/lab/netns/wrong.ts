import type { Shares, Sketch, Way } from './scenario.ts';

/** A node that takes the VIP's packets as no cluster: TCP wants them addressed to the host, ping and UDP do not. */
const unshared = { tcp: [0.5, 0] as Shares, datagrams: [0, 0.5] as Shares };
const half: Shares = [0.5, 0];
const mac = ['--mac', '01:23:45:67:89:ab'];

/** The same for a second tool whose output is read by the same reader: what shows that it is read. */
export function inShort(ipv6: boolean): readonly Sketch[] {
  return [...right(ipv6), ...buckets];
}

/** What goes right and wrong in every backend, in two families. */
export function whatGoesWrong(way: Exclude<Way, 'mixed'>, ipv6: boolean): readonly Sketch[] {
  const nft = way === 'nftables';
  return [...right(ipv6), ...buckets, ...placement, ...cards(nft, ipv6), ...earlier(nft, ipv6), ...drops(nft)];
}

const two = 'share n1 1 2; share n2 2 2';

const right = (ipv6: boolean): readonly Sketch[] => [
  { situation: 'healthy', setup: `crowd 2; ${two}`, state: 'OK', says: /2 buckets on 2 nodes, each on exactly one/ },
  {
    situation: 'three nodes, healthy',
    setup: 'crowd 3; share n1 1 3; share n2 2 3; share n3 3 3',
    nodes: 3,
    state: 'OK',
    says: /3 buckets on 3 nodes/,
  },
  {
    situation: 'taken over by n1, n2 stands by',
    setup: 'crowd 2; share n1 1,2 2; has_vip del n2',
    state: 'OK',
    says: /n2 stands by/,
  },
  {
    situation: 'taken over by n1, n2 drops everything',
    setup: 'crowd 2; share n1 1,2 2; only_drop n2',
    state: 'OK',
    says: /each on exactly one/,
  },
  {
    situation: 'seed 0',
    setup: `crowd 2; SEED=0; ${two}; SEED=''`,
    state: 'OK',
    says: /each on exactly one/,
  },
  {
    situation: 'firewall in a table behind the cluster rules',
    setup: `crowd 2; ${two}; firewall n1; firewall n2`,
    state: 'OK',
    says: /each on exactly one/,
  },
  {
    situation: 'tcp port 80 alone is shared',
    setup: `crowd 2; if [ $WAY = nftables ]; then MATCH='tcp dport 80'; else MATCH='-p tcp --dport 80'; fi; ${two}; MATCH=''`,
    state: 'OK',
    says: /tcp port 80/,
    datagrams: [0, 1],
    clients: 'tcp',
  },
  ...(ipv6
    ? []
    : [
        {
          situation: 'a second VIP with rules of its own',
          setup: `crowd 2; ${two}; for n in n1 n2; do on $n ip addr add 192.168.56.30/24 dev eth1; done
VIP=192.168.56.30 SEED=99 share n1 1 5; VIP=192.168.56.30 share n2 2 5; VIP=$VIP4`,
          state: 'OK',
          says: /2 buckets on 2 nodes, each on exactly one/,
        } as const,
      ]),
];

const buckets: readonly Sketch[] = [
  {
    situation: 'bucket on no node',
    setup: 'crowd 2; share n1 1 3; share n2 2 3',
    state: 'CRITICAL',
    says: /bucket 3 of 3 on no node, 33 % of client addresses get no answer/,
    tcp: [1 / 3, 0],
  },
  {
    situation: 'bucket on both nodes',
    setup: 'crowd 2; share n1 1,2 2; share n2 2 2',
    state: 'CRITICAL',
    says: /bucket 2 of 2 on n1 and n2, 50 % of client addresses get several answers/,
    tcp: [0, 0.5],
  },
  {
    situation: 'the same bucket on both nodes, the other on none',
    setup: 'crowd 2; share n1 1 2; share n2 1 2',
    state: 'CRITICAL',
    says: /bucket 2 is on no node[\s\S]*bucket 1 is on n1 and n2/,
    tcp: [0.5, 0.5],
  },
  {
    situation: 'total differs (2 and 3)',
    setup: 'crowd 2; share n1 1 2; share n2 2 3',
    state: 'CRITICAL',
    says: /total differs \(n1 2, n2 3\): 33 % of client addresses get no answer, 17 % several/,
    tcp: [1 / 3, 1 / 6],
  },
  {
    situation: 'seed differs',
    setup: 'crowd 2; share n1 1 2; SEED=7 share n2 2 2',
    state: 'CRITICAL',
    says: /seed differs \(n1 2052138319, n2 7\): about 25 % of client addresses get no answer, about 25 % several/,
    tcp: [0.25, 0.25],
  },
  {
    situation: 'totals differ and complement each other',
    setup: 'crowd 2; share n1 1 2; share n2 3,4 4',
    state: 'WARNING',
    says: /works by accident/,
  },
];

const placement: readonly Sketch[] = [
  {
    situation: 'rules flushed on n2',
    setup: `crowd 2; ${two}; flush n2`,
    state: 'CRITICAL',
    says: /n2 has the VIP but no cluster rule/,
    ...unshared,
    judgedBy: null,
    clients: 'none',
  },
  {
    situation: 'rules flushed on n2, whose own MAC the peers learned',
    setup: `crowd 2; ${two}; flush n2; peer_learned 02:00:00:00:00:02`,
    state: 'CRITICAL',
    says: /n2 has the VIP but no cluster rule/,
    judgedBy: null,
    clients: 'none',
  },
  {
    situation: 'rules flushed on all nodes',
    setup: `crowd 2; ${two}; flush n1; flush n2`,
    state: 'CRITICAL',
    says: /n1 has the VIP but no cluster rule/,
    tcp: [1, 0],
    datagrams: [0, 1],
    judgedBy: null,
    clients: 'none',
  },
  {
    situation: 'VIP absent on n2',
    setup: `crowd 2; ${two}; has_vip del n2`,
    state: 'CRITICAL',
    says: /n2 holds bucket 2, but does not have the VIP/,
    tcp: half,
  },
  {
    situation: 'VIP absent on all nodes',
    setup: `crowd 2; ${two}; has_vip del n1; has_vip del n2`,
    state: 'CRITICAL',
    says: /n1 holds bucket 1, but does not have the VIP|is \S+ the right address/,
    tcp: [1, 0],
  },
  {
    situation: 'asked as an ordinary user',
    setup: `crowd 2; ${two}; AS='setpriv --reuid=65534 --regid=65534 --clear-groups'`,
    state: 'UNKNOWN',
    says: /sudoers on n1: nobody ALL=\(root\) NOPASSWD: /,
    judgedBy: null,
    clients: 'none',
  },
  {
    situation: 'n2 is dead',
    setup: `crowd 2; ${two}; dead n2`,
    silent: ['n2'],
    state: 'CRITICAL',
    says: /n2 is unreachable/,
    tcp: half,
    judgedBy: null,
    clients: 'none',
  },
];

const cards = (nft: boolean, ipv6: boolean): readonly Sketch[] => [
  {
    situation: 'interface down on n2',
    setup: `crowd 2; ${two}; on n2 ip link set eth1 down`,
    state: 'CRITICAL',
    says: ipv6 ? /n2/ : /n2: eth1, which has the VIP, is down/,
    tcp: half,
  },
  {
    situation: 'no carrier on n2',
    setup: `crowd 2; ${two}; ip link set n2-br down`,
    state: 'CRITICAL',
    says: /n2: eth1, which has the VIP, has no carrier/,
    tcp: half,
  },
  {
    situation: 'rule on the wrong interface on n2',
    setup: 'crowd 2; share n1 1 2; second_card n2; IFACE=eth2 share n2 2 2',
    state: 'CRITICAL',
    says: /n2: the cluster rule is bound to eth2, the VIP is on eth1/,
    ...unshared,
    clients: 'tcp',
  },
  ...(ipv6
    ? []
    : [
        {
          situation: 'interface renamed on n2',
          setup: `crowd 2 macvlan; IIF=iifname; ${two}; IIF=''; rename_card n2`,
          state: 'CRITICAL',
          says: /n2: the cluster rule is bound to eth1, the VIP is on lan0/,
          ...unshared,
          clients: 'tcp',
        } as const,
      ]),
  ...(ipv6 || !nft
    ? []
    : [
        {
          situation: 'interface renamed on n2, rule by index (iif)',
          setup: `crowd 2 macvlan; ${two}; rename_card n2`,
          state: 'OK',
          says: /each on exactly one/,
        } as const,
      ]),
  {
    situation: 'cluster MAC differs, filtering card',
    setup: `filtering 2 listen n2 01:23:45:67:89:ac; listen n1; ${two}`,
    state: 'CRITICAL',
    says: /01:23:45:67:89:a[bc]/,
    tcp: half,
    judgedBy: null,
    clients: 'none',
  },
  {
    situation: 'n2 does not listen to the cluster MAC, filtering card',
    setup: `filtering 2; listen n1; ${two}`,
    options: mac,
    state: 'CRITICAL',
    says: /n2.*01:23:45:67:89:ab/,
    tcp: half,
  },
  {
    situation: 'n2 does not listen to the cluster MAC, filtering card, no --mac',
    setup: `filtering 2; listen n1; ${two}`,
    state: 'CRITICAL',
    says: /n2.*01:23:45:67:89:ab/,
    tcp: half,
  },
  {
    situation: 'nobody listens to the cluster MAC, filtering card',
    setup: `filtering 2; ${two}`,
    options: mac,
    state: 'CRITICAL',
    says: /n1.*01:23:45:67:89:ab/,
    tcp: [1, 0],
  },
  {
    situation: 'nobody listens to a cluster MAC, filtering card, no --mac',
    setup: `filtering 2; ${two}`,
    state: 'WARNING',
    says: /--mac/,
    tcp: [1, 0],
    judgedBy: null,
    clients: 'none',
  },
];

const earlier = (nft: boolean, ipv6: boolean): readonly Sketch[] => [
  {
    situation: 'everything dropped before the rule on n2',
    setup: `crowd 2; ${two}; first n2 drop`,
    state: 'CRITICAL',
    says: /n2 drops everything before the cluster rule/,
    tcp: half,
  },
  {
    situation: 'ACCEPT for the VIP before the rule on n2',
    setup: `crowd 2; ${two}; first n2 accept`,
    state: 'CRITICAL',
    says: /n2 accepts everything before the cluster rule/,
    ...unshared,
    clients: 'tcp',
  },
  {
    situation: 'ESTABLISHED accepted before the rule',
    setup: `crowd 2; ${two}; first n1 established; first n2 established`,
    state: 'CRITICAL',
    says: /n1 accepts (tcp )?ESTABLISHED.* before the cluster rule: TCP connects, then hangs/,
    tcp: [1, 0],
    datagrams: [0, 0],
    clients: 'tcp',
  },
  {
    situation: 'TCP dropped before the rule on n2',
    setup: `crowd 2; ${two}; first n2 drop-tcp`,
    state: 'CRITICAL',
    says: /n2 drops tcp before the cluster rule/,
    tcp: half,
    datagrams: [0, 0],
    clients: 'tcp',
  },
  {
    situation: 'firewall behind the rules lets nothing in on n2',
    setup: `crowd 2; ${two}; closed n2`,
    state: 'CRITICAL',
    says: /n2 drops/,
    tcp: half,
  },
  ...(ipv6
    ? []
    : [
        {
          situation: 'a range of clients accepted before the rule on n2',
          setup: `crowd 2; ${two}; first n2 accept-range`,
          state: 'CRITICAL',
          says: /n2 accepts clients of 10\.0\.0\.0\/8 \(0\.4 % of addresses\) before the cluster rule/,
          tcp: [0.125, 0],
          datagrams: [0, 0.125],
          judgedBy: null,
          clients: 'none',
        } as const,
      ]),
  {
    situation: 'rule in FORWARD on n2',
    setup: `crowd 2; share n1 1 2; CHAIN=FORWARD HOOK=forward PKTTYPE= share n2 2 2`,
    state: 'CRITICAL',
    says: /n2 has the cluster rule in .*(FORWARD|forward)/i,
    ...unshared,
    clients: 'tcp',
  },
  {
    situation: 'notrack on n2',
    setup: `crowd 2; ${two}; untracked n2`,
    state: nft ? 'OK' : 'CRITICAL',
    says: nft ? /each on exactly one/ : /n2 takes everything out of connection tracking before the cluster rule/,
    tcp: nft ? [0, 0] : half,
  },
];

const drops = (nft: boolean): readonly Sketch[] => [
  {
    situation: 'no DROP behind the accept on n2',
    setup: 'crowd 2; share n1 1 2; NODROP=1 share n2 2 2',
    state: 'CRITICAL',
    says: /n2.*(DROP|drop)/,
    tcp: nft ? [0, 0] : [0, 0.5],
    datagrams: [0, 0.5],
    judgedBy: 'datagrams',
  },
  {
    situation: 'no DROP behind the accept on all nodes',
    setup: 'crowd 2; NODROP=1 share n1 1 2; NODROP=1 share n2 2 2',
    state: 'CRITICAL',
    says: /n1.*(DROP|drop)/,
    tcp: nft ? [0, 0] : [0, 1],
    datagrams: [0, 1],
    judgedBy: 'datagrams',
  },
];
