import { type Fault, fault } from '../findings/index.ts';
import { isLoopback, type Stretch } from '../member/index.ts';
import { type Adverts, percent } from '../netfilter/index.ts';
import type { ReadNode } from './facts.ts';
import type { Wanted } from './wanted.ts';

/**
 * Neighbour discovery over IPv6: the answers to what a node asks from the VIP (the MAC of its gateway, with its first answer
 * to a client) are packets to the VIP, and fall under the cluster rule like any other.
 */
export function judgeDiscovery(nodes: readonly ReadNode[], { vip, skip }: Wanted): ReadonlyMap<string, Stretch> {
  if (skip.includes('rules')) return new Map();
  return new Map(
    nodes.flatMap((node): readonly (readonly [string, Stretch])[] => {
      const { name, reading, settings } = node;
      const { adverts, space } = reading;
      // What was asked from an address on loopback goes out from another one (ndisc_solicit looks at the interface's own).
      const here = node.placements.some(({ address }) => !isLoopback(node, address.ifname));
      // A node without buckets answers nobody from the VIP, and asks for nothing from it.
      const serves = reading.rules.some((rule) => rule.answersAll || rule.buckets.length > 0);
      if (adverts === null || !serves || !here) return [];
      const faults = settings === null ? [] : advertFaults(name, adverts, vip);
      return [[name, { faults, lost: space.none, doubt: space.none }]];
    }),
  );
}

function advertFaults(name: string, adverts: Adverts, vip: string): readonly Fault[] {
  const { all, passed, doubt, droppedBy } = adverts;
  const missing = all.less(passed).less(doubt);
  if (missing.isEmpty) return [];
  const rule = droppedBy === null ? '' : ` (${droppedBy.place}: ${droppedBy.text})`;
  const fix = `Fix: add before it on ${name}: ${acceptedFirst(droppedBy?.tool ?? 'nft')}`;
  const meanwhile = 'It may work for now, while the node still knows that MAC from elsewhere';
  if (missing.equals(all)) {
    const text = `${name} drops every neighbour advertisement to ${vip}${rule}: what it asks for from the VIP, such as the MAC of its gateway, it never learns, and then its clients get no answer. ${meanwhile}. ${fix}`;
    return [fault('CRITICAL', 'nd-dropped', `${name}: drops the neighbour advertisements to the VIP`, text)];
  }
  const lost = shareLost(adverts);
  // Some sources alone are a firewall's business.
  if (lost === null) return [];
  const text = `${name} leaves neighbour advertisements to ${vip} to the cluster rule${rule}: if the hash gives the one from its gateway to another node (as it does for ${percent(lost)} of all addresses), it never learns the MAC of the gateway, and its clients get no answer. ${meanwhile}. ${fix}`;
  return [fault('WARNING', 'nd-shared', `${name}: neighbour advertisements to the VIP are shared by hash`, text)];
}

/** The share of sources whose advertisements go to other nodes; null where no hash decides that. */
function shareLost({ all, passed, doubt, hashes }: Adverts): number | null {
  const [use] = hashes;
  const missing = all.less(passed).less(doubt);
  if (use === undefined || missing.whateverResidue.equals(missing)) return null;
  return all.space.residuesIn(missing, use.id, use.total).length / use.total;
}

function acceptedFirst(tool: string): string {
  if (tool === 'nft') return 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';
  const rule = (type: string) => `${tool} -t mangle -I PREROUTING -p icmpv6 --icmpv6-type ${type} -j ACCEPT`;
  return `${rule('neighbour-solicitation')}; ${rule('neighbour-advertisement')}`;
}
