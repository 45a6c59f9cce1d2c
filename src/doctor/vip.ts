import type { Snapshot } from '../snapshot/index.ts';
import type { NodeFacts } from './facts.ts';

/** The snapshots of the nodes that gave one. */
export function snapshotsOf(nodes: readonly NodeFacts[]): readonly Snapshot[] {
  return nodes.flatMap(({ answer }) => (answer?.reached === true ? [answer.snapshot] : []));
}

/**
 * The shared address as the nodes show it: the one with a CLUSTERIP entry, else the one that two or more nodes have and no
 * other does. null where that is none, or several.
 */
export function sharedAddress(snapshots: readonly Snapshot[]): string | null {
  const entries = new Set(
    snapshots.flatMap(({ sections }) => sections.flatMap(({ name, key }) => (name === 'clusterip' ? [key] : []))),
  );
  entries.delete('');
  const shared =
    snapshots.length < 2
      ? []
      : [...addressesOf(snapshots[0])].filter((one) => snapshots.every((node) => addressesOf(node).has(one)));
  const [first, ...more] = entries.size > 0 ? [...entries] : shared;
  return first !== undefined && more.length === 0 ? first : null;
}

/** Whether a node has an address, with or without its prefix, or a CLUSTERIP entry for it. */
export function showsAddress(snapshots: readonly Snapshot[], address: string): boolean {
  const [plain = address] = address.split('/');
  return snapshots.some(
    (one) => addressesOf(one).has(plain) || one.sections.some(({ name, key }) => name === 'clusterip' && key === plain),
  );
}

/** What stands behind `inet` and `inet6`, without its prefix; not what every host has. */
function addressesOf(snapshot: Snapshot | undefined): ReadonlySet<string> {
  const lines = snapshot?.sections.find(({ name }) => name === 'addr')?.lines ?? [];
  const found = lines.flatMap((line) => /\sinet6? ([0-9a-f.:]+)/.exec(line)?.[1] ?? []);
  return new Set(found.filter((address) => !/^(?:127\.|::1$|fe80:)/.test(address)));
}

/** Whether a node's rules share the address out: the look at a hash is in all of their forms. */
export function sharesOut(snapshots: readonly Snapshot[]): boolean {
  return snapshots.some(({ sections }) =>
    sections.some(({ lines }) => lines.some((line) => /-j CLUSTERIP|-m cluster|"(?:jhash|symhash|numgen)"/.test(line))),
  );
}
