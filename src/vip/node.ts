import { type Placement, parseIp } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { cardFaults, isLoopback, judgePlacement, type ReachedNode, type Standing } from '../member/index.ts';
import { listOf } from '../plugin/index.ts';
import type { WantedVip } from './wanted.ts';

/** A reached node, judged by whether it has the VIP as it should. */
export type VipNode = {
  readonly node: ReachedNode;
  /** The places of the VIP that count: where it should be, if it is there. */
  readonly places: readonly Placement[];
  /** Whether the node has the VIP at all; null when its addresses could not be read. */
  readonly has: boolean | null;
  /** Why it cannot be used although it is there, in a few words; null when it can. */
  readonly unusable: string | null;
  readonly faults: readonly Fault[];
};

/** Judges where a node has the VIP, and whether it can be used there. */
export function judgeVipNode(node: ReachedNode, wanted: WantedVip): VipNode {
  const judged = judgePlacement(node, {
    vip: wanted.vip,
    ifname: wanted.ifname ?? null,
    loopback: loopbackOf(wanted),
    loss: null,
  });
  const { standing, places, usable } = judged;
  if (standing === 'loopback' && wanted.allowLo && wanted.expect !== 'all') {
    const text = `${node.name} has ${wanted.vip} on loopback only, as real servers of LVS do, so it does not count`;
    return { node, places: [], has: false, unusable: null, faults: [fault('OK', 'vip-not-counted', text)] };
  }
  if (standing === 'loopback' || standing === 'elsewhere') {
    const misplaced = wrongPlace(node, standing, wanted);
    return { node, places: [], has: true, unusable: misplaced.brief, faults: [misplaced] };
  }
  if (
    standing === 'placed' &&
    wanted.expect !== 'all' &&
    places.every(({ address }) => isSilent(node, address.ifname, wanted))
  ) {
    const there = listOf(places.map(({ address }) => address.ifname));
    const text = `${node.name} has ${wanted.vip} on ${there}, for which no card answers ARP, so it does not count`;
    return { node, places: [], has: false, unusable: null, faults: [fault('OK', 'vip-not-counted', text)] };
  }
  const dead = judged.faults.find(({ state }) => usable === false && state === 'CRITICAL');
  return {
    node,
    places,
    has: standing === 'unread' ? null : standing === 'placed',
    unusable: dead?.brief ?? null,
    faults: [
      ...judged.faults,
      ...places.flatMap(({ address }) => cardFaults(node, address.ifname)),
      ...prefixFaults(node, places, wanted),
    ],
  };
}

/**
 * Whether requests on the wire for an address there go unanswered: no card answers for a dummy (`kube-ipvs0`) with
 * arp_ignore=1 (measured), and never over IPv6 (Linux: ndisc_recv_ns asks for the card's own addresses).
 */
function isSilent({ host, settings }: ReachedNode, ifname: string, { vip }: WantedVip): boolean {
  if (host.links?.find((link) => link.ifname === ifname)?.kind !== 'dummy') return false;
  if (parseIp(vip)?.family === 6) return true;
  return (settings?.get('net.ipv4.conf.all.arp_ignore') ?? 0) >= 1;
}

/**
 * --allow-lo: on every node of a load-sharing cluster loopback is as good as a card; beside directors it does not
 * count.
 */
function loopbackOf({ allowLo, expect, ifname }: WantedVip): 'counts' | 'ignored' | 'refused' {
  if (!allowLo) return 'refused';
  return expect === 'all' && (ifname === undefined || ifname === 'lo') ? 'counts' : 'ignored';
}

function wrongPlace({ name, placements }: ReachedNode, standing: Standing, { vip, ifname, allowLo }: WantedVip): Fault {
  const there = listOf([...new Set(placements.map(({ address }) => address.ifname))]);
  if (standing === 'elsewhere' || allowLo) {
    const text = `${name} has ${vip} on ${there}, expected on ${ifname} (--interface)`;
    return fault('CRITICAL', 'vip-elsewhere', `${name} has it on ${there}, not ${ifname}`, text);
  }
  const text = `${name} has ${vip} on ${there} only, where no client reaches it by its own network (a real server of LVS direct routing: --allow-lo)`;
  return fault('CRITICAL', 'vip-on-loopback', `${name} has it on ${there} only`, text);
}

function prefixFaults(
  { name }: ReachedNode,
  places: readonly Placement[],
  { vip, prefix }: WantedVip,
): readonly Fault[] {
  const wrong = places.filter(({ address }) => prefix !== null && address.prefix !== prefix);
  return wrong.map(({ address }) => {
    const text = `${name} has ${vip}/${address.prefix} on ${address.ifname}, expected /${prefix}`;
    return fault('WARNING', 'prefix-differs', `${name}: prefix is /${address.prefix}, not /${prefix}`, text);
  });
}

/** Without an expected prefix, the nodes are compared with each other. On loopback it is /32 as a rule. */
export function prefixDifference(holders: readonly VipNode[], { prefix }: WantedVip): readonly Fault[] {
  const found = holders.flatMap(({ node, places: [place] }) =>
    place === undefined || isLoopback(node, place.address.ifname)
      ? []
      : [{ name: node.name, prefix: place.address.prefix }],
  );
  if (prefix !== null || new Set(found.map((one) => one.prefix)).size < 2) return [];
  const brief = `the prefix differs (${listOf(found.map((one) => `${one.name} /${one.prefix}`))})`;
  return [fault('WARNING', 'prefix-differs', brief, `${brief}: give the VIP the same prefix on all nodes`)];
}
