import { type Firewall, iptablesFirewalls, iptablesFirewalls6, nftFirewalls } from './firewalls.ts';
import type { Shares, Sketch } from './scenario.ts';

// Clusters on nodes that carry the firewalls of everyday life as well, loaded by the tools that load them there.

const ok = { state: 'OK', says: /each on exactly one/ } as const;
const two = 'share n1 1 2; share n2 2 2';
/** A node that takes the VIP's packets as no cluster: TCP wants them addressed to the host, ping and UDP do not. */
const unshared = { tcp: [0.5, 0] as Shares, datagrams: [0, 0.5] as Shares, clients: 'tcp' } as const;
/** TCP of one node's clients is lost, whatever else is answered. */
const hangs = { tcp: [0.5, 0] as Shares, datagrams: [0, 0] as Shares, clients: 'tcp' } as const;
const untold = { judgedBy: null, clients: 'none' } as const;

/** Loads a firewall on some nodes. */
function load({ text, tool }: Firewall, ...nodes: readonly string[]): string {
  return `for n in ${nodes.join(' ')}; do ${tool === 'nft' ? 'nftables' : 'restore'} $n <<'RULES'\n${text}\nRULES\ndone`;
}

/** A firewall that has lost the Web. */
function without80({ text, tool }: Firewall): Firewall {
  const lines = text.split('\n').filter((line) => !/dport 80 .*ACCEPT|tcp dport 80 accept/.test(line));
  return { tool, text: lines.join('\n').replaceAll('80,443', '8443') };
}

const beside = (firewalls: readonly Firewall[]): readonly Sketch[] =>
  firewalls.map((firewall) => ({
    situation: `beside ${firewall.name}`,
    setup: `crowd 2; ${two}; sets; ${load(firewall, 'n1', 'n2')}`,
    ...ok,
    // How many pings a second are answered is said by no ruleset.
    clients: firewall.limitsPings === true ? 'tcp' : 'all',
  }));

const { ufw, docker, kubeProxy, calico, redHat, fail2ban, csf, byHand } = iptablesFirewalls;
const { firewalld, netavark, kubeProxyNft, fail2banNft, debian, byHandNft, longList } = nftFirewalls;

/** Rules on some nodes in mangle PREROUTING or filter INPUT, in front of what is there. */
const first = (nodes: string, ...rules: readonly string[]) =>
  `for n in ${nodes}; do ${[...rules]
    .reverse()
    .map((rule) => `xt $n -I ${rule}`)
    .join('; ')}; done`;
const inInput = `TABLE=filter CHAIN=INPUT; ${two}; TABLE='' CHAIN=''`;
const newNoSyn = '-p tcp ! --syn -m conntrack --ctstate NEW';

