import path from 'node:path';
import { runScenarios, sources, sources6 } from '../netns/netns.ts';
import type { Outcome } from '../uml/uml.ts';
import type { SeveralSituation } from './situations.ts';

/** What real clients of each VIP got, and what the nodes said meanwhile. */
export type Several = {
  readonly snapshots: Outcome['snapshots'];
  readonly traffic: ReadonlyMap<string, Outcome['traffic']>;
};

/** Sets each situation up once for each of its VIPs, in namespaces of the running kernel. */
export async function runSituations(situations: readonly SeveralSituation[]): Promise<ReadonlyMap<string, Several>> {
  const runs = situations.flatMap(({ name, setup, vips }) =>
    vips.map(({ vip }) => ({ name: `${name}--${vip.replaceAll(':', '_')}`, setup: `${setup}; VIP=${vip}` })),
  );
  const words = path.resolve('test/lab/vips/words.sh');
  const outcomes = await runScenarios(runs, 4, { words, sources: { sources, sources6 } });
  const of = (name: string, vip: string) => {
    const outcome = outcomes.get(`${name}--${vip.replaceAll(':', '_')}`);
    if (outcome === undefined) throw new Error(`no result of ${name} for ${vip}`);
    return outcome;
  };
  return new Map(
    situations.map(({ name, vips }) => [
      name,
      {
        snapshots: of(name, vips[0]?.vip ?? '').snapshots,
        traffic: new Map(vips.map(({ vip }) => [vip, of(name, vip).traffic])),
      },
    ]),
  );
}
