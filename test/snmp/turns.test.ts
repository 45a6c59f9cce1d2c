import { expect, test } from 'vitest';
import { inTurns } from '../../src/snmp/index.ts';

test('every item is done once, in order, and never more than so many at a time', async () => {
  let running = 0;
  let most = 0;
  const done = await inTurns([...Array(50).keys()], 20, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, item % 3));
    running -= 1;
    return item * 2;
  });
  expect(done).toEqual([...Array(50).keys()].map((item) => item * 2));
  expect(most).toBe(20);
});
