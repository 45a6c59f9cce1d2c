import type { Ground } from './piece.ts';

// What shares the VIP, in the forms that occur, and who holds what. Not to be made smaller: a cluster without is none.

/** The cluster of a ground: `whole` and what shares the VIP. */
export function layoutOf(ground: Ground): string {
  const { random, nodes, ipv6 } = ground;
  const write = random.pick(ground.way === 'nftables' ? nft : ipv6 ? xt.slice(0, 2) : xt);
  const takenOver = random.chance(0.12);
  const held = nodes.map((_, i) => (takenOver ? (i === 0 ? nodes.map((_, j) => j + 1) : []) : [i + 1]));
  const fault = random.chance(0.06) ? random.pick(['lost', 'doubled', 'seed'] as const) : null;
  const [last = []] = held.slice(-1);
  const wrong = fault === 'lost' ? [1] : fault === 'doubled' ? [1, ...last.filter((bucket) => bucket !== 1)] : null;
  const lines = nodes.map((node, i) => {
    const isLast = i === nodes.length - 1;
    const buckets = isLast && wrong !== null && last.length > 0 ? wrong : (held[i] ?? []);
    const line = buckets.length === 0 ? `only_drop ${node}` : write(node, buckets, nodes.length);
    return isLast && fault === 'seed' ? `SEED=99\n${line}\nunset SEED` : line;
  });
  const discovery = ipv6 ? nodes.map((node, i) => ((held[i] ?? []).length > 0 ? `discovery_first ${node}` : '')) : [];
  return [`whole ${nodes.length}`, ...lines, ...discovery.filter((line) => line !== '')].join('\n');
}

type Write = (node: string, buckets: readonly number[], total: number) => string;

const share: Write = (node, buckets, total) => `share ${node} ${buckets.join(',')} ${total}`;

const mask = (buckets: readonly number[]) =>
  `0x${buckets.reduce((sum, bucket) => sum + 2 ** (bucket - 1), 0).toString(16)}`;
const cluster = (buckets: readonly number[], total: number) =>
  `-m cluster --cluster-local-nodemask ${mask(buckets)} --cluster-total-nodes ${total} --cluster-hash-seed \${SEED:-2052138319}`;

const xt: readonly Write[] = [
  share,
  (node, buckets, total) => `IFACE=+\nshare ${node} ${buckets.join(',')} ${total}\nunset IFACE`,
  (node, buckets, total) => `TABLE=filter CHAIN=INPUT
share ${node} ${buckets.join(',')} ${total}
unset TABLE CHAIN`,
  (
    node,
    buckets,
    total,
  ) => `xt ${node} -t mangle -A PREROUTING -d $VIP -i eth1 ${cluster(buckets, total)} -j MARK --set-mark 0xffff
xt ${node} -t mangle -A PREROUTING -d $VIP -i eth1 -m mark ! --mark 0xffff -j DROP`,
  (node, buckets, total) =>
    `xt ${node} -t mangle -A PREROUTING -d $VIP -i eth1 -m cluster ! --cluster-local-nodemask ${mask(buckets)} --cluster-total-nodes ${total} --cluster-hash-seed \${SEED:-2052138319} -j DROP`,
  (node, buckets, total) => `xt ${node} -t mangle -N VIP
xt ${node} -t mangle -A PREROUTING -d $VIP -j VIP
xt ${node} -t mangle -A VIP ${cluster(buckets, total)} -j ACCEPT
xt ${node} -t mangle -A VIP -j DROP`,
];

const residues = (buckets: readonly number[]) => `{ ${buckets.map((bucket) => bucket - 1).join(', ')} }`;
const chain = (node: string, rules: readonly string[], family = '$(l3)') => `nftables ${node} <<RULES
table ${family} cluster {
  chain prerouting {
    BASE
    ${rules.join('\n    ')}
  }
}
RULES`;
const hash = (total: number) => `jhash $(l3) saddr mod ${total} seed \${SEED:-2052138319}`;

const nft: readonly Write[] = [
  share,
  (node, buckets, total) => `IIF=iifname\nshare ${node} ${buckets.join(',')} ${total}\nunset IIF`,
  (node, buckets, total) => `OFFSET=1\nshare ${node} ${buckets.join(',')} ${total}\nunset OFFSET`,
  (node, buckets, total) =>
    chain(node, [
      `iif eth1 $(l3) daddr $VIP ${hash(total)} != ${residues(buckets)} drop`,
      'iif eth1 $(l3) daddr $VIP meta pkttype set host',
    ]),
  (node, buckets, total) =>
    chain(node, [
      `iif eth1 $(l3) daddr $VIP ${hash(total)} ${residues(buckets)} meta mark set 0xffff`,
      'iif eth1 $(l3) daddr $VIP meta mark != 0xffff drop',
      'iif eth1 $(l3) daddr $VIP meta pkttype set host',
    ]),
];