export const everydayXt: readonly Sketch[] = [
  ...beside([ufw, docker, kubeProxy, calico, redHat, fail2ban, csf, byHand, firewalld, kubeProxyNft, byHandNft]),
  {
    situation: `bucket on no node beside ${kubeProxy.name}`,
    setup: `crowd 2; share n1 1 3; share n2 2 3; ${load(kubeProxy, 'n1', 'n2')}`,
    state: 'CRITICAL',
    says: /bucket 3 of 3 on no node, 33 % of client addresses/,
    tcp: [1 / 3, 0],
  },
  {
    situation: `in filter INPUT behind ${ufw.name}`,
    setup: `crowd 2; ${load(ufw, 'n1', 'n2')}; ${inInput}`,
    state: 'CRITICAL',
    says: /n1 accepts ESTABLISHED before the cluster rule: TCP connects, then hangs/,
    tcp: [1, 0],
    datagrams: [0, 1],
    clients: 'tcp',
  },
  { situation: `in filter INPUT before ${csf.name}`, setup: `crowd 2; ${inInput}; ${load(csf, 'n1', 'n2')}`, ...ok },
  {
    situation: `beside ${redHat.name}, which lets no Web in on n2`,
    setup: `crowd 2; ${two}; ${load(redHat, 'n1')}; ${load(without80(redHat), 'n2')}`,
    state: 'CRITICAL',
    says: /n2 does not accept tcp ports 80, 443, which n1 opens/,
    tcp: [0.5, 0],
    datagrams: [0, 0],
    judgedBy: null,
  },
  {
    situation: 'ESTABLISHED accepted in a chain of mangle before the rules',
    setup: `crowd 2; for n in n1 n2; do xt $n -t mangle -N cali-PREROUTING
xt $n -t mangle -A cali-PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
xt $n -t mangle -A PREROUTING -j cali-PREROUTING; done; ${two}`,
    state: 'CRITICAL',
    says: /n1 accepts ESTABLISHED before the cluster rule: TCP connects, then hangs/,
    tcp: [1, 0],
    datagrams: [0, 0],
    clients: 'tcp',
  },
  {
    situation: 'new connections without a SYN are reset before the rules',
    setup: `crowd 2; ${inInput}; ${first('n1 n2', `INPUT ${newNoSyn} -j REJECT --reject-with tcp-reset`)}`,
    state: 'CRITICAL',
    says: /n1 resets connections that other nodes answer/,
    tcp: [1, 0],
    datagrams: [0, 0],
    ...untold,
  },
  {
    situation: 'new connections without a SYN are reset behind the rules',
    setup: `crowd 2; ${two}; ${first('n1 n2', `INPUT ${newNoSyn} -j REJECT --reject-with tcp-reset`)}`,
    ...ok,
  },
  {
    situation: 'odd packets dropped before the rules',
    setup: `crowd 2; ${two}; ${first(
      'n1 n2',
      'PREROUTING -t mangle -m conntrack --ctstate INVALID -j DROP',
      `PREROUTING -t mangle ${newNoSyn} -j DROP`,
      'PREROUTING -t mangle -p tcp -m conntrack --ctstate NEW -m tcpmss ! --mss 536:65535 -j DROP',
      'PREROUTING -t mangle -p tcp --tcp-flags FIN,SYN FIN,SYN -j DROP',
      'PREROUTING -t mangle -p tcp --tcp-flags ALL ALL -j DROP',
      'PREROUTING -t mangle -s 224.0.0.0/3 -j DROP',
      'PREROUTING -t mangle -s 127.0.0.0/8 ! -i lo -j DROP',
      'PREROUTING -t mangle -f -j DROP',
    )}`,
    ...ok,
  },
  {
    situation: 'floods and banned hosts dropped before the rules',
    setup: `crowd 2; sets; ${two}; ${first(
      'n1 n2',
      'PREROUTING -t mangle -p tcp --syn -m hashlimit --hashlimit-above 500/sec --hashlimit-mode srcip --hashlimit-name x -j DROP',
      'PREROUTING -t mangle -m set --match-set blocklist src -j DROP',
    )}`,
    ...ok,
  },
  {
    situation: 'TCP port 80 exempted from tracking on n2',
    setup: `crowd 2; ${two}; xt n2 -t raw -A PREROUTING -p tcp --dport 80 -j CT --notrack`,
    state: 'CRITICAL',
    says: /n2 takes tcp port 80 out of connection tracking before the cluster rule/,
    ...hangs,
    judgedBy: null,
  },
  {
    situation: 'accepted before the rules on n2, with another address in its comment',
    setup: `crowd 2; ${two}; xt n2 -t mangle -I PREROUTING -m comment --comment "for -d 10.9.9.9 only" -j ACCEPT`,
    state: 'CRITICAL',
    says: /n2 accepts everything before the cluster rule/,
    ...unshared,
  },
  {
    situation: 'firewalls that leave nobody in',
    setup: `crowd 2; ${two}; ${first('n1 n2', 'INPUT -s 203.0.113.9 -j DROP', 'INPUT ! -s 203.0.113.9 -j DROP')}`,
    state: 'CRITICAL',
    says: /no client gets an answer/,
    tcp: [1, 0],
  },
];

/** A rule before the cluster's on n2. */
const before = (situation: string, rule: string, rest: Omit<Sketch, 'situation' | 'setup'>): Sketch => ({
  situation: `${situation} on n2`,
  setup: `crowd 2; ${two}; on n2 nft insert rule ip cluster prerouting '${rule}'`,
  ...rest,
});
const takesAll = { state: 'CRITICAL', says: /n2 accepts everything before the cluster rule/ } as const;
const takesLater = {
  state: 'CRITICAL',
  says: /n2 accepts (tcp )?ESTABLISHED before the cluster rule: TCP hangs/,
} as const;
/** The same on both nodes. */
const both = (rule: string) => `for n in n1 n2; do on $n nft insert rule ip cluster prerouting '${rule}'; done`;

