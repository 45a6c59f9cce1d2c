import { beforeAll, describe, expect, test } from 'vitest';
import { whyNoNamespaces } from '../../netns/netns.ts';
import { type Measured, measureTwice } from './measure.ts';
import { pendingSeeds } from './pending_seeds.ts';
import { planOf } from './plan.ts';
import { told } from './told.ts';

const seeds = Array.from({ length: 60 }, (_, i) => i + 1);
const why = whyNoNamespaces();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required')
  throw new Error(`the search of the whole way cannot run: ${why}`);

describe.skipIf(why !== null)(
  `random clusters, each with conversations of 64 clients${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let measured: readonly Measured[] = [];
    beforeAll(async () => {
      measured = await measureTwice(seeds.map(planOf), 4);
    }, 2_700_000);

    test.each(seeds)('the verdict on the cluster of seed %i is what its clients say', (seed) => {
      const one = measured.find(({ plan }) => plan.name === `seed-${seed}`);
      if (one === undefined) throw new Error('the lab gave no result');
      if (seed in pendingSeeds) expect(one.disagreement, `seed ${seed} is right now: strike it off`).not.toBeNull();
      else expect(one.disagreement, told(one.plan.name, one)).toBeNull();
    });
  },
);
