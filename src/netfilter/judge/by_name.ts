import type { Selection } from '../model/condition.ts';
import { type Carried, typical } from '../model/packet.ts';
import type { BaseChain, Case, Chain, ChainRule, Part, Program } from '../model/program.ts';
import { mainTraffic, type Traffic, type TrafficSpace } from '../model/traffic.ts';
import { atStage, type Path, stagesOf } from '../walk/path.ts';
import { withoutOwn } from './extent.ts';

/**
 * Whether rules that name the VIP drop every packet of clients to it, as those of a node that holds no bucket do. Their own
 * conditions alone are looked at, whichever rules take packets before; and packets that connection tracking knows: before it
 * has seen them (raw), `ct state invalid` is met by all of them, and yet nobody means the address by it.
 */
export function dropsByName({ bases }: Program, space: TrafficSpace, path: Path): boolean {
  const dropped = stagesOf(path).flatMap((stage) => {
    const carried = { ...typical(stage.ifname), bridge: stage.bridge };
    const chains = bases.flatMap((base) => atStage(base, stage, space)).flatMap(chainsOf);
    const rules = new Set(chains.flatMap((chain) => chain.rules.filter(({ names }) => names)));
    return [...rules].map((rule) => droppedOf(rule, carried, space));
  });
  return withoutOwn(mainTraffic(space)).within(space.union(dropped));
}

/** A base chain and those that its rules lead to. */
function chainsOf({ chain, table }: BaseChain): readonly Chain[] {
  const found = new Set([chain]);
  for (const { rules } of found) {
    for (const verdict of rules.flatMap(({ parts }) => parts.flatMap(verdictsOf))) {
      const next = verdict.kind === 'jump' || verdict.kind === 'goto' ? table.get(verdict.chain) : undefined;
      if (next !== undefined) found.add(next);
    }
  }
  return [...found];
}

function verdictsOf(part: Part): readonly Case['verdict'][] {
  if (part.kind === 'choose') return part.cases.map(({ verdict }) => verdict);
  return part.kind === 'end' ? [part.verdict] : [];
}

/** What a rule drops of packets like this one, as far as that is certain. */
function droppedOf({ parts }: ChainRule, carried: Carried, space: TrafficSpace): Traffic {
  const certain = ({ traffic, doubt }: Selection) => (doubt === null ? traffic : space.none);
  let [inside, dropped] = [space.all, space.none];
  for (const part of parts) {
    if (part.kind === 'when') inside = inside.and(certain(part.read(carried)));
    else if (part.kind === 'choose') {
      let on = space.none;
      for (const { read, verdict } of part.cases) {
        const selection = read(carried);
        const met = inside.and(certain(selection));
        if (verdict.kind === 'drop') dropped = dropped.or(met);
        if (verdict.kind === 'continue') on = on.or(met);
        inside = inside.less(selection.traffic);
      }
      inside = on;
    } else if (part.kind === 'end') return part.verdict.kind === 'drop' ? dropped.or(inside) : dropped;
    else if (part.kind === 'cluster' || part.kind === 'puzzle') return dropped;
  }
  return dropped;
}
