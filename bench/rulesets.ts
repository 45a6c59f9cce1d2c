/** The address of the clusters that are made here. */
export const vip = '192.168.56.20';

/** An address for a number, never the VIP. */
function address(i: number): string {
  return `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
}

/**
 * So many rules that have nothing to do with the cluster, as a busy host has them: a blocklist, open ports, forwarded
 * services of other addresses; and the two rules of the cluster.
 */
export function savedRules(count: number, bucket: 1 | 2): string {
  const unrelated = Array.from({ length: count }, (_, i) => {
    switch (Math.floor((4 * i) / count)) {
      case 0:
        return `-A INPUT -s ${address(i)}/32 -j DROP`;
      case 1:
        return `-A INPUT -d ${address(i)}/32 -p tcp -m tcp --dport ${1024 + (i % 60000)} -j ACCEPT`;
      case 2:
        return `-A FORWARD -d ${address(i)}/32 -o br0 -p tcp -m tcp --dport ${1024 + (i % 60000)} -j ACCEPT`;
      default:
        return `-A SERVICES -s ${address(i)}/32 -p udp -m udp --dport ${1024 + (i % 60000)} -m comment --comment "service ${i}" -j ACCEPT`;
    }
  });
  const cluster = `-A PREROUTING -d ${vip}/32 -i eth1 -m cluster --cluster-local-nodemask 0x0000000${bucket} --cluster-total-nodes 2 --cluster-hash-seed 0x7a51254f -j ACCEPT
-A PREROUTING -d ${vip}/32 -i eth1 -j DROP`;
  return `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:SERVICES - [0:0]\n${unrelated.join('\n')}\nCOMMIT\n*mangle\n:PREROUTING ACCEPT [0:0]\n${cluster}\nCOMMIT\n`;
}

/** Numbers below 2^32 that look random and are the same in every run (a linear congruence with the constants of glibc's rand). */
function scattered(count: number): readonly number[] {
  const numbers: number[] = [];
  for (let i = 0, last = 1; i < count; i++) {
    last = (Math.imul(last, 1_103_515_245) + 12_345) >>> 0;
    numbers.push(last);
  }
  return numbers;
}

/** So many rules of a firewall that lets in hosts one by one, each to a port of its own. */
export function hostRules(count: number): readonly string[] {
  return scattered(count).map(
    (n, i) => `-A INPUT -s ${address(n >>> 8)}/32 -p tcp -m tcp --dport ${1024 + ((i * 7919) % 60_000)} -j ACCEPT`,
  );
}

/** The same of networks and ranges of ports. */
export function networkRules(count: number): readonly string[] {
  return scattered(count).map((n, i) => {
    const [bits, first] = [18 + (i % 11), 1024 + ((i * 7919) % 60_000)];
    const network = ((n >>> 8) >>> (32 - bits)) << (32 - bits);
    return `-A INPUT -s ${address(network)}/${bits} -p tcp -m tcp --dport ${first}:${first + 1 + (n % 4000)} -j ACCEPT`;
  });
}

/** So many networks from all over, of 16 to 27 bits, that a firewall denies one by one. */
export function deniedNetworks(count: number): readonly string[] {
  return scattered(2 * count).flatMap((n, i, all) => {
    if (i % 2 === 1) return [];
    const [bits, low] = [16 + ((i / 2) % 12), (all[i + 1] ?? 0) >>> 16];
    const network = (((n >>> 16) << 16) | low) & (-1 << (32 - bits));
    const octets = [((network >>> 24) % 223) + 1, (network >>> 16) & 255, (network >>> 8) & 255, network & 255];
    return [`-A INPUT -s ${octets.join('.')}/${bits} -j DROP`];
  });
}

/** What iptables-save prints on a node that holds a residue of so many by xt_cluster, with these rules in INPUT. */
export function firewall(residue: number, total: number, input: readonly string[]): string {
  const mask = `0x${(2 ** residue).toString(16).padStart(8, '0')}`;
  const shared = `-A PREROUTING -d ${vip}/32 -i eth1`;
  const lines = [
    ...['*mangle', ':PREROUTING ACCEPT [0:0]'],
    `${shared} -m cluster --cluster-local-nodemask ${mask} --cluster-total-nodes ${total} --cluster-hash-seed 0x7a51254f -j ACCEPT`,
    ...[`${shared} -j DROP`, 'COMMIT'],
    ...['*filter', ':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ...input, 'COMMIT'],
  ];
  return `${lines.join('\n')}\n`;
}

const match = (protocol: string, field: string, right: unknown) => ({
  match: { op: '==', left: { payload: { protocol, field } }, right },
});

const rule = (family: string, table: string, chain: string, handle: number, expr: readonly unknown[]) => ({
  rule: { family, table, chain, handle, expr },
});

const base = (table: string, name: string, hook: string, prio: number) => ({
  chain: { family: 'ip', table, name, handle: 1, type: 'filter', hook, prio, policy: 'accept' },
});

/** The same of nftables, as `nft -j list ruleset` prints it. */
export function ruleset(count: number, bucket: 1 | 2): string {
  const unrelated = Array.from({ length: count }, (_, i) => {
    const chain = ['input', 'forward', 'services'][Math.floor((3 * i) / count)] ?? '';
    const of = i < count / 6 ? match('ip', 'saddr', address(i)) : match('ip', 'daddr', address(i));
    return rule('ip', 'firewall', chain, i + 10, [
      of,
      match('tcp', 'dport', 1024 + (i % 60000)),
      { counter: { packets: i, bytes: i * 60 } },
      { accept: null },
    ]);
  });
  const objects = [
    { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } },
    { table: { family: 'ip', name: 'firewall', handle: 1 } },
    base('firewall', 'input', 'input', 0),
    base('firewall', 'forward', 'forward', 0),
    { chain: { family: 'ip', table: 'firewall', name: 'services', handle: 3 } },
    ...unrelated,
    ...clusterObjects(2, [bucket - 1]),
  ];
  return `${spaced({ nftables: objects })}\n`;
}

/** The objects of nftables rules that hold these residues. */
function clusterObjects(total: number, residues: readonly number[]): readonly unknown[] {
  const jhash = { mod: total, seed: 2052138319, expr: { payload: { protocol: 'ip', field: 'saddr' } } };
  const right = residues.length === 1 ? residues[0] : { set: residues };
  const iif = { match: { op: '==', left: { meta: { key: 'iif' } }, right: 'eth1' } };
  const accept = [
    { match: { op: '==', left: { jhash }, right } },
    { mangle: { key: { meta: { key: 'pkttype' } }, value: 'host' } },
    { accept: null },
  ];
  return [
    { table: { family: 'ip', name: 'cluster', handle: 1 } },
    base('cluster', 'prerouting', 'prerouting', -150),
    rule('ip', 'cluster', 'prerouting', 2, [iif, match('ip', 'daddr', vip), ...accept]),
    rule('ip', 'cluster', 'prerouting', 3, [iif, match('ip', 'daddr', vip), { drop: null }]),
  ];
}

/** JSON with the blanks of nft. */
function spaced(value: unknown): string {
  return JSON.stringify(value, null, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/([[{]) /g, '$1')
    .replace(/ ([\]}])/g, '$1');
}

/** A node's snapshot with nftables rules that hold these residues of so many. */
export function nftSnapshot(node: number, total: number, residues: readonly number[]): string {
  const lines = clusterObjects(total, residues).map((object) => `> ${spaced(object)}`);
  return snapshot(node, { iptables: [], nft: lines });
}

/** A node's snapshot with what the script's filters made of the rules of its tools. */
export function snapshot(
  node: number,
  { iptables, nft }: { readonly iptables: readonly string[]; readonly nft: readonly string[] },
): string {
  const octet = (node % 250) + 1;
  const lines = [
    'rackwatch-snapshot 1',
    ...['== host', `> name node${node}`, '> kernel 6.18.44', '> uid 0', '> user root', '> script 0.1.0'],
    '== addr: ip -o addr show',
    `> 2: eth1    inet 192.168.57.${octet}/24 scope global eth1\\       valid_lft forever preferred_lft forever`,
    `> 2: eth1    inet ${vip}/24 scope global secondary eth1\\       valid_lft forever preferred_lft forever`,
    '= exit 0',
    '== link: ip -d -o link show',
    '> 2: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff',
    ...['= exit 0', '== maddr: cat /proc/net/dev_mcast', '> 2    eth1            1     1     0123456789ab', '= exit 0'],
    ...['== clusterip', '= absent'],
    ...['== iptables-legacy: /usr/sbin/iptables-legacy-save', '= exit 0'],
    ...['== iptables: /usr/sbin/iptables-save', ...iptables, '= exit 0'],
    ...['== ip6tables-legacy: /usr/sbin/ip6tables-legacy-save', '= exit 0'],
    ...['== ip6tables: /usr/sbin/ip6tables-save', '= exit 0'],
    ...['== nft: /usr/sbin/nft -j list ruleset', ...nft, '= exit 0'],
  ];
  return `${lines.join('\n')}\n== end ${lines.length}\n`;
}
