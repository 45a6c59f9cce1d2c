import { ownPackets, parseIp, readAddresses, readRouting, routeFor } from '../address/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { programOf } from './combined.ts';
import { leavingOf } from './judge/leaving.ts';
import type { Packets } from './model/packet.ts';
import type { Program } from './model/program.ts';
import type { Leaving } from './model/rule.ts';
import type { Traffic } from './model/traffic.ts';
import type { Rulesets } from './rulesets.ts';
import { type Path, pathTo } from './walk/path.ts';
import type { Trace } from './walk/trace.ts';
import { followAnswers, followBegun } from './walk/walk.ts';

/** Sends the answers to what was delivered through the chains that they pass; a text where the snapshot does not have them. */
export function leavingFrom(
  rulesets: Rulesets,
  snapshot: Snapshot,
  packets: Packets,
  path: Path,
  { delivered }: Trace,
): Leaving | string {
  // Older scripts leave these chains out.
  if (snapshot.host.parts < 2) return 'the rules for what leaves: not in the snapshot';
  const { space } = packets;
  const vip = parseIp(packets.vip)?.value ?? 0n;
  const program = programOf({ ...rulesets, clusterip: null }, packets);
  const saved = delivered.map(({ carried }) => carried.connmark);
  const [first = null] = saved;
  const connmark = !program.setsConnmarks ? 0 : saved.every((one) => one === first) ? first : null;
  const exempt = delivered.filter(({ carried }) => carried.tracking === 'untracked' && carried.discovery === null);
  const untracked = space.union(exempt.map((flow) => flow.traffic));
  const zoned = space.union(delivered.filter(({ carried }) => carried.zoned).map(({ traffic }) => traffic));
  const nat = untracked.isEmpty && zoned.isEmpty ? null : sourceNat(rulesets, packets);
  if (program.bases.length === 0 && nat === null)
    return { denials: [], renamings: [], marks: [{ mark: 0, traffic: space.all }] };
  const links = readAddresses(snapshot).links ?? [];
  const departures = [...waysOut(snapshot, packets, path.ifname)].map(([ifname, traffic]) => {
    const way = ifname === path.ifname ? path : pathTo(links, ifname);
    const { trace, routed } = followAnswers(program, way, { connmark, traffic, untracked });
    return { trace, routed, begun: nat === null ? null : followBegun(nat, way, routed.flows, zoned) };
  });
  return leavingOf(departures, vip, space);
}

/** What a host's own connections pass, where any of its rules gives them another source; null where none does. */
function sourceNat(rulesets: Rulesets, packets: Packets): Program | null {
  const program = programOf({ ...rulesets, clusterip: null }, { ...packets, direction: 'departures' });
  return program.chains.some(({ rules }) => rules.some(({ rewrites }) => rewrites !== undefined)) ? program : null;
}

/** The interface that answers leave by: the VIP's own, unless their route says otherwise. */
function waysOut(snapshot: Snapshot, { vip, space }: Packets, own: string | null): ReadonlyMap<string | null, Traffic> {
  const [routing, from] = [readRouting(snapshot, space.family), parseIp(vip)];
  const ways = new Map<string | null, Traffic>();
  let others = space.none;
  for (const { block, cases } of typeof routing === 'string' ? [] : routeFor(routing, ownPackets(from))) {
    const lead = cases.at(-1)?.lead;
    const ifname = lead?.kind === 'sent' ? (lead.route.hops[0]?.dev ?? own) : own;
    if (ifname === own) continue;
    const clients = space.only({ source: { low: block.low, high: block.high } });
    ways.set(ifname, (ways.get(ifname) ?? space.none).or(clients));
    others = others.or(clients);
  }
  return ways.set(own, others.others);
}
