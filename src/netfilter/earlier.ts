import type { State } from '../plugin/index.ts';
import { describeTraffic, sourceShare } from './describe.ts';
import type { Fate, Taken } from './path.ts';
import type { Obstacle } from './rule.ts';
import { allTraffic, count, intersect, isEmpty, phase, point, project, type Region, within } from './traffic.ts';

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
  /** Some ports, or UDP alone. */
  | 'ports'
  /** Ping and the like, or what a host's own administration needs: nothing that a cluster serves. */
  | 'aside';

/**
 * Ports of a node's own administration. A rule for them before the cluster's rule is in nearly every firewall and
 * does not touch what the cluster serves: ssh, and DHCP's answers to the node itself.
 */
const ownPorts: Region = [
  { ...allTraffic(), protocol: point(6n), dport: point(22n) },
  { ...allTraffic(), protocol: point(17n), dport: { low: 67n, high: 68n } },
  // Answers to connections that the node itself opened come from the well-known ports; clients do not.
  { ...allTraffic(), sport: { low: 0n, high: 1023n } },
];

/** As many single addresses as a person writes one by one; more are a network. */
const fewHosts = 16n;

/**
 * Judges what an earlier rule takes of the traffic that a cluster rule shares; null when it takes nothing of it.
 * `family` is only needed for the share of addresses.
 */
export function judgeEarlier(taken: Taken, shared: Region, effects: Effects): Obstacle | null {
  const traffic = intersect(taken.traffic, shared);
  if (isEmpty(traffic)) return null;
  const extent = extentOf(traffic, shared);
  const state = stateOf(extent, taken);
  const what = describeTraffic(traffic) || 'everything';
  return {
    state,
    text: `${sentence(taken, what, effects, traffic, shared, extent)} (${taken.place}: ${taken.text})`,
    brief: `${deeds[taken.fate](what)} before the cluster rule${hangs(taken, traffic) && state === 'CRITICAL' ? ': TCP hangs' : ''}`,
    mend: mends[taken.fate],
    disables: extent === 'all' && state === 'CRITICAL',
    alike: isPolicy(taken, extent) ? `${taken.fate} ${what}` : null,
  };
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
  taken: Taken,
  what: string,
  effects: Effects,
  traffic: Region,
  shared: Region,
  extent: Extent,
): string {
  if (!taken.certain)
    return `may take ${what} away before the cluster rule: which packets cannot be told from the rule`;
  const clients =
    extent === 'clients' || extent === 'hosts'
      ? ` (${percent(sourceShare(traffic) / sourceShare(shared))} of addresses)`
      : '';
  const effect = hangs(taken, traffic) ? 'TCP connects, then hangs' : effects[taken.fate];
  const aside = extent === 'aside' ? 'not shared by the cluster' : effect;
  return `${deeds[taken.fate](`${what}${clients}`)} before the cluster rule: ${aside}`;
}

/** Later segments taken while the first one passes: the handshake succeeds and nothing after it. */
function hangs(taken: Taken, traffic: Region): boolean {
  const tcp = protocol(traffic, 6n);
  return taken.fate === 'accepted' && !isEmpty(tcp) && tcp.every((box) => box.phase.low === phase.later);
}

function stateOf(extent: Extent, taken: Taken): State {
  if (extent === 'aside') return 'OK';
  if (!taken.certain) return 'UNKNOWN';
  if (extent === 'all' || extent === 'clients') return 'CRITICAL';
  const denies = taken.fate === 'dropped' || taken.fate === 'rejected';
  return extent === 'hosts' && denies ? 'OK' : 'WARNING';
}

/** To deny some ports or some clients is a firewall's work: no fault of the cluster when every node does the same. */
function isPolicy(taken: Taken, extent: Extent): boolean {
  return (
    taken.certain && (taken.fate === 'dropped' || taken.fate === 'rejected') && extent !== 'all' && extent !== 'aside'
  );
}

function extentOf(traffic: Region, shared: Region): Extent {
  if (within(traffic, ownPorts)) return 'aside';
  const served = [6n, 17n].filter((number) => !isEmpty(protocol(shared, number)));
  const main = served[0];
  if (main === undefined) return within(shared, traffic) ? 'all' : 'ports';
  const touched = served.filter((number) => !isEmpty(protocol(traffic, number)));
  if (touched.length === 0) return 'aside';
  if (!touched.includes(main)) return 'ports';
  const spans = allPortsOf(protocol(traffic, main), protocol(shared, main));
  if (spans === null) return 'ports';
  if (within(protocol(shared, main), restrict(spans))) return 'all';
  return count(project(traffic, 'source')) <= fewHosts ? 'hosts' : 'clients';
}

/** The clients whose packets are all taken, of the first kind or of the later kind, on every port; null when it is only some ports. */
function allPortsOf(traffic: Region, shared: Region): Region | null {
  for (const one of [phase.later, phase.first]) {
    const part = traffic.filter((box) => box.phase.low <= one && one <= box.phase.high);
    const clients = restrict(part);
    const wanted = intersect(intersect(shared, clients), [{ ...allTraffic(), phase: point(one) }]);
    if (!isEmpty(part) && within(wanted, part)) return clients;
  }
  return null;
}

/** Everything that the clients of a region can send. */
function restrict(region: Region): Region {
  return project(region, 'source').map((source) => ({ ...allTraffic(), source }));
}

function protocol(region: Region, number: bigint): Region {
  return intersect(region, [{ ...allTraffic(), protocol: point(number) }]);
}

/** A share as a person reads it: `50 %`, `0.4 %`, `under 0.1 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return 'under 0.1 %';
  const rounded = value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
  return `${rounded} %`;
}
