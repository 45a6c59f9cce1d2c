import { beforeAll, describe, test } from 'vitest';
import { built } from '../netns/ask.ts';
import { whyNoNamespaces } from '../netns/netns.ts';
import { type Outcome, whyNoKernel } from '../uml/uml.ts';
import { hold, holdLeaving } from './hold.ts';
import { leavings } from './leaving.ts';
import { measureLeavings } from './leaving_lab.ts';
import { situations } from './situations.ts';
import { measureSituations } from './stage.ts';

const why = whyNoNamespaces() ?? whyNoKernel();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required')
  throw new Error(`the lab of the whole way cannot run: ${why}`);

describe.skipIf(why !== null)(
  `the whole way of a packet, with a router and real clients${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let outcomes: ReadonlyMap<string, Outcome> = new Map();
    beforeAll(async () => {
      outcomes = new Map([...(await measureSituations(situations)), ...(await measureLeavings())]);
    }, 2_700_000);

    test.each(leavings.map((leaving) => [leaving.name, leaving] as const))('%s', async (name, leaving) => {
      const outcome = outcomes.get(name);
      if (outcome === undefined) throw new Error('the lab gave no result');
      await holdLeaving(leaving, outcome);
    });

    test.each(situations.map((situation) => [situation.name, situation] as const))('%s', async (name, situation) => {
      const outcome = outcomes.get(name);
      if (outcome === undefined) throw new Error('the lab gave no result');
      try {
        await hold(situation, outcome, built);
      } catch {
        // A busy machine loses a client's packet now and then. That does not come twice; what is wrong does.
        const again = await measureSituations([situation], 1, 1);
        await hold(situation, again.get(name) ?? outcome, built);
      }
    });
  },
);
