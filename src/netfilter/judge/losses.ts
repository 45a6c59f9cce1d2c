import type { State } from '../../plugin/index.ts';
import type { Obstacle } from '../model/rule.ts';
import {
  allTraffic,
  coalesce,
  count,
  type Interval,
  intersect,
  isEmpty,
  noClients,
  phase,
  point,
  project,
  type Region,
  subtract,
  within,
} from '../model/traffic.ts';
import type { Fate, Taken } from '../walk/trace.ts';
import { describeTraffic, sourceShare } from './words.ts';

/** What becomes of clients whose packets an earlier rule takes, in a backend's own way. */
export type Effects = Readonly<Record<Fate, string>>;

/** How much of the shared traffic a rule takes; the judgement rests on this and on nothing else. */
type Extent =
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
function datagramPorts(family: 4 | 6): readonly Interval[] {
  const dhcp = family === 4 ? { low: 67n, high: 68n } : { low: 546n, high: 547n };
  return [dhcp, point(161n), point(5353n), { low: 5404n, high: 5406n }];
}

/**
 * Traffic of a node's own administration. A rule for it before the cluster's rule is in nearly every firewall and does
 * not touch what the cluster serves.
 */
export function ownPorts(family: 4 | 6): Region {
  const everything = allTraffic(family);
  return [
    ...adminPorts.map((port) => ({ ...everything, protocol: point(6n), dport: point(port) })),
    ...datagramPorts(family).map((dport) => ({ ...everything, protocol: point(17n), dport })),
    // Answers to connections that the node itself opened come from the well-known ports; clients do not.
    { ...everything, sport: { low: 0n, high: 1023n } },
    ...noClients(family).map((source) => ({ ...everything, source })),
  ];
}

/**
 * As many addresses as a person writes one by one, or a list of single ones, as a program keeps of those that it bans;
 * any other is a network.
 */
function areHosts(sources: readonly Interval[]): boolean {
  const addresses = count(sources);
  return addresses <= 16n || addresses <= 2n * BigInt(sources.length);
}

/** Where a rule stands, as seen from the cluster's: it takes traffic that never comes there, or what the cluster let through. */
export type Position = 'before' | 'behind';

/** What another rule takes of the traffic that a cluster rule shares, and how that is worded. */
export type Loss = {
  readonly taken: Taken;
  readonly shared: Region;
  readonly effects: Effects;
  readonly family: 4 | 6;
  readonly position: Position;
};

/** One rule's part in what is lost, judged. */
type Judged = { readonly taken: Taken; readonly traffic: Region; readonly extent: Extent; readonly obstacle: Obstacle };

/**
 * Judges what other rules take of the traffic that a cluster rule shares. Many rules of one kind, as a firewall keeps
 * them against single clients or ports, are one finding.
 */
