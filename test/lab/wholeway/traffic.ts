import { fate } from '../netns/traffic.ts';
import type { Outcome } from '../uml/uml.ts';
import { clientsOf } from './clients.ts';
import { type Between, protocols, type Situation } from './situation.ts';

/** How the clients of a situation fared otherwise than is laid down, a line a protocol, with what the first of them got. */
export function unlikeTraffic(situation: Situation, { traffic }: Outcome): readonly string[] {
  return protocols.flatMap((protocol) => {
    const probes = traffic.filter((probe) => probe.protocol === protocol);
    if (probes.length !== clientsOf(situation).length) return [`${protocol}: ${probes.length} clients`];
    return (['lost', 'doubled'] as const).flatMap((kind) => {
      const share = probes.filter((probe) => fate(probe) === kind).length / probes.length;
      const [low, high]: Between = situation.fares[protocol][kind];
      if (low <= share && share <= high) return [];
      const one = JSON.stringify(probes.find((probe) => fate(probe) === kind) ?? probes[0]);
      return [`${protocol}: ${share} ${kind}, ${low} to ${high} is right; the first is ${one}`];
    });
  });
}
