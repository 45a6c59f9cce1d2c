import { formatIp, isGroupAddress, parseIp, readAddresses, sameIp } from '../address/index.ts';
import { readNamedVips, readRules, trafficTo } from '../netfilter/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import type { NodeFacts } from './facts.ts';

/** The snapshots of the nodes that gave one. */
export function snapshotsOf(nodes: readonly NodeFacts[]): readonly Snapshot[] {
  return nodes.flatMap(({ answer }) => (answer?.reached === true ? [answer.snapshot] : []));
}

/** The shared address, or the addresses that may be it: several whose packets meet a cluster rule, or what nodes have in common. */
export type Found = {
  readonly vip: string | null;
  readonly candidates: readonly string[];
  readonly areTaken: boolean;
};

/**
 * The shared address as the nodes' rules show it: the one that a cluster rule or CLUSTERIP names; where none is named, the one
 * that all nodes have and whose packets meet a cluster rule. An address that nodes merely have in common is none: every host
 * with Docker has 172.17.0.1.
 */
export function sharedAddress(snapshots: readonly Snapshot[]): Found {
  const named = inUse(snapshots.flatMap((one) => readNamedVips(one).vips));
  const common = addressesOf(snapshots[0]).filter((one) => snapshots.every((node) => addressesOf(node).includes(one)));
  const shared = snapshots.length < 2 ? [] : common;
  const clustered = snapshots.some((one) => readNamedVips(one).clustered);
  const taken = named.length > 0 || !clustered ? named : shared.filter((one) => sharesOut(snapshots, one));
  const [first, ...more] = taken;
  if (first !== undefined && more.length === 0) return { vip: first, candidates: [], areTaken: true };
  const areTaken = taken.length > 0;
  return { vip: null, candidates: areTaken ? taken : shared, areTaken };
}

/** Whether a node has an address, with or without its prefix, or a CLUSTERIP entry for it. */
export function showsAddress(snapshots: readonly Snapshot[], address: string): boolean {
  const [plain = address] = address.split('/');
  return snapshots.some(
    (one) =>
      addressesOf(one).some((other) => sameIp(other, plain)) ||
      one.sections.some(({ name, key }) => name === 'clusterip' && key !== '' && sameIp(key, plain)),
  );
}

/** Whether a node's rules share the address out: one of them names it, or takes the packets that clients send to it. */
export function sharesOut(snapshots: readonly Snapshot[], address: string): boolean {
  const [plain = address] = address.split('/');
  const space = trafficTo(plain);
  return snapshots.some((one) => {
    const { clustered, vips } = readNamedVips(one);
    if (!clustered) return false;
    return vips.some((vip) => sameIp(vip, plain)) || readRules(one, plain, { space }).rules.length > 0;
  });
}

/** An address in the one spelling of it, once, less those that no client can ask for. */
function inUse(addresses: readonly string[]): readonly string[] {
  const found = addresses.flatMap((text) => {
    const ip = parseIp(text);
    return ip === null || isGroupAddress(ip) ? [] : [formatIp(ip)];
  });
  return [...new Set(found)].filter((one) => !/^(?:0\.|127\.|255\.255\.255\.255$|::1?$|fe[89ab])/.test(one));
}

function addressesOf(snapshot: Snapshot | undefined): readonly string[] {
  if (snapshot === undefined) return [];
  return inUse((readAddresses(snapshot).addresses ?? []).map(({ address }) => address));
}
