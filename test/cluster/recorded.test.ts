import { describe, test } from 'vitest';
import { expectOutcome } from '../lab/clusterip/expect_outcome.ts';
import { scenarios } from '../lab/clusterip/scenarios.ts';
import { readOutcome } from '../lab/uml/uml.ts';

describe('what a real CLUSTERIP kernel gave, replayed: verdict and traffic agree', () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
    expectOutcome(scenario, readOutcome(`test/fixtures/clusterip/${name}`));
  });
});
