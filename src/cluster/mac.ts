import { isMulticastMac, isOrdinaryGroup } from '../address/index.ts';
import type { ReachedNode } from './facts.ts';
import { type Fault, fault } from './fault.ts';
import type { Wanted } from './wanted.ts';

/** The MAC under which a node is to get the VIP's frames, and who says so. */
export type ClusterMacs = {
  /** By node; a node that is not listed has none that is known. */
  readonly of: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
};

/**
 * Tells the cluster MAC of each node with a rule: `--mac`, else what its rule or its ARP rule names. Where nothing
 * names one it is the multicast MAC that the nodes listen to beyond the ordinary groups of IP.
 */
export function clusterMacs(nodes: readonly ReachedNode[], { mac: expected, skip }: Wanted): ClusterMacs {
  if (skip.includes('mac')) return { of: new Map(), faults: [] };
  const ruled = nodes.filter(({ reading }) => reading.rules.length > 0);
  const named = ruled.flatMap((node) => namedBy(node).map((mac) => [node.name, mac] as const));
  if (expected !== undefined)
    return { of: new Map(ruled.map(({ name }) => [name, expected])), faults: againstExpected(named, expected) };
  const [first] = named;
  if (first !== undefined) {
    const of = new Map(ruled.map(({ name }) => [name, named.find(([node]) => node === name)?.[1] ?? first[1]]));
    return { of, faults: [...differing(named), ...unicast(named)] };
  }
  return guessed(ruled.filter(({ placements }) => placements.length > 0));
}

function namedBy({ reading }: ReachedNode): readonly string[] {
  return reading.rules.flatMap(({ mac }) => mac ?? []);
}

function againstExpected(named: readonly (readonly [string, string])[], expected: string): readonly Fault[] {
  const [other] = named.filter(([, mac]) => mac !== expected);
  const wrong = differing(named);
  if (other === undefined || wrong.length > 0) return [...wrong, ...unicast(named)];
  const text = `the rules name the cluster MAC ${other[1]}, expected ${expected} (--mac)`;
  return [fault('CRITICAL', `cluster MAC is ${other[1]}, not ${expected}`, text), ...unicast(named)];
}

function differing(named: readonly (readonly [string, string])[]): readonly Fault[] {
  if (new Set(named.map(([, mac]) => mac)).size < 2) return [];
  const all = named.map(([name, mac]) => `${name} ${mac}`).join(', ');
  const text = `the cluster MAC differs (${all}): each client reaches only the nodes that listen to the MAC it has learned. Give all nodes the same`;
  return [fault('CRITICAL', `cluster MAC differs (${all})`, text)];
}

function unicast(named: readonly (readonly [string, string])[]): readonly Fault[] {
  const mac = named.map(([, one]) => one).find((one) => !isMulticastMac(one));
  if (mac === undefined) return [];
  const text = `the cluster MAC ${mac} is unicast (its first octet is even): a switch hands it to one node only. Use a multicast MAC such as 01:00:5e:xx:xx:xx`;
  return [fault('CRITICAL', `cluster MAC ${mac} is unicast`, text)];
}

/** Nothing names it: what all listen to, what only one listens to, or else nobody knows. */
function guessed(placed: readonly ReachedNode[]): ClusterMacs {
  const heard = placed
    .filter(({ host }) => host.subscriptions !== null)
    .map((node) => ({ node, macs: candidates(node) }));
  if (heard.length === 0) return { of: new Map(), faults: placed.slice(0, 1).map(notRead) };
  const every = [...new Set(heard.flatMap(({ macs }) => macs))];
  const shared = every.filter((mac) => heard.every(({ macs }) => macs.includes(mac)));
  const [only, ...more] = shared.length > 0 ? shared : every;
  if (only !== undefined && more.length === 0)
    return { of: new Map(placed.map(({ name }) => [name, only])), faults: [] };
  const own = heard.flatMap(({ node, macs: [mac, ...others] }) =>
    mac === undefined || others.length > 0 ? [] : [[node.name, mac] as const],
  );
  if (shared.length === 0 && own.length === heard.length && own.length > 1)
    return { of: new Map(own), faults: differing(own) };
  const why =
    every.length === 0
      ? 'no node listens to a multicast MAC beyond the ordinary groups of IP'
      : `the nodes listen to several (${every.join(', ')})`;
  const text = `the cluster MAC is not known: no rule names it, and ${why}. Give it with --mac`;
  return { of: new Map(), faults: [fault('WARNING', 'the cluster MAC is not known: give --mac', text)] };
}

/** No rule names the MAC, and no node's groups tell it. */
function notRead({ name }: ReachedNode): Fault {
  const text = `${name}: /proc/net/dev_mcast could not be read, so that the cluster MAC is not proven`;
  return fault('UNKNOWN', `${name}: link-layer groups not read`, text);
}

/** Groups on the VIP's interface that no ordinary IP multicast explains. */
function candidates({ host, placements }: ReachedNode): readonly string[] {
  const here = (host.subscriptions ?? []).filter(({ ifname }) =>
    placements.some(({ address }) => address.ifname === ifname),
  );
  const odd = here.filter(({ mac, byHand }) => isMulticastMac(mac) && (byHand || !isOrdinaryGroup(mac)));
  return [...new Set(odd.map(({ mac }) => mac))];
}
