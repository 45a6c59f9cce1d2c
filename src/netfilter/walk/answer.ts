import { bucketOf, type Client } from '../model/hash.ts';
import type { Answered, HashInUse } from '../model/rule.ts';
import { phase, type Traffic } from '../model/traffic.ts';

/** The residue of a client's packet; null where it cannot be known. */
type ResidueFor = (use: HashInUse) => number | null;

/** The residue that the kernel computes; without a seed it cannot be known. */
function residueOf({ hash, total }: HashInUse, client: Client): number | null {
  const bucket = bucketOf(hash, total, client);
  return bucket === null ? null : bucket - 1;
}

/**
 * Whether a node answers a client: TCP needs the packet that opens a connection and every later one, other protocols
 * the first alone. Null where it depends on a residue that is not known.
 */
export function answers(
  { traffic, hashes, doubt }: Pick<Answered, 'traffic' | 'hashes' | 'doubt'>,
  client: Client,
): boolean | null {
  const residue = (use: HashInUse) => residueOf(use, client);
  if (!doubt.isEmpty && anyPasses(doubt, client, hashes, residue) !== false) return null;
  const first = passes(traffic, client, phase.first, hashes, residue);
  if (client.protocol !== 6 || first === false) return first;
  const later = passes(traffic, client, phase.later, hashes, residue);
  return later === false ? false : first && later;
}

/** Whether a node answers the first packet of a client at least. */
export function begins({ traffic, hashes }: Answered, client: Client): boolean {
  return passes(traffic, client, phase.first, hashes, (use) => residueOf(use, client)) === true;
}

/** Whether a node refuses a client, for it to hear. */
export function refuses({ refused, hashes }: Answered, client: Client): boolean {
  return passes(refused, client, phase.first, hashes, (use) => residueOf(use, client)) === true;
}

/** True where a list or a rate that no ruleset shows may keep a client from a node that otherwise answers it. */
export function mayBeDenied({ unless, hashes }: Answered, client: Client): boolean {
  return anyPasses(unless, client, hashes, (use) => residueOf(use, client)) !== false;
}

/** Whether any packet of a client is in a set. */
function anyPasses(
  traffic: Traffic,
  client: Client,
  hashes: readonly HashInUse[],
  residue: ResidueFor,
): boolean | null {
  const phases = client.protocol === 6 ? [phase.first, phase.later] : [phase.first];
  const found = phases.map((one) => passes(traffic, client, one, hashes, residue));
  return found.includes(true) ? true : found.includes(null) ? null : false;
}

function passes(
  traffic: Traffic,
  { protocol, saddr, sport, dport }: Client,
  when: bigint,
  hashes: readonly HashInUse[],
  residue: ResidueFor,
): boolean | null {
  const [from, to] = [BigInt(sport), BigInt(dport)];
  return traffic.holds({ phase: when, protocol: BigInt(protocol), source: saddr, sport: from, dport: to }, (id) => {
    const use = hashes.find((one) => one.id === id);
    return use === undefined ? null : residue(use);
  });
}
