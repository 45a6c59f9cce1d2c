import { memberFacts, type ReachedNode } from '../../src/member/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { type Situation, snapshotText, vip } from '../snapshot_text.ts';

/** The facts of a node in a situation. */
export function member(name: string, situation: Situation = {}): ReachedNode {
  const snapshot = parseSnapshot(snapshotText({ name, ...situation }));
  if (!snapshot.ok) throw new Error(snapshot.reason);
  return memberFacts(name, snapshot.value, situation.vip ?? vip);
}

/** A node with the VIP on eth1 whose rules name no MAC, and that listens to these groups there. */
export function unruled(name: string, groups: readonly string[], more: Situation = {}): ReachedNode {
  return member(name, { held: null, maddr: groups.map((mac) => listed('eth1', mac)), ...more });
}

/** A line of /proc/net/dev_mcast. */
export function listed(ifname: string, mac: string, byHand = true): string {
  return `3    ${ifname}            1     ${byHand ? 1 : 0}     ${mac.replaceAll(':', '')}`;
}

/** Lines of `ip -d -o link show`: loopback, and eth1 with these flags and of this kind. */
export function eth1(flags = 'BROADCAST,MULTICAST,UP,LOWER_UP', kind = ''): readonly string[] {
  const details = kind === '' ? '' : `\\    ${kind} forward_delay 1500`;
  return [
    '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN',
    `3: eth1: <${flags}> mtu 1500 state UP\\    link/ether 02:00:00:00:00:11 brd ff:ff:ff:ff:ff:ff promiscuity 0 ${details}`,
  ];
}

/** Lines of `ip -o addr show` with the VIP on these interfaces. */
export function vipOn(...ifnames: readonly string[]): readonly string[] {
  return [
    '1: lo    inet 127.0.0.1/8 scope host lo',
    ...ifnames.map((ifname, i) => `${i + 3}: ${ifname}    inet ${vip}/24 scope global ${ifname}`),
  ];
}

/** What a section looks like that only root may read. */
export const denied = [
  '! Operation not permitted (you must be root)',
  '= exit 4',
  '= needs /usr/sbin/nft -j list ruleset',
];

/** An nft section with these objects, and the chain of ARP rules. */
export function nft(...objects: readonly object[]): readonly string[] {
  const chain = { family: 'arp', table: 'a', name: 'output', handle: 1, type: 'filter', hook: 'output', prio: 0 };
  return [
    ...[{ chain: { ...chain, policy: 'accept' } }, ...objects].map((one) => `> ${JSON.stringify(one)}`),
    '= exit 0',
  ];
}

/** An nft rule of family arp that tells a MAC for an address, or a set of them. */
export function arpRule(right: unknown, mac: string, op = '=='): object {
  const payload = (field: string) => ({ payload: { protocol: 'arp', field } });
  const expr = [
    { match: { op, left: payload('saddr ip'), right } },
    { mangle: { key: payload('saddr ether'), value: mac } },
  ];
  return { rule: { family: 'arp', table: 'a', chain: 'output', handle: 2, expr } };
}
