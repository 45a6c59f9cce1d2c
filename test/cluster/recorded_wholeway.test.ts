import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { inside } from '../lab/netns/ask.ts';
import { hold, holdLeaving } from '../lab/wholeway/hold.ts';
import { leavings } from '../lab/wholeway/leaving.ts';
import { readLeaving } from '../lab/wholeway/leaving_lab.ts';
import { pending } from '../lab/wholeway/pending.ts';
import { readSituation } from '../lab/wholeway/recordings.ts';
import { saved, savedAs } from '../lab/wholeway/saved.ts';
import { situations } from '../lab/wholeway/situations.ts';
import { withWholeWay } from '../lab/wholeway/table.ts';
import { verdictOf } from '../lab/wholeway/verdict.ts';

describe('the whole way of a packet, replayed: verdict and clients agree with the traffic', () => {
  test.each(situations.map((situation) => [situation.name, situation] as const))('%s', async (name, situation) => {
    const recording = readSituation(situation);
    if (recording === null) throw new Error(`${name} is not recorded`);
    await hold(situation, recording, inside);
  });

  const some = situations.filter(({ name }) =>
    [
      '1-arp-rule-on-both-nodes-iptables-nft',
      '1-neighbour-discovery-accepted-first-nothing-skipped-iptables-nft-ipv6',
      '4-web-sent-past-the-rules-on-both-nodes-by-return-nftables',
    ].includes(name),
  );
  test.each(some.flatMap((situation) => saved.map((one) => [`${situation.name} ${one.way}`, situation, one] as const)))(
    '%s',
    async (name, situation, one) => {
      const recording = readSituation(situation);
      if (recording === null) throw new Error(`${situation.name} is not recorded`);
      const said = await verdictOf(inside, situation, recording.snapshots);
      const again = await verdictOf(inside, situation, savedAs(one, recording));
      const alike = isDeepStrictEqual(again, said);
      if (name in pending) expect(alike, `${name} is right now: strike it off pending.ts`).toBe(false);
      else expect(again).toEqual(said);
    },
  );

  test.each(leavings.map((leaving) => [leaving.name, leaving] as const))('%s', async (_, leaving) => {
    await holdLeaving(leaving, readLeaving(leaving));
  });

  test('the tables in the document say the same', () => {
    const text = readFileSync('docs/evidence.md', 'utf8');
    expect(text === withWholeWay(text), 'run node tools/run.mjs test/lab/wholeway/write_table.ts').toBe(true);
  });

  test('what is pending is a situation', () => {
    const names = situations.map(({ name }) => name);
    const known = [
      ...names,
      ...leavings.map(({ name }) => name),
      ...some.flatMap(({ name }) => saved.map(({ way }) => `${name} ${way}`)),
    ];
    expect(Object.keys(pending).filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
