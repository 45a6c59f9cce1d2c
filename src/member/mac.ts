import { isMulticastMac, isOrdinaryGroup } from '../address/index.ts';
import { type Fault, fault, listOf } from '../plugin/index.ts';
import { isShared, type WantedVip } from '../vip/wanted.ts';
import { isLoopback, linkOf, type ReachedNode } from './facts.ts';
import type { JudgedNode } from './placement.ts';

/** The MAC that the VIP's frames come with: what it is (null: not known or not judged), and what is wrong with it. */
export type JudgedMac = { readonly mac: string | null; readonly faults: readonly Fault[] };

/** Where a node takes the VIP's frames in, and which MACs its rules name. */
type Place = { readonly node: ReachedNode; readonly ifname: string; readonly named: readonly string[] };

/**
 * Judges the MAC of a VIP on the nodes that have it. A shared VIP needs one multicast MAC that every node listens to:
 * the one of --mac, or what the rules name (the cluster rule, or the ARP rule), or what the nodes listen to alike. A
 * failover VIP is only judged by --mac, which then may be the unicast MAC of a virtual router.
 */
export function judgeMac(nodes: readonly JudgedNode[], wanted: WantedVip): JudgedMac {
  const places = nodes.flatMap(placeOf);
  if (wanted.skipMac || places.length === 0) return { mac: null, faults: [] };
  if (!isShared(wanted)) return wanted.mac === undefined ? { mac: null, faults: [] } : failoverMac(places, wanted.mac);
  const named = places.flatMap((place) => place.named);
  if (new Set(named).size > 1) return { mac: null, faults: [different(places)] };
  const ruled = named[0] ?? null;
  const mac = wanted.mac ?? ruled;
  if (mac === null) return agreedMac(places);
  const other =
    ruled === null || ruled === mac
      ? []
      : [
          fault(
            'CRITICAL',
            `cluster MAC is ${ruled}, not ${mac}`,
            `the rules name the cluster MAC ${ruled}, expected ${mac} (--mac)`,
          ),
        ];
  if (!isMulticastMac(mac)) return { mac, faults: [...other, unicast(mac)] };
  return { mac, faults: [...other, ...places.flatMap((place) => listening(place, mac))] };
}

function placeOf({ node, places }: JudgedNode): readonly Place[] {
  const ifname = places[0]?.address.ifname;
  // On loopback (LVS direct routing) frames come by the card's own MAC.
  if (ifname === undefined || isLoopback(node, ifname)) return [];
  const named = [...node.rules.rules, ...node.arp.rules].flatMap(({ mac }) => mac ?? []);
  return [{ node, ifname, named: [...new Set(named)] }];
}

function different(places: readonly Place[]): Fault {
  const all = listOf(places.flatMap(({ node, named }) => named.map((mac) => `${node.name} ${mac}`)));
  return fault(
    'CRITICAL',
    `cluster MAC differs (${all})`,
    `the cluster MAC differs (${all}): each client reaches only the nodes that listen to the MAC it has learned. Give all nodes the same rule`,
  );
}

function unicast(mac: string): Fault {
  return fault(
    'CRITICAL',
    `cluster MAC ${mac} is unicast`,
    `the cluster MAC ${mac} is unicast (its first octet is even): a switch hands it to one node only. Use a multicast MAC such as 01:00:5e:xx:xx:xx`,
  );
}

/** The frames for the MAC must be let in by the interface that has the VIP. */
function listening({ node, ifname }: Place, mac: string): readonly Fault[] {
  const { name, host } = node;
  if (host.subscriptions === null) {
    const brief = `${name}: link-layer groups not read`;
    return [
      fault('UNKNOWN', brief, `${name}: /proc/net/dev_mcast could not be read, so that the cluster MAC is not proven`),
    ];
  }
  const where = host.subscriptions.filter((one) => one.mac === mac).map((one) => one.ifname);
  if (where.includes(ifname)) return [];
  const elsewhere = where.length === 0 ? '' : ` (${listOf(where)} does, where the VIP is not)`;
  return [
    fault(
      'CRITICAL',
      `${name}: cluster MAC not on ${ifname}`,
      `${name}: ${ifname} does not listen to the cluster MAC ${mac}${elsewhere}: a network card that filters lets none of the VIP's traffic in. On ${name}: ip maddr add ${mac} dev ${ifname}`,
    ),
  ];
}

