import { isMulticastMac } from '../address/index.ts';
import { type Fault, fault } from '../findings/index.ts';
import { listOf } from '../plugin/index.ts';
import type { ReachedNode } from './facts.ts';
import { candidates, type Entrance, groupsNotRead, listeningFaults, takesAllGroups } from './subscription.ts';
import { unreadRulesNote } from './unread.ts';

/** A node that shares the VIP. */
export type Sharer = {
  readonly node: ReachedNode;
  /** The interface by which it takes the VIP's frames in; null where that is not known, or it need not listen. */
  readonly ifname: string | null;
};

/** The MAC that a shared VIP's frames are sent to, and which nodes can be reached by it. */
export type ClusterMac = {
  /** Null where it is not known, or the nodes differ. */
  readonly mac: string | null;
  /** Different ones that rules of nodes name, which the faults already tell. */
  readonly named: readonly string[];
  /** What is wrong with it on all nodes together, and notes. */
  readonly faults: readonly Fault[];
  /** What keeps a node from taking its frames in, by the node's name. */
  readonly listening: ReadonlyMap<string, readonly Fault[]>;
};

/**
 * Judges the cluster MAC of the nodes that share a VIP: the `expected` one (--mac), else what the rules name (cluster
 * rules and ARP rules alike), else the one multicast MAC that the nodes listen to. Every node must name the same, it
 * must be multicast, and every node must listen to it. Where the rules differ and none is expected, no node is
 * compared with any of them. That a node's rules name another one, which it listens to, is told once.
 */
export function judgeClusterMac(sharers: readonly Sharer[], expected: string | undefined): ClusterMac {
  const named = sharers.flatMap(({ node }) => namesOf(node).map((mac) => ({ name: node.name, mac })));
  const different = new Set(named.map(({ mac }) => mac)).size > 1 ? [differ(named, expected)] : [];
  const [ruled] = named;
  const entrances = sharers.flatMap(({ node, ifname }) => (ifname === null ? [] : [{ node, ifname }]));
  if (expected === undefined && different.length > 0) return unknown(different);
  const mac = expected ?? ruled?.mac;
  if (mac === undefined) return agreedMac(entrances);
  const others = [...new Set(named.map((one) => one.mac))].filter((one) => one !== mac);
  const [other] = others;
  const wrong = different.length > 0 || other === undefined ? different : [unexpected(other, mac)];
  // Where the rules differ, the ARP rule that is wrong is still worth its line.
  const told = different.length > 0 ? [] : others;
  if (!isMulticastMac(mac)) return { ...unknown([...wrong, unicast(mac)]), mac, named: told };
  const judged = entrances.filter((entrance) => !followsAnother(entrance, mac));
  return { mac, named: told, faults: wrong, listening: listeningOf(judged, mac) };
}

/** Judges the MAC of a VIP that one node has at a time: a multicast MAC must be listened to, a unicast one be the interface's own. */
export function judgeOwnMac(entrances: readonly Entrance[], mac: string): ClusterMac {
  if (isMulticastMac(mac)) return { mac, named: [], faults: [], listening: listeningOf(entrances, mac) };
  const faults = entrances.flatMap(({ node, ifname }) => {
    const own = node.host.links?.find((link) => link.ifname === ifname)?.mac ?? null;
    if (own === mac) return [];
    const is = own === null ? 'has none that could be read' : `has ${own}`;
    const text = `${node.name}: ${ifname}, which has the VIP, ${is}, expected ${mac} (--mac)`;
    return [
      fault(
        own === null ? 'UNKNOWN' : 'CRITICAL',
        'mac-not-own',
        `${node.name}: ${ifname} does not have the MAC ${mac}`,
        text,
      ),
    ];
  });
  return { mac, named: [], faults, listening: new Map() };
}

function namesOf({ macs }: ReachedNode): readonly string[] {
  return [...new Set(macs.names.map(({ mac }) => mac))];
}

function listeningOf(entrances: readonly Entrance[], mac: string): ClusterMac['listening'] {
  return new Map(entrances.map((entrance) => [entrance.node.name, listeningFaults(entrance, mac)]));
}

/** Whether a node's rules name another MAC, and it listens to that one: then the rules are what is wrong. */
function followsAnother(entrance: Entrance, mac: string): boolean {
  return namesOf(entrance.node).some((one) => one !== mac && listeningFaults(entrance, one).length === 0);
}

function unknown(faults: readonly Fault[]): ClusterMac {
  return { mac: null, named: [], faults, listening: new Map() };
}

