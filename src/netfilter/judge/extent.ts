import type { Family } from '../../address/index.ts';
import {
  count,
  type Interval,
  noClients,
  phase,
  point,
  type Traffic,
  type TrafficSpace,
  tcp,
  udp,
} from '../model/traffic.ts';

/** How much of the shared traffic a rule takes; the verdict depends on this and nothing else. */
export type Extent =
  /** Every client's TCP, or everything that the cluster shares. */
  | 'all'
  /** All ports for some clients. */
  | 'clients'
  /** A handful of single clients. */
  | 'hosts'
  /** Some ports. */
  | 'ports'
  /** UDP alone, of all ports and clients. */
  | 'datagrams'
  /** Ping and the like, or what a host's own administration needs: nothing that a cluster serves. */
  | 'aside';

/** ssh; agents of Pacemaker (2224, 3121), munin, Icinga, NRPE, Checkmk, Prometheus, Zabbix. */
const adminPorts: readonly bigint[] = [22n, 2224n, 3121n, 4949n, 5665n, 5666n, 6556n, 9100n, 10050n];

/** True for TCP ports that are for a node's own administration alone. */
export function isAdministration({ low, high }: Interval): boolean {
  return (
    high - low < 16n && adminPorts.filter((port) => low <= port && port <= high).length === Number(high - low + 1n)
  );
}

/** DHCP's answers to the node itself, SNMP, multicast DNS, Corosync. */
function datagramPorts(family: Family): readonly Interval[] {
  const dhcp = family === 4 ? { low: 67n, high: 68n } : { low: 546n, high: 547n };
  return [dhcp, point(161n), point(5353n), { low: 5404n, high: 5406n }];
}

/**
 * Traffic of a node's own administration. A rule for it before the cluster's rule is in nearly every firewall and does
 * not touch what the cluster serves.
 */
function ownTraffic(space: TrafficSpace): Traffic {
  return space.once('own', () =>
    space.union([
      space.only({ protocol: tcp, dport: adminPorts.map(point) }),
      space.only({ protocol: udp, dport: datagramPorts(space.family) }),
      // Answers to connections that the node itself opened come from the well-known ports; clients do not.
      space.only({ sport: { low: 0n, high: 1023n } }),
      space.only({ source: noClients(space.family) }),
    ]),
  );
}

/** The part of some traffic that is not for a node's own administration; of nothing, which is soon told, nothing. */
export function withoutOwn(traffic: Traffic): Traffic {
  return traffic.isEmpty ? traffic : traffic.less(ownTraffic(traffic.space));
}

/** The part of some traffic that the cluster shares and that is not for a node's own administration. */
export function served(traffic: Traffic, shared: Traffic): Traffic {
  return withoutOwn(traffic.and(shared));
}

/** The clients of whom some traffic is everything that the cluster shares; null where it is a part of it. */
export function wholeClients(traffic: Traffic, shared: Traffic): Traffic | null {
  const clients = traffic.like('source');
  return shared.and(clients).equals(traffic) ? clients : null;
}

/** How much of what a cluster shares some traffic is; it must be part of it. */
export function extentOf(traffic: Traffic, shared: Traffic): Extent {
  const { space } = traffic;
  const own = ownTraffic(space);
  const served = [tcp, udp].filter((protocol) => shared.meets(space.only({ protocol })));
  const [main] = served;
  // A list of networks is a thousand of these.
  const whole = main === undefined || shared.within(own) ? null : wholeClients(traffic, shared);
  if (whole !== null) return extentOfClients(whole, shared);
  if (traffic.within(own)) return 'aside';
  if (main === undefined) return shared.within(traffic) ? 'all' : 'ports';
  const [touched] = served.filter((protocol) => traffic.meets(space.only({ protocol })));
  if (touched === undefined) return 'aside';
  const sharedOf = (protocol: bigint) => shared.and(space.only({ protocol }));
  if (touched !== main) return sharedOf(touched).within(traffic.or(own)) ? 'datagrams' : 'ports';
  const clients = onAllPorts(traffic.and(space.only({ protocol: main })), sharedOf(main));
  if (clients === null) return areHosts(traffic.spans('source')) ? 'hosts' : 'ports';
  if (sharedOf(main).within(clients.or(own))) return 'all';
  return areHosts(traffic.spans('source')) ? 'hosts' : 'clients';
}

function extentOfClients(clients: Traffic, shared: Traffic): Extent {
  const { space } = clients;
  const nobody = space.once('nobody', () => space.only({ source: noClients(space.family) }));
  if (clients.within(nobody)) return 'aside';
  if (shared.like('source').less(clients).within(nobody)) return 'all';
  return areHosts(clients.spans('source')) ? 'hosts' : 'clients';
}

/** Whether some traffic is that of a handful of single clients: its extent is `hosts`. Most is not, which is soon told. */
export function isOfHosts(traffic: Traffic, shared: Traffic): boolean {
  return areHosts(traffic.spans('source')) && extentOf(traffic, shared) === 'hosts';
}

/**
 * Everything of the clients whose packets are all taken, of the first kind or of the later kind, on every port; null
 * when it is only some ports.
 */
function onAllPorts(traffic: Traffic, shared: Traffic): Traffic | null {
  for (const one of [phase.later, phase.first]) {
    const part = traffic.and(traffic.space.only({ phase: one }));
    if (part.isEmpty) continue;
    const clients = part.like('source');
    const wanted = shared.and(clients).and(traffic.space.only({ phase: one }));
    if (wanted.within(part.or(ownTraffic(traffic.space)))) return clients;
  }
  return null;
}

/**
 * As many addresses as a person writes one by one, or a list of single ones, as a program keeps of those that it bans;
 * any other is a network.
 */
function areHosts(sources: readonly Interval[]): boolean {
  const addresses = count(sources);
  return addresses <= 16n || addresses <= 2n * BigInt(sources.length);
}
