import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../tools/bundle.ts';
import { runPlugin } from '../run_plugin.ts';
import { whyNotHealthy } from './brute_force.ts';
import { changed, falseOks, recordedClusterip, verdict, vip } from './cluster.ts';
import { mutate, truncate } from './mutate.ts';
import { random } from './random.ts';
import { firstSeed, roundsOf } from './rounds.ts';

// Breaks what a real kernel gave, many times over. RACKWATCH_FUZZ_SEED=N begins elsewhere; the message of a failure
// names the seed that repeats it alone.

const rounds = roundsOf(20_000);
const built = roundsOf(200);

const situations = recordedClusterip();
// A change can only make a false OK where there was a true one: those are broken most.
const healthy = situations.filter(({ snapshots }) => verdict(snapshots).state === 'OK');

test('what is broken is there', () => {
  expect(situations.length).toBeGreaterThan(40);
  expect(healthy.length).toBeGreaterThan(8);
});

test('a snapshot cut at any byte before its last newline is never OK, whatever the others hold', {
  timeout: 900_000,
}, () => {
  const takeover = situations.find(({ name }) => name === 'takeover');
  const texts = takeover?.snapshots ?? [];
  expect(verdict(texts).state).toBe('OK');
  for (const [node, text] of texts.entries()) {
    for (let at = 0; at < text.length - 1; at++) {
      const { state, text: said } = verdict(texts.map((whole, i) => (i === node ? whole.slice(0, at) : whole)));
      if (state === 'OK') throw new Error(`n${node + 1} cut at byte ${at}: ${said}`);
    }
  }
});

test(`${rounds} changes: one answer each, and OK only where brute force agrees`, { timeout: 900_000 }, () => {
  const { found, outcomes } = falseOks({
    rounds,
    firstSeed,
    pick: (chance) => chance.pick(chance.below(4) === 0 ? situations : healthy, { name: '', snapshots: [] }),
    oneCutIn: 8,
    whyNot: (snapshots) => whyNotHealthy(snapshots, vip),
  });
  expect(found).toEqual([]);
  // The generator reaches every verdict, and enough of them where a false OK could be.
  if (rounds >= 1000) for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(rounds / 100);
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-fuzz-'));
  bundle('plugins/check_cluster_buckets.ts', path.join(folder, 'check_cluster_buckets'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test(`the built plugin says the same of ${built} of them, with the exit code of what it says`, {
  timeout: 900_000,
}, async () => {
  for (let seed = firstSeed; seed < firstSeed + built; seed++) {
    const chance = random(seed);
    const situation = chance.pick(healthy, { name: '', snapshots: [] });
    const { snapshots, how } = changed(situation, chance.below(4) === 0 ? truncate : mutate, chance);
    const nodes = snapshots.flatMap((text, i) => {
      const file = path.join(folder, `n${i + 1}.txt`);
      writeFileSync(file, text);
      return ['-N', `n${i + 1}=file:${file}`];
    });
    const args = ['--vip', vip, ...nodes, ...chance.pick([[], ['-v'], ['-vvv']], [])];
    const { code, stdout, stderr } = await runPlugin(path.join(folder, 'check_cluster_buckets'), args);
    const where = `seed ${seed}: ${situation.name} ${how}`;
    const said = /^\[(\w+)\]/.exec(stdout)?.[1];
    // An empty file is said with its own words, so only the states are held against each other.
    expect(said, where).toBe(verdict(snapshots).state);
    expect({ code, stderr }, where).toEqual({
      code: { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 }[said ?? ''],
      stderr: '',
    });
  }
});