export function judgeLosses(taken: readonly Taken[], loss: Omit<Loss, 'taken'>): readonly Obstacle[] {
  const judged = taken.flatMap((one) => judgeLoss({ ...loss, taken: one }) ?? []);
  const groups = new Map<string, Judged[]>();
  for (const one of judged) {
    const key = isMinor(one) ? `${one.taken.place} ${one.taken.fate} ${one.extent}` : `${groups.size}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) =>
    group.length > 4 ? together(group, loss) : group.map(({ obstacle }) => obstacle),
  );
}

/** What a firewall does by the hundred: it denies single clients, or ports. */
function isMinor({ taken, extent }: Judged): boolean {
  const denies = taken.fate === 'dropped' || taken.fate === 'rejected';
  return denies && taken.certain && (extent === 'hosts' || extent === 'ports');
}

function together(group: readonly Judged[], { position, family }: Omit<Loss, 'taken'>): readonly Obstacle[] {
  const [first] = group;
  if (first === undefined) return [];
  const { taken, extent, obstacle } = first;
  const traffic = coalesce(group.flatMap((one) => one.traffic));
  const what = extent === 'hosts' ? `something of ${group.length} single clients` : describeTraffic(traffic, family);
  const text = `${deeds[taken.fate](what)} ${position} the cluster rule (${taken.place}: ${taken.text} and ${group.length - 1} more rules)`;
  const keys = group.map((one) => one.obstacle.alike ?? '').sort();
  return [
    { ...obstacle, text, brief: `${deeds[taken.fate](what)} ${position} the cluster rule`, alike: keys.join('; ') },
  ];
}

/** A list of addresses that are denied, and few: one in a thousand is more than any program bans. */
function isBanList({ certain, fate, text }: Taken, traffic: Region, family: 4 | 6): boolean {
  const denies = fate === 'dropped' || fate === 'rejected';
  return denies && certain && addressLists.test(text) && sourceShare(traffic, family) < 0.001;
}

/** Judges what another rule takes of the traffic that a cluster rule shares; null when it takes nothing of it. */
function judgeLoss(loss: Loss): Judged | null {
  const { taken, shared, family, position } = loss;
  const traffic = intersect(taken.traffic, shared);
  if (isEmpty(traffic)) return null;
  const extent = isBanList(taken, traffic, family) ? 'hosts' : extentOf(traffic, shared, family);
  if (position === 'behind' && (extent === 'aside' || stateOf(extent, loss, traffic) === 'OK')) return null;
  return { taken, traffic, extent, obstacle: obstacleOf(loss, traffic, extent) };
}

function obstacleOf(loss: Loss, traffic: Region, extent: Extent): Obstacle {
  const { taken, family, position } = loss;
  const state = stateOf(extent, loss, traffic);
  const what =
    (position === 'behind' ? describeServed(traffic, family) : describeTraffic(traffic, family)) || 'everything';
  return {
    state,
    text: `${sentence(loss, what, traffic, extent)} (${taken.place}: ${taken.text})`,
    brief: `${taken.certain ? deeds[taken.fate](what) : `may take ${what} away`} ${position} the cluster rule${hangs(taken, traffic) && state === 'CRITICAL' ? ': TCP hangs' : ''}`,
    mend: position === 'before' ? mends[taken.fate] : 'let the VIP through there',
    disables: extent === 'all' && state === 'CRITICAL',
    // Lists of banned hosts differ from node to node: each bans whom it has met.
    alike: isPolicy(loss, extent)
      ? `${taken.fate} ${taken.certain && !(extent === 'hosts' && addressLists.test(taken.text)) ? exactly(traffic, family) : taken.text}`
      : null,
  };
}

/** Equal for equal traffic, less what is a node's own: words leave out what is too much to read. */
function exactly(traffic: Region, family: 4 | 6): string {
  const others = subtract(traffic, ownPorts(family));
  const spans = [1n, 6n, 17n].map((number) => {
    const part = protocol(others, number, family);
    return (['source', 'sport', 'dport', 'phase'] as const)
      .map((dimension) => project(part, dimension).map(({ low, high }) => `${low}-${high}`))
      .join(' ');
  });
  return spans.join(' / ');
}

/** Of what a firewall takes, what a cluster serves; the protocols beside TCP and UDP would hide it. */
export function describeServed(traffic: Region, family: 4 | 6): string {
  const whole =
    protocol(traffic, 1n, family).length > 0 &&
    protocol(traffic, 6n, family).length > 0 &&
    describeTraffic(traffic, family) === '';
  const parts = [6n, 17n].map((number) => describeTraffic(protocol(traffic, number, family), family));
  const served = parts.filter((_, i) => !isEmpty(protocol(traffic, i === 0 ? 6n : 17n, family)));
  return whole || served.length === 0 ? describeTraffic(traffic, family) : served.join(' and ');
}

/** What the rule does, as a verb and its object. */
const deeds: Readonly<Record<Fate, (what: string) => string>> = {
  accepted: (what) => `accepts ${what}`,
  dropped: (what) => `drops ${what}`,
  rejected: (what) => `rejects ${what}`,
  redirected: (what) => `redirects ${what}`,
  untracked: (what) => `takes ${what} out of connection tracking`,
  unknown: (what) => `may take ${what}`,
};

const reorder = 'put the cluster rule before it';
const mends: Readonly<Record<Fate, string>> = {
  accepted: reorder,
  dropped: `delete it, or ${reorder}`,
  rejected: `delete it, or ${reorder}`,
  redirected: 'exclude the VIP from it (! -d VIP)',
  untracked: 'exclude the VIP from it (! -d VIP)',
  unknown: `${reorder}, so that nothing can be taken`,
};

function sentence(
  { taken, shared, effects, family, position }: Loss,
  what: string,
  traffic: Region,
  extent: Extent,
): string {
  if (!taken.certain)
    return `may take ${what} away ${position} the cluster rule: which packets cannot be told from the rule`;
  const share = percent(sourceShare(traffic, family) / sourceShare(shared, family));
  const clients = extent === 'clients' || extent === 'hosts' ? ` (${share} of addresses)` : '';
  const effect = hangs(taken, traffic) ? 'TCP connects, then hangs' : effects[taken.fate];
  const aside = extent === 'aside' ? 'not shared by the cluster' : effect;
  return `${deeds[taken.fate](`${what}${clients}`)} ${position} the cluster rule: ${aside}`;
}

/** Later segments taken while the first one passes: the handshake succeeds and nothing after it. */
function hangs(taken: Taken, traffic: Region): boolean {
  const tcp = traffic.filter((box) => box.protocol.low <= 6n && 6n <= box.protocol.high);
  return taken.fate === 'accepted' && !isEmpty(tcp) && tcp.every((box) => box.phase.low === phase.later);
}

function stateOf(extent: Extent, { taken, position, family }: Loss, traffic: Region): State {
  if (extent === 'aside') return 'OK';
  if (!taken.certain) return 'UNKNOWN';
  if (extent === 'all' || extent === 'clients') return 'CRITICAL';
  const denies = taken.fate === 'dropped' || taken.fate === 'rejected';
  if (extent === 'hosts' && denies) return 'OK';
  if (extent === 'datagrams') return position === 'behind' && !denies ? 'CRITICAL' : 'WARNING';
  return extent === 'ports' && !denies && areServed(taken, protocol(traffic, 6n, family)) ? 'CRITICAL' : 'WARNING';
}

/** Whether ports that a rule lets through past the cluster's are such as a cluster serves: those of the Web, or most, or of the VIP by name. */
function areServed({ names }: Taken, traffic: Region): boolean {
  const ports = project(traffic, 'dport');
  const web = [80n, 443n].some((port) => ports.some(({ low, high }) => low <= port && port <= high));
  return !isEmpty(traffic) && (names || web || count(ports) > 32768n);
}

/** Conditions on lists of addresses, which a firewall keeps and no snapshot carries. */
const addressLists = /--match-set |-m recent |saddr(?: !=)? @/;

/** And on rates, counts and the form of packets: what a firewall takes for an attack, and no client of a cluster is. */
const limits =
  /-m (?:limit|hashlimit|connlimit|connbytes|length|ttl|hl|tcpmss|string|u32|bpf|ecn|dscp|tos|osf|geoip) |--tcp-option |limit |ct count|meter |quota |tcp option |(?:ip|ip6|meta|udp) (?:length|ttl|hoplimit|dscp|ecn|id) |ether saddr /;

/** Statements and targets that leave it to a program, or to the kernel's own means against floods, what becomes of a packet. */
const handedOver = /-j (?:NFQUEUE|QUEUE|SYNPROXY)\b|\b(?:queue|synproxy)\b/;

/**
 * To deny some ports or some clients is a firewall's work: no fault of the cluster when every node does the same. So is
 * a list of addresses that are denied, and whatever stands behind the cluster rule and may deny; but not what nobody
 * knows, nor the cluster's own DROP, which names the VIP and waits for what another rule has let through.
 */
function isPolicy({ taken, position }: Loss, extent: Extent): boolean {
  const denies = taken.fate === 'dropped' || taken.fate === 'rejected';
  if (extent === 'aside') return false;
  if (taken.fate === 'unknown') return position === 'behind' && handedOver.test(taken.text);
  if (!taken.certain && position === 'behind') return !(taken.doubted && taken.names);
  if (!taken.certain) return denies && (addressLists.test(taken.text) || limits.test(taken.text));
  return denies && extent !== 'all';
}

function extentOf(traffic: Region, shared: Region, family: 4 | 6): Extent {
  if (within(traffic, ownPorts(family))) return 'aside';
  const served = [6n, 17n].filter((number) => !isEmpty(protocol(shared, number, family)));
  const main = served[0];
  if (main === undefined) return within(shared, traffic) ? 'all' : 'ports';
  const touched = served.filter((number) => !isEmpty(protocol(traffic, number, family)));
  if (touched.length === 0) return 'aside';
  const other = touched[0] ?? main;
  if (other !== main)
    return within(protocol(shared, other, family), [...traffic, ...ownPorts(family)]) ? 'datagrams' : 'ports';
  const spans = allPortsOf(protocol(traffic, main, family), protocol(shared, main, family), family);
  if (spans === null) return areHosts(project(traffic, 'source')) ? 'hosts' : 'ports';
  if (within(protocol(shared, main, family), [...restrict(spans, family), ...ownPorts(family)])) return 'all';
  return areHosts(project(traffic, 'source')) ? 'hosts' : 'clients';
}

/** The clients whose packets are all taken, of the first kind or of the later kind, on every port; null when it is only some ports. */
function allPortsOf(traffic: Region, shared: Region, family: 4 | 6): Region | null {
  for (const one of [phase.later, phase.first]) {
    const part = traffic.filter((box) => box.phase.low <= one && one <= box.phase.high);
    const clients = restrict(part, family);
    const wanted = intersect(intersect(shared, clients), [{ ...allTraffic(family), phase: point(one) }]);
    if (!isEmpty(part) && within(wanted, [...part, ...ownPorts(family)])) return clients;
  }
  return null;
}

/** Everything that the clients of a region can send. */
function restrict(region: Region, family: 4 | 6): Region {
  return project(region, 'source').map((source) => ({ ...allTraffic(family), source }));
}

function protocol(region: Region, number: bigint, family: 4 | 6): Region {
  return intersect(region, [{ ...allTraffic(family), protocol: point(number) }]);
}

/** A share as a person reads it: `50 %`, `0.4 %`, `under 0.1 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return 'under 0.1 %';
  const rounded = value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
  return `${rounded} %`;
}
