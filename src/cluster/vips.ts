import { formatIp, isGroupAddress, parseIp, readAddresses } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { type SilentNode, silenceFault, unreadFault } from '../member/index.ts';
import { readNamedVips, unreadRulesets } from '../netfilter/index.ts';
import { listOf, type Report, type State, worst } from '../plugin/index.ts';
import type { AskedNode, Reader, SnapshotNode, WantedOfAll } from './verdict.ts';

/** The addresses that may be VIPs. */
export type Candidates = {
  /** Named by a cluster rule, a rule that leads to one, or CLUSTERIP's files. */
  readonly named: ReadonlySet<string>;
  /** Those, and the addresses of several nodes: IPv4 before IPv6, each by number. */
  readonly likely: readonly string[];
  /** Of one node that has a cluster rule. */
  readonly alone: readonly { readonly address: string; readonly owner: SnapshotNode }[];
  /** The nodes that have a cluster rule. */
  readonly clustered: readonly SnapshotNode[];
};

export const noCandidates: Candidates = { named: new Set(), likely: [], alone: [], clustered: [] };

/** Takes the addresses that may be VIPs out of the snapshots. */
export function candidatesOf(nodes: readonly AskedNode[]): Candidates {
  const reached = nodes.filter((node): node is SnapshotNode => node.reached);
  const clustered = reached.filter(({ snapshot }) => readNamedVips(snapshot).clustered);
  const named = new Set(clustered.flatMap(({ snapshot }) => readNamedVips(snapshot).vips).filter(isHostAddress));
  const owners = [...ownersOf(reached)];
  const shared = owners.filter(([, holders]) => holders.length > 1).map(([address]) => address);
  return {
    named,
    likely: inOrder([...new Set([...named, ...shared])]),
    alone: owners.flatMap(([address, [owner, ...others]]) =>
      owner === undefined || others.length > 0 || named.has(address) || !clustered.includes(owner)
        ? []
        : [{ address, owner }],
    ),
    clustered,
  };
}

/**
 * Whether a candidate is a VIP that some node shows with a cluster rule: one that is named, or that several nodes have, where
 * the packets that a client sends there meet a cluster rule on some node.
 */
export function isVip({ named, clustered }: Candidates, vip: string, read: Reader): boolean {
  return clustered.some((node) => isTaken(node, vip, read, named.has(vip)));
}

/** What the VIPs that were found leave open. */
export function leftOpen(
  { alone }: Candidates,
  nodes: readonly AskedNode[],
  read: Reader,
  { unreachable }: WantedOfAll,
): readonly Fault[] {
  const silent = nodes.filter((node): node is SilentNode => !node.reached);
  const taken = alone.filter(({ address, owner }) => isTaken(owner, address, read, false));
  return [...unseen(silent, unreachable), ...unnamed(taken)];
}

/** Whether a client's packets to an address meet a cluster rule on a node, or may meet one that was not read. */
function isTaken(node: SnapshotNode, vip: string, read: Reader, named: boolean): boolean {
  const { rules, unread } = read(node, vip).reading;
  return rules.length > 0 || (named && unread.length > 0) || unread.some(({ what }) => what === 'a cluster rule');
}

/** The reached nodes that have each address, less addresses that no client can ask for. */
function ownersOf(reached: readonly SnapshotNode[]): ReadonlyMap<string, readonly SnapshotNode[]> {
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

/** No group, no loopback (127.0.0.0/8, ::1) and no link-local IPv6 address (fe80::/10), which a VIP cannot be. */
function isHostAddress(address: string): boolean {
  const ip = parseIp(address);
  if (ip === null || isGroupAddress(ip)) return false;
  const { family, value } = ip;
  if (family === 4) return value !== 0n && value !== 0xffffffffn && value >> 24n !== 127n;
  return value > 1n && value >> 118n !== 0x3fan;
}

function inOrder(vips: readonly string[]): readonly string[] {
  const key = (vip: string) => {
    const ip = parseIp(vip);
    return ip === null ? 0n : ip.value + (ip.family === 6 ? 1n << 128n : 0n);
  };
  return [...vips].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A node without an answer may have a rule for a VIP that no other one has. */
function unseen(silent: readonly SilentNode[], unreachable: State): readonly Fault[] {
  if (silent.length === 0) return [];
  const who = listOf(silent.map(({ name }) => name));
  const brief = `VIPs that only ${who} may have a rule for cannot be seen`;
  const text = `${brief} while ${silent.length === 1 ? 'it gives' : 'they give'} no answer`;
  return [fault(unreachable === 'OK' ? 'OK' : 'WARNING', 'vip-unseen', brief, text)];
}

/** Addresses of one node that a rule without an address takes in: its own, or VIPs that the other nodes have lost. */
function unnamed(alone: readonly { readonly address: string; readonly owner: SnapshotNode }[]): readonly Fault[] {
  const owners = [...new Set(alone.map(({ owner }) => owner))];
  return owners.map((owner) => {
    const addresses = listOf(alone.filter((one) => one.owner === owner).map(({ address }) => address));
    const brief = `${owner.name}: a cluster rule names no address`;
    const text = `${brief}, and takes in ${addresses}, which no other reached node has: whether that is a VIP cannot be seen. Name the VIPs with --vip`;
    return fault('WARNING', 'vip-unnamed', brief, text);
  });
}

/** The report where no VIP was found: never OK, and with whatever kept one from being seen. */
export function reportNoVip(nodes: readonly AskedNode[], open: readonly Fault[], wanted: WantedOfAll): Report {
  const reached = nodes.filter((node): node is SnapshotNode => node.reached);
  const names = listOf(reached.map(({ name }) => name));
  const brief = `no VIP found: ${reached.length === 0 ? 'no node was reached' : `${names} ${reached.length === 1 ? 'shows' : 'show'} no cluster rule`}`;
  const faults = [
    fault('UNKNOWN', 'vip-not-found', brief, `${brief}. Name the VIPs with --vip, or check the nodes`),
    ...reached.flatMap(({ name, snapshot }) =>
      unreadRulesets(snapshot, wanted.backend).map((unread) => unreadFault({ name, user: snapshot.host.user }, unread)),
    ),
    ...nodes.flatMap((node) => (node.reached ? [] : [silenceFault(node, wanted.unreachable, null)])),
    ...open.filter(({ code }) => code !== 'vip-unseen'),
  ];
  return {
    state: worst(faults.map(({ state }) => state)),
    summary: brief,
    findings: faults.map(({ brief: _, ...finding }) => finding),
    data: [],
  };
}
