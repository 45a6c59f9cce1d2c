import { describe, expect, test } from 'vitest';
import { inside } from '../lab/netns/ask.ts';
import { hold } from '../lab/wholeway/hold.ts';
import { pending } from '../lab/wholeway/pending.ts';
import { readSituation } from '../lab/wholeway/recordings.ts';
import { situations } from '../lab/wholeway/situations.ts';

describe('the whole way of a packet, replayed: verdict and clients agree with the traffic', () => {
  test.each(situations.map((situation) => [situation.name, situation] as const))('%s', async (name, situation) => {
    const recording = readSituation(situation);
    if (recording === null) throw new Error(`${name} is not recorded`);
    await hold(situation, recording, inside);
  });

  test('what is pending is a situation', () => {
    const names = situations.map(({ name }) => name);
    expect(Object.keys(pending).filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
