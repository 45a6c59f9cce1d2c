import { existsSync } from 'node:fs';
import { leavings } from './leaving.ts';
import { measureLeavings, unlikeSeen, writeLeavings } from './leaving_lab.ts';
import { recordings } from './recordings.ts';
import { situations } from './situations.ts';
import { measureSituations } from './stage.ts';
import { unlikeTraffic } from './traffic.ts';

// Records every situation into test/fixtures/wholeway/, or those whose names have one of some words:
//   node tools/run.mjs test/lab/wholeway/record.ts [WORD]...
// What leaves a node by itself (`leaving`) goes to test/fixtures/leaving/.
// What fares otherwise than is laid down is made again, at most twice, and is not recorded while it does.
const words = process.argv.slice(2);
const wanted = situations.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));

async function main(): Promise<void> {
  const outcomes = await measureSituations(wanted);
  const pairs = wanted.flatMap((situation) => {
    const outcome = outcomes.get(situation.name);
    return outcome === undefined ? [] : [[situation, outcome] as const];
  });
  for (const log of new Set(pairs.map(([, { log = '' }]) => log)))
    process.stdout.write(log.replace(/^\d+\.\d+ [a-z0-9-]+\n/gm, ''));
  const right = pairs.filter((pair) => unlikeTraffic(...pair).length === 0);
  const taken = right.map(([{ name }, outcome]) => ({ name, outcome }));
  if (words.length === 0 || !existsSync('test/fixtures/wholeway/sections')) recordings.write(taken);
  else recordings.add(taken);
  for (const pair of pairs) for (const line of unlikeTraffic(...pair)) console.log(`${pair[0].name}: ${line}`);
  const leaving = words.length === 0 || words.includes('leaving') ? await measureLeavings() : null;
  if (leaving !== null) writeLeavings(leaving);
  for (const one of leaving === null ? [] : leavings)
    for (const line of unlikeSeen(one, leaving?.get(one.name) ?? { snapshots: {}, traffic: [] }))
      console.log(`${one.name}: ${line}`);
  console.log(
    `${right.length} of ${wanted.length} situations and ${leaving?.size ?? 0} of what leaves a node recorded`,
  );
  process.exitCode = right.length === wanted.length ? 0 : 1;
}
main();
