import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { factsOf, judgeCluster, reportCluster, trafficTo, type Wanted } from '../../src/cluster/index.ts';
import type { State } from '../../src/plugin/index.ts';
import { renderText, stateOf } from '../../src/plugin/report.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { nothingWanted } from '../wanted.ts';
import { type Mutation, mutate, truncate } from './mutate.ts';
import { type Random, random } from './random.ts';

export { vip } from '../snapshot_text.ts';

/** A cluster of which snapshots are at hand. */
export type Situation = { readonly name: string; readonly snapshots: readonly string[] };

/** What nodes with CLUSTERIP gave. */
export function recordedClusterip(): readonly Situation[] {
  return readdirSync(recordings).map((name) => {
    const files = readdirSync(path.join(recordings, name)).filter((file) => file.endsWith('.txt'));
    return { name, snapshots: files.map((file) => readFileSync(path.join(recordings, name, file), 'utf8')) };
  });
}

const recordings = 'test/fixtures/clusterip';

/** The labs' peers have the cluster MAC by hand: who answers ARP is no matter there. */
const wanted: Wanted = { ...nothingWanted, skip: ['arp'] };

/** What the plugin says of a cluster. */
export function verdict(snapshots: readonly string[]): { readonly state: State; readonly text: string } {
  const space = trafficTo(nothingWanted.vip);
  const facts = snapshots.map((text, i) => {
    const name = `n${i + 1}`;
    const snapshot = parseSnapshot(text);
    return snapshot.ok
      ? factsOf(name, snapshot.value, nothingWanted.vip, { skipRules: false, backend: 'auto' }, space)
      : ({ name, reached: false, reason: snapshot.reason } as const);
  });
  const report = reportCluster(judgeCluster(facts, wanted), facts, wanted);
  return { state: stateOf(report), text: renderText(report) };
}

/** Puts a changed snapshot in the place of one of a situation's. */
export function changed({ snapshots }: Situation, how: (text: string, random: Random) => Mutation, chance: Random) {
  const at = chance.below(snapshots.length);
  const mutation = how(snapshots[at] ?? '', chance);
  return { ...mutation, node: at, snapshots: snapshots.map((text, i) => (i === at ? mutation.text : text)) };
}

/** One state, one line, no control characters. */
export function expectOneAnswer(text: string, where: string): void {
  const states = text.match(/^\[(?:OK|WARNING|CRITICAL|UNKNOWN)\]/gm)?.length;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may come through
  const clean = !/[\x00-\x09\x0b-\x1f\x7f]/.test(text);
  if (states !== 1 || !clean || !/^\[\w+\] \S/.test(text)) throw new Error(`${where}: ${text}`);
}

/** A hunt for false OKs: how many changes, from which seed, of which situations, and one in how many is a cut. */
export type Hunt = {
  readonly rounds: number;
  readonly firstSeed: number;
  readonly pick: (chance: Random) => Situation;
  readonly oneCutIn: number;
  /** The second judge: why a cluster is not healthy, or null. */
  readonly whyNot: (snapshots: readonly string[]) => string | null;
};

/**
 * Changes situations at random, and throws where an answer is not one. Gives each OK that the second judge does not
 * share, and how often each verdict came.
 */
export function falseOks({ rounds, firstSeed, pick, oneCutIn, whyNot }: Hunt) {
  const outcomes = { truncated: 0, OK: 0, WARNING: 0, CRITICAL: 0, UNKNOWN: 0 };
  const found: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const chance = random(seed);
    const situation = pick(chance);
    const cut = chance.below(oneCutIn) === 0;
    const { snapshots, how, node } = changed(situation, cut ? truncate : mutate, chance);
    const where = `RACKWATCH_FUZZ_SEED=${seed} RACKWATCH_FUZZ_ROUNDS=1: ${situation.name}, n${node + 1} ${how}`;
    const { state, text } = verdict(snapshots);
    expectOneAnswer(text, where);
    outcomes[state] += 1;
    if (cut) outcomes.truncated += 1;
    if (state !== 'OK') continue;
    const doubt = cut ? 'it is truncated' : whyNot(snapshots);
    const more = rounds === 1 ? `\n${text}\n${snapshots[node]}` : '';
    if (doubt !== null) found.push(`${where}: OK, but ${doubt}${more}`);
  }
  return { found, outcomes };
}
