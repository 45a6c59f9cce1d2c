import { phase, type Traffic, tcp, udp } from '../model/traffic.ts';
import type { Taken } from '../walk/trace.ts';
import { type Extent, wholeClients, withoutOwn } from './extent.ts';
import { sourceShare } from './words.ts';

/** Where a rule is, as seen from the cluster's: it takes traffic that never gets there, or what the cluster let through. */
export type Position = 'before' | 'behind';

/** True for a rule that refuses packets, with an answer or without. */
export function denies({ fate }: Taken): boolean {
  return fate === 'dropped' || fate === 'rejected';
}

/** Whether a client hears that it is refused: for a frame that is still multicast nothing is sent but a reset. */
export function isHeard({ fate, claimed, resets }: Taken): boolean {
  return fate === 'rejected' && (claimed || resets);
}

/** A list of addresses that are denied, and few: one in a thousand is more than any program bans. */
export function isBanList(taken: Taken, traffic: Traffic): boolean {
  return denies(taken) && taken.certain && taken.rule.lists && sourceShare(traffic) < 0.001;
}

/**
 * Equal on nodes where a rule denies the same, when that is policy: to deny some ports or some clients is a firewall's
 * work, and no fault of the cluster when every node does the same. So is a list of addresses that are denied, and
 * whatever stands after the cluster rule and may deny; but not what nobody knows, nor the cluster's own DROP, which
 * names the VIP and waits for what another rule has let through. Null where it is not a policy.
 */
export function policyKey(
  taken: Taken,
  traffic: Traffic,
  shared: Traffic,
  extent: Extent,
  position: Position,
): string | null {
  if (!isPolicy(taken, extent, position)) return null;
  // Lists of banned hosts differ from node to node: each bans those it has met.
  const bans = extent === 'hosts' && taken.rule.lists;
  return `${taken.fate} ${taken.certain && !bans ? outlineOf(traffic, shared) : taken.rule.text}`;
}

function isPolicy(taken: Taken, extent: Extent, position: Position): boolean {
  // A firewall that drops the cluster's own mark does not mean these clients.
  if (extent === 'aside' || (taken.byMark && taken.certain)) return false;
  if (taken.fate === 'unknown') return position === 'behind' && taken.queued;
  if (!taken.certain && position === 'behind') return !(taken.doubted && taken.rule.names);
  if (!taken.certain) return denies(taken) && taken.doubt !== null && taken.doubt !== 'other';
  return denies(taken) && extent !== 'all';
}

/**
 * Less the later packets of what cannot even begin: an earlier rule that lets ESTABLISHED through changes nothing for
 * them.
 */
function withoutFollowers(traffic: Traffic): Traffic {
  const first = traffic.and(traffic.space.only({ phase: phase.first }));
  return traffic.less(first.whatever('phase').less(first));
}

/**
 * Equal for traffic of the same clients, ports and phases by protocol, less what is a node's own. That of two nodes is
 * never the same packet by packet: each drops what its own buckets do not hold. Everything of some clients, as a list of
 * networks denies it a thousand times, is soon told.
 */
function outlineOf(traffic: Traffic, shared: Traffic): string {
  const { space } = traffic;
  const first = space.only({ phase: phase.first });
  const clients = wholeClients(withoutFollowers(traffic), shared.and(first));
  if (clients !== null) return `${clients.edge} of ${shared.whateverResidue.edge}`;
  const others = withoutFollowers(withoutOwn(traffic));
  const outlines = [1n, tcp, udp].map((protocol) => {
    const part = others.and(space.only({ protocol }));
    return (['source', 'sport', 'dport', 'phase'] as const).map((name) => part.like(name).edge).join(' ');
  });
  return outlines.join(' / ');
}

/** Later segments taken while the first one passes: the handshake succeeds and nothing after it. */
export function hangs({ fate }: Taken, traffic: Traffic): boolean {
  const segments = traffic.and(traffic.space.only({ protocol: tcp }));
  return fate === 'accepted' && !segments.isEmpty && segments.within(traffic.space.only({ phase: phase.later }));
}