/** Nothing names the MAC: what the nodes listen to, beyond what every host does, must be one and the same. */
function agreedMac(places: readonly Place[]): JudgedMac {
  const blind = places.find(({ node }) => node.host.subscriptions === null);
  if (blind !== undefined) return { mac: null, faults: listening(blind, '') };
  const notes = unreadRules(places);
  const heard = places.map((place) => ({ ...place, macs: candidates(place) }));
  const common = (heard[0]?.macs ?? []).filter((mac) => heard.every(({ macs }) => macs.includes(mac)));
  const all = [...new Set(heard.flatMap(({ macs }) => macs))];
  if (all.length === 0) return { mac: null, faults: [nothingNamed(notes.length > 0), ...notes] };
  const [mac = null] = common;
  if (mac !== null && common.length === 1) {
    const text = `no rule that was read names the cluster MAC: ${mac} is judged, which ${heard.length === 1 ? 'the node listens' : 'all nodes listen'} to`;
    return { mac, faults: [fault('OK', text), ...notes] };
  }
  if (common.length > 1) {
    const brief = `which MAC is the cluster's is not known`;
    const text = `${brief}: the nodes listen to ${listOf(common)}. Give --mac`;
    return { mac: null, faults: [fault('WARNING', brief, text), ...notes] };
  }
  const [only] = all;
  if (all.length === 1 && only !== undefined)
    return { mac: only, faults: [...heard.flatMap((place) => listening(place, only)), ...notes] };
  const each = listOf(heard.map(({ node, macs }) => `${node.name} ${macs.length === 0 ? 'to none' : listOf(macs)}`));
  const brief = `the nodes listen to different MACs`;
  const text = `${brief} (${each}): each client reaches only those that listen to the MAC it has learned. Give all the same, and see --mac`;
  return { mac: null, faults: [fault('CRITICAL', brief, text), ...notes] };
}

/** The groups on the VIP's interface that are none of the host's own: added by hand or by an agent, or of no known use. */
function candidates({ node, ifname }: Place): readonly string[] {
  const own = (node.host.subscriptions ?? []).filter((one) => one.ifname === ifname);
  return own.filter(({ mac, byHand }) => byHand || !isOrdinaryGroup(mac)).map(({ mac }) => mac);
}

function nothingNamed(unread: boolean): Fault {
  const brief = 'no cluster MAC is known';
  const text =
    'the nodes listen to none, and no rule that was read names one. Give --mac or --skip mac, or for a failover VIP --expect one';
  return fault(unread ? 'UNKNOWN' : 'WARNING', brief, `${brief}: ${text}`);
}

/** That rules were not read is said, with what would have to be allowed; what the nodes agree on stands without it. */
function unreadRules(places: readonly Place[]): readonly Fault[] {
  return places.flatMap(({ node }) => {
    const unread = [...node.rules.unread, ...node.arp.unread];
    const [first] = unread;
    if (first === undefined) return [];
    const needs = [...new Set(unread.flatMap((one) => (one.needs === null ? [] : [one.needs])))];
    const allow =
      needs.length === 0
        ? ''
        : `. To read them, in sudoers on ${node.name}: ${node.user} ALL=(root) NOPASSWD: ${needs.join(', ')}`;
    return [
      fault(
        'OK',
        `${node.name}: rules not read`,
        `${node.name}: the rules were not read (${first.reason}), only that the nodes agree is judged${allow}`,
      ),
    ];
  });
}

/** A failover VIP with --mac: a multicast MAC must be listened to, a unicast one be the interface's own. */
function failoverMac(places: readonly Place[], mac: string): JudgedMac {
  if (isMulticastMac(mac)) return { mac, faults: places.flatMap((place) => listening(place, mac)) };
  const faults = places.flatMap(({ node, ifname }) => {
    const own = linkOf(node, ifname)?.mac ?? null;
    if (own === mac) return [];
    const is = own === null ? 'has none that could be read' : `has ${own}`;
    const brief = `${node.name}: ${ifname} has not the MAC ${mac}`;
    return [
      fault(
        own === null ? 'UNKNOWN' : 'CRITICAL',
        brief,
        `${node.name}: ${ifname}, which has the VIP, ${is}, expected ${mac} (--mac)`,
      ),
    ];
  });
  return { mac, faults };
}
