import { pingOf } from '../model/condition.ts';
import {
  arriving,
  type Carried,
  type Discovery,
  type Flow,
  leaving,
  type Mark,
  type Packets,
} from '../model/packet.ts';
import type { Program } from '../model/program.ts';
import { icmpv6, phase, type Traffic, tcp } from '../model/traffic.ts';
import { Walk } from './chain.ts';
import { chosenAgain, type Marked } from './marked.ts';
import { atStage, type Path, type Stage, stagesBack, stagesOf } from './path.ts';
import { merge } from './stream.ts';
import type { Trace } from './trace.ts';

/**
 * Sends a VIP's packets through every chain that packets for this host pass, in the kernel's order: hook, then
 * priority. An accept ends only one base chain; the next one sees those packets again.
 */
export function followPackets(program: Program, { space }: Packets, path: Path): Trace {
  return walkThrough(program, path, { ...arriving, connmark: program.setsConnmarks ? null : 0 }, space.all);
}

/** The same for segments of TCP connections that another node answers. */
export function followStrays(program: Program, { space }: Packets, path: Path): Trace {
  const later = space.only({ protocol: tcp, phase: phase.later });
  return walkThrough(program, path, { ...arriving, tracking: 'stray' }, later);
}

/**
 * The same for neighbour discovery, which comes in frames to this host alone. Connection tracking leaves it out
 * (nf_conntrack_proto_icmpv6.c).
 */
export function followDiscovery(program: Program, { space }: Packets, path: Path, discovery: Discovery): Trace {
  const traffic = space.only({ protocol: icmpv6, phase: phase.first });
  return walkThrough(program, path, { ...arriving, pkttype: 'host', discovery }, traffic);
}

/** Answers as they begin: the mark of their connections, and those whose requests connection tracking has not seen. */
export type Answers = { readonly connmark: Mark; readonly traffic: Traffic; readonly untracked: Traffic };

/** Answers as they come out of the hook behind which their route is chosen for good, and by which marks that is done. */
export type Routed = { readonly flows: readonly Flow[]; readonly marks: readonly Marked[] };

/**
 * The same for answers that leave by an interface. They begin with what the way in has saved with the connection, and no
 * mark.
 */
export function followAnswers(
  program: Program,
  path: Path,
  { connmark, traffic, untracked }: Answers,
): { readonly trace: Trace; readonly routed: Routed } {
  const walk = new Walk(traffic.space, null, 'reply');
  const answers = { ...program, bases: program.bases.filter(({ nat }) => !nat) };
  const begun: readonly Flow[] = [
    { carried: { ...leaving, connmark }, traffic: traffic.less(untracked) },
    { carried: { ...leaving, tracking: 'lone' }, traffic: traffic.and(untracked) },
  ];
  const [first, ...others] = stagesBack(path);
  let marks: readonly Marked[] = [{ mark: 0, traffic }];
  const choose = (before: readonly Flow[], after: readonly Flow[]) => {
    marks = chosenAgain(marks, before, after);
  };
  const routed = first === undefined ? begun : passStage(walk, answers, first, begun, choose);
  const flows = others.reduce((on, stage) => passStage(walk, answers, stage, on), routed);
  return { trace: walk.trace(flows), routed: { flows: routed, marks } };
}

/**
 * The same for answers whose requests connection tracking has not seen, or has seen in a zone that they are not in (`zoned`),
 * through nat: it takes them for connections that the host opens. A datagram begins one at once, TCP with what follows its
 * SYN+ACK (nf_conntrack_tcp_loose, 1 unless set otherwise); a SYN+ACK and an echo reply begin none (measured). `routed` as
 * by `followAnswers`; `program` is that of departures. What nat takes stands for all packets of its clients.
 */
export function followBegun(program: Program, path: Path, routed: readonly Flow[], zoned: Traffic): Trace {
  const { space } = zoned;
  const walk = new Walk(space, null);
  const nat = { ...program, bases: program.bases.filter((base) => base.nat) };
  const [first, segments] = [space.only({ phase: phase.first }), space.only({ protocol: tcp })];
  const later = space.only({ phase: phase.later });
  const ping = space.only({ protocol: pingOf(space) });
  const begun = routed
    .filter(({ carried: { tracking, zoned: known } }) => tracking === 'lone' || (tracking !== 'untracked' && !known))
    .map(({ carried, traffic }): Flow => {
      const unseen = carried.tracking === 'lone' ? traffic : traffic.and(zoned);
      const kept = unseen.and(segments).and(later).whatever('phase');
      const opening = kept.or(unseen.less(segments).less(ping)).and(first);
      return { carried: { ...carried, tracking: 'tracked' }, traffic: opening };
    });
  return walk.trace(stagesBack(path).reduce<readonly Flow[]>((on, stage) => passStage(walk, nat, stage, on), begun));
}

/** The same for what opens a connection of the host's own, and leaves by an interface. */
export function followDepartures(program: Program, path: Path, traffic: Traffic): Trace {
  const walk = new Walk(traffic.space, null);
  const begun: readonly Flow[] = [{ carried: { ...leaving, tracking: 'tracked' }, traffic }];
  return walk.trace(stagesBack(path).reduce((on, stage) => passStage(walk, program, stage, on), begun));
}

function walkThrough(program: Program, path: Path, carried: Carried, traffic: Traffic): Trace {
  const walk = new Walk(traffic.space, carried.discovery);
  const flows = stagesOf(path).reduce<readonly Flow[]>(
    (on, stage) => passStage(walk, program, stage, on),
    [{ carried, traffic }],
  );
  return walk.trace(flows);
}

/** `choose` is told what comes to a chain that reroutes, and what comes out of it. */
function passStage(
  walk: Walk,
  { bases }: Program,
  stage: Stage,
  on: readonly Flow[],
  choose?: (before: readonly Flow[], after: readonly Flow[]) => void,
): readonly Flow[] {
  walk.enter(stage);
  const chains = bases
    .flatMap((base) => atStage(base, stage, walk.space))
    // Among chains of the same hook and priority, the one registered last runs first (measured).
    .reverse()
    .sort((a, b) => a.priority - b.priority);
  return chains.reduce(
    (here, base) => {
      const passed = walk.pass(base, here);
      if (base.reroutes) choose?.(here, passed);
      return passed;
    },
    merge(on.map((flow) => arriveBy(flow, stage))),
  );
}

function arriveBy(flow: Flow, { ifname, bridge }: Stage): Flow {
  return { ...flow, carried: { ...flow.carried, ifname, bridge } };
}
