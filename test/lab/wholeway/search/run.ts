import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Measured, measureTwice } from './measure.ts';
import { planOf, setupOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { told } from './told.ts';

// Searches random clusters for what the plugin has wrong: COUNT of them (100) from seed FIRST on (1000). Disagreements are
// made minimal; their setups, snapshots and traffic go to FOLDER where it is given.
//   node tools/run.mjs test/lab/wholeway/search/run.ts [COUNT [FIRST [FOLDER]]]
const [count = 100, first = 1000] = process.argv.slice(2, 4).map(Number);
const folder = process.argv[4];
const batch = 30;

async function main(): Promise<void> {
  const tally = new Map<string, number>();
  const add = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
  for (let seed = first; seed < first + count; seed += batch) {
    const seeds = Array.from({ length: Math.min(batch, first + count - seed) }, (_, i) => seed + i);
    for (const one of await measureTwice(seeds.map(planOf))) {
      add(`${one.hurt.length > 0 ? 'hurt' : 'healthy'}: ${one.state}`);
      if (one.disagreement === null) continue;
      add(`disagreement: ${one.disagreement}`);
      const small = await shrink(one);
      console.log(told(one.plan.name, small));
      if (folder !== undefined) save(folder, one.plan.name, small);
    }
  }
  for (const [what, number] of [...tally].sort()) console.log(`${number} ${what}`);
}

function save(to: string, name: string, { plan, outcome }: Measured): void {
  const place = path.join(to, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(path.join(place, 'setup.sh'), `${setupOf(plan).setup}\n`);
  for (const [node, snapshot] of Object.entries(outcome.snapshots))
    writeFileSync(path.join(place, `${node}.txt`), snapshot);
  const lines = outcome.traffic.map(
    ({ protocol, source, port, answers }) => `${protocol} ${source} ${port} ${answers}\n`,
  );
  writeFileSync(path.join(place, 'traffic'), lines.join(''));
}

main();