export const everydayNft: readonly Sketch[] = [
  ...beside([firewalld, netavark, kubeProxyNft, fail2banNft, debian, byHandNft, longList, ufw, kubeProxy, csf]),
  {
    situation: `bucket on no node beside ${firewalld.name}`,
    setup: `crowd 2; share n1 1 3; share n2 2 3; ${load(firewalld, 'n1', 'n2')}`,
    state: 'CRITICAL',
    says: /bucket 3 of 3 on no node, 33 % of client addresses/,
    tcp: [1 / 3, 0],
  },
  {
    situation: `beside ${firewalld.name}, which lets no Web in on n2`,
    setup: `crowd 2; ${two}; ${load(firewalld, 'n1')}; ${load(without80(firewalld), 'n2')}`,
    state: 'CRITICAL',
    says: /n2 does not accept tcp port 80, which n1 opens/,
    tcp: [0.5, 0],
    datagrams: [0, 0],
    judgedBy: null,
  },
  {
    situation: `beside ${fail2banNft.name}, which bans others on n2`,
    setup: `crowd 2; ${two}; ${load(fail2banNft, 'n1')}; ${load({ ...fail2banNft, text: fail2banNft.text.replaceAll('192.0.2.', '192.0.3.') }, 'n2')}`,
    ...ok,
  },
  before('local addresses accepted', 'fib daddr type local accept', { ...takesAll, ...unshared }),
  before('what is not redirected accepted', 'ct status ! dnat accept', { ...takesAll, ...unshared }),
  before('multicast frames accepted', 'meta pkttype multicast accept', { ...takesAll, ...unshared }),
  before('states in a map', 'ct state vmap { established : accept, related : accept, invalid : drop }', {
    state: 'CRITICAL',
    says: /n2 accepts ESTABLISHED before the cluster rule: TCP hangs/,
    ...hangs,
  }),
  before('all but SYN accepted', 'tcp flags != syn accept', { ...takesLater, ...hangs }),
  before('segments without SYN accepted', 'tcp flags ! syn accept', { ...takesLater, ...hangs }),
  before('SYN accepted, with ECN or not', 'tcp flags { syn, syn | ecn } accept', {
    state: 'CRITICAL',
    says: /n2 accepts tcp NEW before the cluster rule/,
    ...hangs,
  }),
  before('the Web accepted', 'tcp dport { 80, 443 } accept', {
    state: 'CRITICAL',
    says: /n2 accepts tcp ports 80, 443 before the cluster rule/,
    ...hangs,
    judgedBy: null,
  }),
  before('multicast frames dropped', 'meta pkttype != host drop', {
    state: 'CRITICAL',
    says: /n2 drops everything before the cluster rule/,
    tcp: [0.5, 0],
  }),
  before(
    'new connections without a SYN reset',
    'tcp flags & (fin|syn|rst|ack) != syn ct state new reject with tcp reset',
    {
      state: 'CRITICAL',
      says: /n2 resets connections that other nodes answer/,
      tcp: [0.5, 0],
      datagrams: [0, 0],
      ...untold,
    },
  ),
  before('reverse path checked', 'fib saddr . iif oif missing drop', ok),
  before('addresses that no client has dropped', 'ip saddr { 127.0.0.0/8, 224.0.0.0/4, 240.0.0.0/4 } drop', ok),
  {
    situation: 'reset in place of a DROP',
    setup: `crowd 2; ${two}; for n in n1 n2; do handle=$(on $n nft -a list chain ip cluster prerouting | sed -n 's/.* drop # handle //p')
on $n nft replace rule ip cluster prerouting handle $handle iif eth1 ip daddr $VIP meta l4proto tcp reject with tcp reset; done`,
    state: 'CRITICAL',
    says: /n1 rejects what its buckets do not hold/,
    tcp: [1, 0],
    datagrams: [0, 1],
    ...untold,
  },
  {
    situation: 'floods dropped before the rules',
    setup: `crowd 2; ${two}; ${both('ct state new limit rate over 9000/second burst 9000 packets drop')}
${both('tcp dport 80 meter flood { ip saddr limit rate over 900/second burst 900 packets } drop')}`,
    ...ok,
  },
];

export const everydayXt6: readonly Sketch[] = beside([iptablesFirewalls6.ufw6]);
export const everydayNft6: readonly Sketch[] = beside([firewalld, debian]);
