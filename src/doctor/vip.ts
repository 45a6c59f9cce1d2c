import { formatIp, isHostAddress, parseIp, readAddresses, sameIp } from '../address/index.ts';
import { readNamedVips, readRules, trafficTo } from '../netfilter/index.ts';
import { now } from '../plugin/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import type { NodeFacts } from './facts.ts';

/** The snapshots of the nodes that gave one. */
export function snapshotsOf(nodes: readonly NodeFacts[]): readonly Snapshot[] {
  return nodes.flatMap(({ answer }) => (answer?.reached === true ? [answer.snapshot] : []));
}

/**
 * The shared address, or the addresses that may be it: several whose packets meet a cluster rule (`areTaken`; with `areNamed`
 * by their names, so that all of them are shared), or what nodes have in common.
 */
export type Found = {
  readonly vip: string | null;
  readonly candidates: readonly string[];
  readonly areTaken: boolean;
  readonly areNamed: boolean;
};

/**
 * The shared address as the nodes' rules show it: the one that a cluster rule or CLUSTERIP names; where none is named, the one
 * that all nodes have and whose packets meet a cluster rule. An address that nodes merely have in common is none: every host
 * with Docker has 172.17.0.1. What is not found out until `by`, by `now()`, is not taken for it.
 */
export function sharedAddress(snapshots: readonly Snapshot[], by: number): Found {
  const named = inUse(snapshots.flatMap((one) => readNamedVips(one).vips));
  const common = addressesOf(snapshots[0]).filter((one) => snapshots.every((node) => addressesOf(node).includes(one)));
  const shared = snapshots.length < 2 ? [] : common;
  const clustered = snapshots.some((one) => readNamedVips(one).clustered);
  const taken =
    named.length > 0 || !clustered ? named : shared.filter((one) => sharesOut(snapshots, one, by) === 'yes');
  const areNamed = named.length > 0;
  const [first, ...more] = taken;
  if (first !== undefined && more.length === 0) return { vip: first, candidates: [], areTaken: true, areNamed };
  const areTaken = taken.length > 0;
  return { vip: null, candidates: areTaken ? taken : shared, areTaken, areNamed };
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

/**
 * Whether the rules of a node share the address out: one of them names it, or takes the packets that clients send to it.
 * `unknown`: there are such rules, and what they take was not found out in the time, until `by` by `now()`.
 */
export function sharesOut(snapshots: readonly Snapshot[], address: string, by: number): 'yes' | 'no' | 'unknown' {
  const [plain = address] = address.split('/');
  const clustered = snapshots.filter((one) => readNamedVips(one).clustered);
  if (clustered.some((one) => readNamedVips(one).vips.some((vip) => sameIp(vip, plain)))) return 'yes';
  const space = trafficTo(plain);
  const readings = clustered.map((one) => readRules(one, plain, { space, tooLate: () => now() > by }));
  if (readings.some(({ rules }) => rules.some(({ hash }) => hash !== null))) return 'yes';
  return readings.some(({ unread }) => unread.length > 0) ? 'unknown' : 'no';
}

/** An address in the one spelling of it, once, less those that no client can ask for. */
function inUse(addresses: readonly string[]): readonly string[] {
  const found = addresses.flatMap((text) => {
    const ip = parseIp(text);
    return ip === null ? [] : [formatIp(ip)];
  });
  return [...new Set(found)].filter(isHostAddress);
}

function addressesOf(snapshot: Snapshot | undefined): readonly string[] {
  if (snapshot === undefined) return [];
  return inUse((readAddresses(snapshot).addresses ?? []).map(({ address }) => address));
}