function differ(
  named: readonly { readonly name: string; readonly mac: string }[],
  expected: string | undefined,
): Fault {
  const brief = `cluster MAC differs (${listOf(named.map(({ name, mac }) => `${name} ${mac}`))})`;
  const wanted = expected === undefined ? '' : `, with ${expected} (--mac)`;
  const text = `the ${brief}: each client reaches only the nodes that listen to the MAC it has learned. Give all nodes the same rule${wanted}`;
  return fault('CRITICAL', 'mac-differs', brief, text);
}

function unexpected(ruled: string, mac: string): Fault {
  const text = `the rules name the cluster MAC ${ruled}, expected ${mac} (--mac)`;
  return fault('CRITICAL', 'mac-unexpected', `cluster MAC is ${ruled}, not ${mac}`, text);
}

function unicast(mac: string): Fault {
  const brief = `cluster MAC ${mac} is unicast`;
  const text = `the ${brief} (its first octet is even): a switch hands it to one node only. Use a multicast MAC such as 01:00:5e:xx:xx:xx`;
  return fault('CRITICAL', 'mac-unicast', brief, text);
}

/** Nothing names the MAC: what the nodes listen to, beyond what every host does, must be one and the same. */
function agreedMac(entrances: readonly Entrance[]): ClusterMac {
  const filtering = entrances.filter((entrance) => !takesAllGroups(entrance));
  const heard = filtering
    .filter(({ node }) => node.host.subscriptions !== null)
    .map((entrance) => ({ node: entrance.node, macs: candidates(entrance) }));
  const unread = entrances.flatMap(({ node }) => unreadRulesNote(node));
  const notes = (first: Fault): readonly Fault[] => [first, ...unread];
  if (filtering.length === 0)
    return unknown(entrances.length === 0 ? [] : notes(needless(entrances.map(({ node }) => node.name))));
  if (heard.length === 0)
    return { ...unknown(unread), listening: new Map(filtering.map(({ node }) => [node.name, [groupsNotRead(node)]])) };
  const all = [...new Set(heard.flatMap(({ macs }) => macs))];
  const common = all.filter((mac) => heard.every(({ macs }) => macs.includes(mac)));
  if (all.length === 0)
    return unknown(notes(nothingKnown(entrances.some(({ node }) => node.macs.unread.some(({ absent }) => !absent)))));
  if (common.length > 1) return unknown(notes(severalCommon(common)));
  const [mac] = common.length === 1 ? common : all;
  if (mac === undefined || (common.length === 0 && all.length > 1)) return unknown(notes(heardDiffer(heard)));
  const note = fault(
    'OK',
    'mac-by-agreement',
    `cluster MAC ${mac} by agreement`,
    `no rule that was read names the cluster MAC: ${mac} is judged in its place, which ${listOf(heard.filter(({ macs }) => macs.includes(mac)).map(({ node }) => node.name))} ${heard.length === 1 ? 'listens' : 'listen'} to`,
  );
  return { mac, named: [], faults: notes(note), listening: listeningOf(entrances, mac) };
}

function needless(names: readonly string[]): Fault {
  const text = `no rule that was read names the cluster MAC, and ${listOf(names)} ${names.length === 1 ? 'accepts' : 'accept'} every multicast frame: it is not judged without --mac`;
  return fault('OK', 'mac-not-judged', 'cluster MAC not judged', text);
}

function nothingKnown(unread: boolean): Fault {
  const text =
    'the cluster MAC is not known: the nodes listen to none, and no rule that was read names one. Give --mac or --skip mac; for a failover VIP use check_cluster_vip with --expect one';
  return fault(unread ? 'UNKNOWN' : 'WARNING', 'mac-unknown', 'the cluster MAC is not known: give --mac', text);
}

function severalCommon(common: readonly string[]): Fault {
  const text = `the cluster MAC is not known: no rule that was read names it, and the nodes listen to ${listOf(common)}. Give --mac`;
  return fault('WARNING', 'mac-unknown', 'the cluster MAC is not known: give --mac', text);
}

function heardDiffer(heard: readonly { readonly node: ReachedNode; readonly macs: readonly string[] }[]): Fault {
  const each = listOf(heard.map(({ node, macs }) => `${node.name} ${macs.length === 0 ? 'to none' : listOf(macs)}`));
  const brief = 'the nodes listen to different MACs';
  const text = `${brief} (${each}): each client reaches only the nodes that listen to the MAC it has learned. Give all nodes the same one, or see --mac`;
  return fault('CRITICAL', 'mac-differs', brief, text);
}
