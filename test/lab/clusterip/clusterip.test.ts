import { beforeAll, describe, test } from 'vitest';
import { type Outcome, runScenarios, whyNoKernel } from '../uml/uml.ts';
import { expectOutcome } from './expect_outcome.ts';
import { scenarios } from './scenarios.ts';

const why = whyNoKernel();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required')
  throw new Error(`the CLUSTERIP lab cannot run: ${why}`);

describe.skipIf(why !== null)(
  `CLUSTERIP on a real kernel, with real packets${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let outcomes: ReadonlyMap<string, Outcome> = new Map();
    beforeAll(async () => {
      outcomes = await runScenarios(scenarios);
    }, 2_700_000);

    test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
      const outcome = outcomes.get(name);
      if (outcome === undefined) throw new Error('the kernel gave no result');
      expectOutcome(scenario, outcome);
    });
  },
);
