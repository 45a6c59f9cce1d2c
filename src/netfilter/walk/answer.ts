import { bucketOf, type Client } from '../model/hash.ts';
import type { Answered, HashInUse } from '../model/rule.ts';
import { type Box, type Interval, phase } from '../model/traffic.ts';

/** The residue of a client's packet; null where it cannot be known. */
export type ResidueOf = (use: HashInUse, client: Client) => number | null;

/** The residue that the kernel computes: a hash without a seed is known to nobody. */
export function residueOf({ hash, total }: HashInUse, client: Client): number | null {
  const bucket = bucketOf(hash, total, client);
  return bucket === null ? null : bucket - 1;
}

/**
 * Whether a node answers a client: TCP needs the packet that opens a connection and every later one, other protocols
 * the first alone. Null where it hangs on a residue that is not known.
 */
export function answers({ region, hashes, doubt }: Answered, client: Client, residue: ResidueOf): boolean | null {
  if (doubt.length > 0 && passes(doubt, client, hashes, residue) !== false) return null;
  const first = comesThrough(region, client, phase.first, hashes, residue);
  if (client.protocol !== 6 || first === false) return first;
  const later = comesThrough(region, client, phase.later, hashes, residue);
  return later === false ? false : first && later;
}

/** True where a list or a rate that no ruleset shows may keep a client from a node that else answers it. */
export function mayBeDenied({ unless, hashes }: Answered, client: Client): boolean {
  return passes(unless, client, hashes, residueOf) !== false;
}

/** Whether any packet of a client is in a region. */
function passes(
  region: readonly Box[],
  client: Client,
  hashes: readonly HashInUse[],
  residue: ResidueOf,
): boolean | null {
  const whens = client.protocol === 6 ? [phase.first, phase.later] : [phase.first];
  const found = whens.map((when) => comesThrough(region, client, when, hashes, residue));
  return found.includes(true) ? true : found.includes(null) ? null : false;
}

function comesThrough(
  region: readonly Box[],
  client: Client,
  when: bigint,
  hashes: readonly HashInUse[],
  residue: ResidueOf,
): boolean | null {
  let open = false;
  for (const box of region) {
    const inside =
      holds(box.phase, when) &&
      holds(box.protocol, BigInt(client.protocol)) &&
      holds(box.source, client.saddr) &&
      holds(box.sport, BigInt(client.sport)) &&
      holds(box.dport, BigInt(client.dport));
    if (!inside) continue;
    const known = box.residues.map(({ hash, held }) => {
      const use = hashes.find(({ id }) => id === hash);
      const value = use === undefined ? null : residue(use, client);
      return value === null ? null : ((held >> BigInt(value)) & 1n) === 1n;
    });
    if (known.every((one) => one === true)) return true;
    open ||= !known.includes(false);
  }
  return open ? null : false;
}

function holds({ low, high }: Interval, value: bigint): boolean {
  return low <= value && value <= high;
}
