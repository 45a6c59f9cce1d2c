import { expect } from 'vitest';
import type { Ask } from '../netns/ask.ts';
import type { Outcome } from '../uml/uml.ts';
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
  const { wrong } = await judge(ask, situation, outcome);
  if (situation.name in pending)
    expect(wrong, `${situation.name} is right now: strike it off pending.ts`).not.toEqual([]);
  else expect(wrong).toEqual([]);
}
