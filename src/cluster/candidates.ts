import { formatIp, isHostAddress, parseIp, readAddresses } from '../address/index.ts';
import { readNamedVips } from '../netfilter/index.ts';
import type { AskedNode, Reader, SnapshotNode } from './verdict.ts';

/** The addresses that may be VIPs. */
export type Candidates = {
  /** Named by a cluster rule, a rule that leads to one, or CLUSTERIP's files. */
  readonly named: ReadonlySet<string>;
  /** Those and what a rule before a cluster rule lets come to it, then the addresses of several nodes that one may take in. */
  readonly likely: readonly string[];
  /** Of one node, where a cluster rule of any node may take them in. */
  readonly alone: readonly Owned[];
  /** The nodes that have a cluster rule. */
  readonly clustered: readonly SnapshotNode[];
  /** The reached nodes that have each address. */
  readonly owners: Owners;
};

/** An address that one node alone has. */
export type Owned = { readonly address: string; readonly owner: SnapshotNode };

type Owners = ReadonlyMap<string, readonly SnapshotNode[]>;

export const noCandidates: Candidates = {
  named: new Set(),
  likely: [],
  alone: [],
  clustered: [],
  owners: new Map(),
};

/** Takes the addresses that may be VIPs out of the snapshots. */
export function candidatesOf(nodes: readonly AskedNode[]): Candidates {
  const reached = nodes.filter((node): node is SnapshotNode => node.reached);
  const clustered = reached.filter(({ snapshot }) => readNamedVips(snapshot).clustered);
  const of = (which: 'vips' | 'guarded') =>
    new Set(clustered.flatMap(({ snapshot }) => readNamedVips(snapshot)[which]).filter(isHostAddress));
  const named = of('vips');
  const guarded = [...of('guarded')].filter((address) => !named.has(address));
  const owners = ownersOf(reached);
  const open = [...owners].filter(
    ([address]) =>
      !named.has(address) && !guarded.includes(address) && clustered.some((node) => mayTake(node, address)),
  );
  const shared = open.filter(([, holders]) => holders.length > 1).map(([address]) => address);
  return {
    named,
    likely: [...inOrder([...named, ...guarded]), ...inOrder(shared)],
    alone: open.flatMap(([address, [owner, ...others]]) =>
      owner === undefined || others.length > 0 ? [] : [{ address, owner }],
    ),
    clustered,
    owners,
  };
}

/**
 * Whether a candidate is a VIP that some node shows with a cluster rule: one that is named, or that several nodes have, where
 * the packets that a client sends there meet a cluster rule on some node.
 */
export function isVip({ named, clustered }: Candidates, vip: string, read: Reader): boolean {
  if (!named.has(vip)) return clustered.some((node) => takes(node, vip, read) !== null);
  return clustered.some((node) => {
    const { rules, unread } = read(node, vip).reading;
    return rules.length > 0 || unread.length > 0;
  });
}

/** How a node's rules take in an address that no cluster rule names: they share it, or drop all to it by its name. */
export type Taking = 'shares' | 'drops';

/**
 * How a client's packets to such an address fare on a node; null where they meet no cluster rule. A firewall that drops them
 * without naming the address makes no VIP of it, nor one that by its name drops a part of them.
 */
export function takes(node: SnapshotNode, address: string, read: Reader): Taking | null {
  if (!mayTake(node, address)) return null;
  const { rules, unread } = read(node, address).reading;
  if (rules.some(({ hash }) => hash !== null) || unread.some(({ what }) => what === 'a cluster rule')) return 'shares';
  return rules.some(({ dropsByName }) => dropsByName) ? 'drops' : null;
}

/** Told by what the rules name: following packets costs much more, and a node may have thousands of addresses. */
function mayTake({ snapshot }: SnapshotNode, address: string): boolean {
  const { mayShare, mayDrop } = readNamedVips(snapshot);
  return mayShare(address) || mayDrop(address);
}

/** IPv4 before IPv6, each by number. */
export function inOrder(vips: readonly string[]): readonly string[] {
  const key = (vip: string) => {
    const ip = parseIp(vip);
    return ip === null ? 0n : ip.value + (ip.family === 6 ? 1n << 128n : 0n);
  };
  return [...vips].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The reached nodes that have each address, less addresses that no client can ask for. */
function ownersOf(reached: readonly SnapshotNode[]): Owners {
  const owners = new Map<string, SnapshotNode[]>();
  for (const node of reached) {
    const own = (readAddresses(node.snapshot).addresses ?? []).flatMap(({ address }) => {
      const ip = parseIp(address);
      return ip === null ? [] : [formatIp(ip)];
    });
    for (const address of new Set(own.filter(isHostAddress)))
      owners.set(address, [...(owners.get(address) ?? []), node]);
  }
  return owners;
}
