import { expect } from 'vitest';
import type { Ask } from '../netns/ask.ts';
import { expectWholeRepairs } from '../repairs.ts';
import type { Outcome } from '../uml/uml.ts';
import type { Leaving } from './leaving.ts';
import { unlikeSaid, unlikeSeen } from './leaving_lab.ts';
import { pending } from './pending.ts';
import type { Situation } from './situation.ts';
import { unlikeTraffic } from './traffic.ts';
import { judge } from './verdict.ts';

/**
 * Holds against each other what a situation lays down, what its clients saw, and what the plugin says of its snapshots. Of
 * what is pending the plugin must have something wrong: else it is to be struck off the list.
 */
export async function hold(situation: Situation, outcome: Outcome, ask: Ask): Promise<void> {
  expect(unlikeTraffic(situation, outcome), outcome.log).toEqual([]);
  const { said, wrong } = await judge(ask, situation, outcome);
  if (said !== null) expectWholeRepairs(said.findings);
  expectWrong(situation.name, wrong);
}

/** The same for what leaves a node, and check_source_address. */
export async function holdLeaving(leaving: Leaving, outcome: Outcome): Promise<void> {
  expect(unlikeSeen(leaving, outcome), outcome.log).toEqual([]);
  expectWrong(leaving.name, await unlikeSaid(leaving, outcome));
}

function expectWrong(name: string, wrong: readonly string[]): void {
  if (name in pending) expect(wrong, `${name} is right now: strike it off pending.ts`).not.toEqual([]);
  else expect(wrong).toEqual([]);
}
