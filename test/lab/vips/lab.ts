import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runScenarios, sources, sources6 } from '../netns/netns.ts';
import type { Outcome } from '../uml/uml.ts';
import { sources as guestSources, runScenarios as runInGuest } from '../uml/uml.ts';
import type { SeveralSituation } from './situations.ts';

/** What real clients of each VIP got, and what the nodes said meanwhile. */
export type Several = {
  readonly snapshots: Outcome['snapshots'];
  readonly traffic: ReadonlyMap<string, Outcome['traffic']>;
};

const words = path.resolve('test/lab/vips/words.sh');

/** Sets each situation up once for each of its VIPs, in namespaces of the running kernel. */
export async function runSituations(situations: readonly SeveralSituation[]): Promise<ReadonlyMap<string, Several>> {
  const outcomes = await runScenarios(
    situations.flatMap((one) => scenariosOf(one, '')),
    4,
    {
      words,
      sources: { sources, sources6 },
    },
  );
  return byName(situations, outcomes);
}

/** The same on the kernel that has CLUSTERIP, in User-Mode Linux. */
export async function runOnClusterip(situation: SeveralSituation): Promise<Several> {
  const scenarios = scenariosOf(situation, `${readFileSync(words, 'utf8')}\n`);
  const outcomes = await runInGuest(scenarios, 1, { sources: { sources: guestSources } });
  const several = byName([situation], outcomes).get(situation.name);
  if (several === undefined) throw new Error(`no result of ${situation.name}`);
  return several;
}

function scenariosOf({ name, setup, vips }: SeveralSituation, before: string) {
  return vips.map(({ vip }) => ({ name: nameOf(name, vip), setup: `${before}${setup}; VIP=${vip}` }));
}

function nameOf(name: string, vip: string): string {
  return `${name}--${vip.replaceAll(':', '_')}`;
}

function byName(
  situations: readonly SeveralSituation[],
  outcomes: ReadonlyMap<string, Outcome>,
): ReadonlyMap<string, Several> {
  const of = (name: string, vip: string) => {
    const outcome = outcomes.get(nameOf(name, vip));
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
