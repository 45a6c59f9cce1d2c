/** The seed of IPaddr2 for one of its VIPs. */
export const seed = 'seed 0x7a51254f';
/** What matches the VIP's traffic. */
export const to = 'iif eth1 ip daddr $VIP';
/** How it is taken. */
export const host = 'meta pkttype set host accept';

/** A table on each of two nodes, from what differs between them. */
export const tables = (text: (i: 1 | 2) => string) =>
  `crowd 2\n${([1, 2] as const).map((i) => `nftables n${i} <<RULES\n${text(i)}\nRULES\n`).join('')}`;

/** The rules of one prerouting chain, a line each. */
export const chains = (rules: (i: 1 | 2) => readonly string[]) =>
  tables((i) => `table ip cluster {\n  chain prerouting {\n    BASE\n    ${rules(i).join('\n    ')}\n  }\n}`);

/** The same on both nodes, save for the bucket. */
export const hashed = (left: string, first: string, second: string) =>
  chains((i) => [`${to} ${left} ${i === 1 ? first : second} ${host}`, `${to} drop`]);

/** What the cluster agent writes for these buckets. */
export const ipaddr2 = (node: string, buckets: readonly number[]) => `
nftables ${node} <<RULES
table ip IPaddr2_192_168_56_20 {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    ${buckets.map((bucket) => `iif "eth1" ip daddr 192.168.56.20 jhash ip saddr mod 2 seed 0x7a51254f offset 1 ${bucket} meta pkttype set host accept comment "cip-node-${bucket}"`).join('\n    ')}
    iif "eth1" ip daddr 192.168.56.20 drop
  }
}
table arp IPaddr2_192_168_56_20 {
  chain output {
    type filter hook output priority filter; policy accept;
    arp saddr ip 192.168.56.20 arp saddr ether set 01:23:45:67:89:ab
  }
}
RULES
`;
