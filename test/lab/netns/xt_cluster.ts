import type { Sketch } from './scenario.ts';

const both = 'for n in n1 n2; do';
const pre = '-t mangle -A PREROUTING -d $VIP -i eth1';
const cluster = (held: string, total: number) =>
  `-m cluster ${held} --cluster-total-nodes ${total} --cluster-hash-seed 0x7a51254f`;
const ok = { state: 'OK', says: /each on exactly one/ } as const;

/** The forms in which xt_cluster rules are written. */
export const xtForms: readonly Sketch[] = [
  {
    situation: 'several rules, OR-ed',
    setup: `crowd 2; NODROP=1 share n1 1 4; share n1 3 4; NODROP=1 share n2 2 4; share n2 4 4`,
    ...ok,
  },
  {
    situation: 'several rules, OR-ed, one bucket forgotten',
    setup: `crowd 2; NODROP=1 share n1 1 4; share n1 3 4; share n2 2 4`,
    state: 'CRITICAL',
    says: /bucket 4 of 4 on no node, 25 %/,
    tcp: [0.25, 0],
  },
  {
    situation: 'node masks',
    setup: `crowd 2; xt n1 ${pre} ${cluster('--cluster-local-nodemask 0x15', 5)} -j ACCEPT; xt n2 ${pre} ${cluster('--cluster-local-nodemask 0xa', 5)} -j ACCEPT; ${both} xt $n ${pre} -j DROP; done`,
    state: 'OK',
    says: /5 buckets on 2 nodes/,
  },
  {
    situation: 'inverted: ! and DROP',
    setup: `crowd 2; xt n1 ${pre} ${cluster('! --cluster-local-node 1', 2)} -j DROP; xt n2 ${pre} ${cluster('! --cluster-local-node 2', 2)} -j DROP`,
    ...ok,
  },
  {
    situation: 'inverted: ! and ACCEPT, then DROP',
    setup: `crowd 3; xt n1 ${pre} ${cluster('! --cluster-local-nodemask 0x6', 3)} -j ACCEPT; share n2 2 3; share n3 3 3; xt n1 ${pre} -j DROP`,
    nodes: 3,
    state: 'OK',
    says: /3 buckets on 3 nodes/,
  },
  {
    situation: 'inverted: the wrong way round on n2',
    setup: `crowd 2; xt n1 ${pre} ${cluster('! --cluster-local-node 1', 2)} -j DROP; xt n2 ${pre} ${cluster('--cluster-local-node 2', 2)} -j DROP`,
    state: 'CRITICAL',
    says: /bucket 2 is on no node[\s\S]*bucket 1 is on n1 and n2/,
    tcp: [0.5, 0.5],
  },
  { situation: 'MARK, then DROP', setup: 'crowd 2; share_marked n1 1 2; share_marked n2 2 2', ...ok },
  {
    situation: 'MARK, then DROP, bucket on no node',
    setup: 'crowd 2; share_marked n1 1 3; share_marked n2 2 3',
    state: 'CRITICAL',
    says: /bucket 3 of 3 on no node, 33 %/,
    tcp: [1 / 3, 0],
  },
  {
    situation: 'MARK without DROP on n2',
    setup: `crowd 2; share_marked n1 1 2; xt n2 ${pre} ${cluster('--cluster-local-node 2', 2)} -j MARK --set-mark 0xffff`,
    state: 'CRITICAL',
    says: /n2.*(DROP|drop)/,
    tcp: [0, 0.5],
    judgedBy: 'datagrams',
  },
  {
    situation: 'MARK, then DROP of another mark on n2',
    setup: `crowd 2; share_marked n1 1 2; xt n2 ${pre} ${cluster('--cluster-local-node 2', 2)} -j MARK --set-mark 0xffff; xt n2 ${pre} -m mark ! --mark 0x1 -j DROP`,
    state: 'CRITICAL',
    says: /n2/,
    tcp: [0.5, 0],
  },
  {
    situation: 'MARK in mangle, DROP in filter INPUT',
    setup: `crowd 2; for i in 1 2; do xt n$i ${pre} ${cluster('--cluster-local-node $i', 2)} -j MARK --set-mark 0x1; xt n$i -A INPUT -d $VIP -m mark ! --mark 0x1 -j DROP; done`,
    ...ok,
  },
  {
    situation: 'MARK of both, by the classic recipe for two nodes',
    setup: `crowd 2; for i in 1 2; do xt n$i -t mangle -A PREROUTING -i eth1 ${cluster('--cluster-local-node $i', 2)} -j MARK --set-mark 0xffff; xt n$i -t mangle -A PREROUTING -i eth1 -m mark ! --mark 0xffff -j DROP; done`,
    ...ok,
  },
  {
    situation: 'chain of its own, jumped to',
    setup: `crowd 2; for i in 1 2; do xt n$i -t mangle -N VIPS; xt n$i ${pre} -j VIPS; xt n$i -t mangle -A VIPS ${cluster('--cluster-local-node $i', 2)} -j ACCEPT; xt n$i -t mangle -A VIPS -j DROP; done`,
    ...ok,
  },
  {
    situation: 'chain of its own, RETURN for its buckets',
    setup: `crowd 2; for i in 1 2; do xt n$i -t mangle -N VIPS; xt n$i ${pre} -g VIPS; xt n$i -t mangle -A VIPS ${cluster('--cluster-local-node $i', 2)} -j RETURN; xt n$i -t mangle -A VIPS -j DROP; done`,
    ...ok,
  },
  {
    situation: 'chain of its own that nothing jumps to on n2',
    setup: `crowd 2; share n1 1 2; xt n2 -t mangle -N VIPS; CHAIN=VIPS share n2 2 2`,
    state: 'CRITICAL',
    says: /n2 has the cluster rule in mangle VIPS/,
    tcp: [0.5, 0],
    datagrams: [0, 0.5],
    clients: 'tcp',
  },
  {
    situation: 'rules in filter INPUT',
    setup: 'crowd 2; TABLE=filter CHAIN=INPUT share n1 1 2; TABLE=filter CHAIN=INPUT share n2 2 2',
    ...ok,
  },
  {
    situation: 'rules in raw on n2, before connection tracking',
    setup: 'crowd 2; share n1 1 2; TABLE=raw share n2 2 2',
    state: 'CRITICAL',
    says: /n2/,
    tcp: [0.5, 0],
  },
  {
    situation: 'ESTABLISHED accepted in another table',
    setup: `crowd 2; for i in 1 2; do xt n$i -t raw -A PREROUTING -p tcp -j ACCEPT; share n$i $i 2; done`,
    ...ok,
  },
  {
    situation: 'no interface in the rules',
    setup: `crowd 2; for i in 1 2; do xt n$i -t mangle -A PREROUTING -d $VIP ${cluster('--cluster-local-node $i', 2)} -j ACCEPT; xt n$i -t mangle -A PREROUTING -d $VIP -j DROP; done`,
    ...ok,
  },
  {
    situation: 'rules for a network that holds the VIP',
    setup: `crowd 2; for i in 1 2; do xt n$i -t mangle -A PREROUTING -d 192.168.56.16/28 ${cluster('--cluster-local-node $i', 2)} -j ACCEPT; xt n$i -t mangle -A PREROUTING -d 192.168.56.16/28 -j DROP; done`,
    ...ok,
  },
  {
    situation: 'legacy and nft tables on one node disagree',
    setup: `crowd 2; share n1 1 2; WAY=iptables-legacy share n2 2 2; WAY=iptables-nft share n2 1 2`,
    state: 'CRITICAL',
    says: /n2/,
    tcp: [0.5, 0],
    judgedBy: null,
    clients: 'none',
  },
  {
    situation: 'IPaddr2 with ARP replies that carry the cluster MAC',
    setup: `crowd 2; share n1 1 2; share n2 2 2; ip -n cl neigh del $VIP dev eth0
${both} on $n arptables-nft -A OUTPUT -s $VIP -j mangle --mangle-mac-s $MAC; done
ip netns exec cl ping -c 1 -W 1 192.168.56.20 >/dev/null`,
    ...ok,
  },
  {
    situation: 'DROP of TCP alone on n2',
    setup: `crowd 2; share n1 1 2; NODROP=1 share n2 2 2; xt n2 ${pre} -p tcp -j DROP`,
    state: 'CRITICAL',
    says: /n2/,
    datagrams: [0, 0.5],
    judgedBy: null,
    clients: 'tcp',
  },
  {
    situation: 'DROP for another address on n2',
    setup: `crowd 2; share n1 1 2; NODROP=1 share n2 2 2; xt n2 -t mangle -A PREROUTING -d 192.168.56.21 -j DROP`,
    state: 'CRITICAL',
    says: /n2.*(DROP|drop)/,
    tcp: [0, 0.5],
    judgedBy: 'datagrams',
  },
  {
    situation: 'accept for another address on n2',
    setup: `crowd 2; share n1 1 2; VIP=192.168.56.21 NODROP=1 share n2 2 2; only_drop n2`,
    state: 'CRITICAL',
    says: /bucket 2 of 2 on no node/,
    tcp: [0.5, 0],
  },
  {
    situation: 'accept for new connections alone',
    setup: `crowd 2; for i in 1 2; do xt n$i ${pre} -m conntrack --ctstate NEW ${cluster('--cluster-local-node $i', 2)} -j ACCEPT; only_drop n$i; done`,
    state: 'CRITICAL',
    says: /n1/,
    tcp: [1, 0],
    datagrams: [0, 0],
    judgedBy: null,
    clients: 'none',
  },
  {
    situation: 'rules of one node with different totals',
    setup: 'crowd 2; share n1 1 2; NODROP=1 share n2 2 2; share n2 2 4',
    state: 'CRITICAL',
    says: /n2/,
    tcp: [0, 0.25],
    judgedBy: null,
  },
  // xt_cluster gives every packet to the host, and each node refuses the other's clients: who is first, wins.
  {
    situation: 'REJECT in place of DROP',
    setup: `crowd 2; for i in 1 2; do xt n$i -A INPUT -d $VIP -i eth1 ${cluster('--cluster-local-node $i', 2)} -j ACCEPT; xt n$i -A INPUT -d $VIP -i eth1 -j REJECT; done`,
    state: 'CRITICAL',
    says: /reject/i,
    tcp: null,
    datagrams: null,
  },
  {
    situation: 'ordinary rules before',
    setup: `crowd 2; for i in 1 2; do xt n$i -t mangle -A PREROUTING -i lo -j ACCEPT; xt n$i -t mangle -A PREROUTING -m conntrack --ctstate INVALID -j DROP; xt n$i -t mangle -A PREROUTING -p tcp --dport 22 -j ACCEPT; share n$i $i 2; done`,
    ...ok,
  },
  {
    situation: 'ports redirected behind the rules',
    setup: `crowd 2; for i in 1 2; do share n$i $i 2; xt n$i -t nat -A PREROUTING -d $VIP -p tcp --dport 81 -j REDIRECT --to-ports 80; done`,
    ...ok,
  },
  {
    situation: 'tcp port 80 redirected before rules in filter INPUT',
    setup: `crowd 2; for i in 1 2; do TABLE=filter CHAIN=INPUT share n$i $i 2; xt n$i -t nat -A PREROUTING -d $VIP -p tcp --dport 80 -j REDIRECT --to-ports 8080; done`,
    state: 'CRITICAL',
    says: /n1/,
    tcp: [1, 0],
    datagrams: [0, 0],
    judgedBy: null,
    clients: 'none',
  },
  {
    situation: 'policy drop in place of a drop rule',
    setup: `crowd 2; for i in 1 2; do xt n$i -t mangle -A PREROUTING -i lo -j ACCEPT; xt n$i -t mangle -A PREROUTING -d 192.168.56.1$i -j ACCEPT; NODROP=1 share n$i $i 2; xt n$i -t mangle -P PREROUTING DROP; done`,
    ...ok,
  },
  {
    situation: 'policy drop, and tcp port 80 returned before the rule on n2',
    setup: `crowd 2; for i in 1 2; do xt n$i -t mangle -A PREROUTING -i lo -j ACCEPT; xt n$i -t mangle -A PREROUTING -d 192.168.56.1$i -j ACCEPT; done; xt n2 -t mangle -A PREROUTING -p tcp --dport 80 -j RETURN; for i in 1 2; do NODROP=1 share n$i $i 2; xt n$i -t mangle -P PREROUTING DROP; done`,
    state: 'CRITICAL',
    says: /n2 does not share tcp port 80 as n1 does/,
    tcp: [0.5, 0],
    datagrams: [0, 0],
    judgedBy: null,
  },
  {
    situation: 'interfaces by pattern',
    setup: 'crowd 2; IFACE=eth+ share n1 1 2; IFACE=eth+ share n2 2 2',
    ...ok,
  },
  {
    situation: 'a limit in the cluster rule on n2',
    setup: `crowd 2; share n1 1 2; xt n2 ${pre} ${cluster('--cluster-local-node 2', 2)} -m limit --limit 20/second -j ACCEPT; only_drop n2`,
    state: 'UNKNOWN',
    says: /limit/,
    tcp: null,
    datagrams: null,
  },
];
