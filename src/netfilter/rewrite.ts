import { parseIp, readAddresses } from '../address/index.ts';
import { type Snapshot, section } from '../snapshot/index.ts';
import { programOf } from './combined.ts';
import type { Packets } from './model/packet.ts';
import type { Rewriting } from './model/program.ts';
import { mainTraffic, phase, TrafficSpace } from './model/traffic.ts';
import { savedRulesets, sectionsOf } from './rulesets.ts';
import { pathTo } from './walk/path.ts';
import { followDepartures } from './walk/walk.ts';

/** A packet that opens a connection of a host's own, as its route makes it. */
export type Departure = { readonly source: string; readonly target: string; readonly ifname: string | null };

/** A rule that gives outgoing packets another source. */
export type Rewrite = {
  readonly to: Rewriting;
  readonly place: string;
  readonly text: string;
  /** False where it does not show which packets it is for. */
  readonly certain: boolean;
};

/** What NAT turns the source of a host's own packets to a target into. */
export type Rewrites = {
  readonly rules: readonly Rewrite[];
  /** True where some of TCP or UDP keep the source of their route. */
  readonly keeps: boolean;
};

/** Sends what a host opens itself through its chains; a text where the snapshot does not have them. */
export function rewritesOf(snapshot: Snapshot, { source, target, ifname }: Departure): Rewrites | string {
  const [from, to] = [parseIp(source), parseIp(target)];
  if (from === null || to === null || from.family !== to.family) return 'no addresses of one family';
  const names = sectionsOf(from.family);
  const parts = ([names.legacy, names.modern, 'nft'] as const).map((name) => section(snapshot, name));
  if (snapshot.host.parts < 2 || parts.every((part) => part === undefined)) return 'its rules are not in the snapshot';
  const unread = parts.find((part) => part !== undefined && part.status !== 'read' && part.status !== 'missing');
  if (unread !== undefined) {
    const allow =
      unread.needs === null ? '' : `. Allow it in sudoers: ${snapshot.host.user} ALL=(root) NOPASSWD: ${unread.needs}`;
    return `${unread.command || unread.name}: ${unread.errors.at(-1) ?? 'not read'}${allow}`;
  }
  const space = new TrafficSpace(from.family);
  const packets: Packets = { vip: source, direction: 'departures', mac: null, space, origin: space.nextOrigin() };
  const program = programOf({ ...savedRulesets(snapshot, from.family), clusterip: null }, packets);
  const opened = space.only({ source: to.value, phase: phase.first }).and(mainTraffic(space));
  const links = readAddresses(snapshot).links ?? [];
  const { taken, takenBehind, delivered } = followDepartures(program, pathTo(links, ifname), opened);
  const rules = [...taken, ...takenBehind].flatMap(({ place, rule: { text, rewrites }, certain, traffic }) =>
    rewrites === undefined || traffic.isEmpty ? [] : [{ to: rewrites, place, text, certain }],
  );
  return { rules, keeps: delivered.some(({ traffic }) => traffic.meets(opened)) };
}
