import { beforeAll, describe, test } from 'vitest';
import type { Outcome } from '../uml/uml.ts';
import { built } from './ask.ts';
import { expectOutcome } from './expect_outcome.ts';
import { runScenarios, whyNoNamespaces } from './netns.ts';
import { scenarios } from './scenarios.ts';

const why = whyNoNamespaces();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required')
  throw new Error(`the lab of xt_cluster and nftables cannot run: ${why}`);

describe.skipIf(why !== null)(
  `xt_cluster and nftables on the running kernel, with real packets${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let outcomes: ReadonlyMap<string, Outcome> = new Map();
    beforeAll(async () => {
      outcomes = await runScenarios(scenarios, 6);
    }, 2_700_000);

    test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
      const outcome = outcomes.get(name);
      if (outcome === undefined) throw new Error('the namespaces gave no result');
      await expectOutcome(scenario, outcome, built);
    });
  },
);
