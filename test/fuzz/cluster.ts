import { factsOf, judgeCluster, reportCluster, type Wanted } from '../../src/cluster/index.ts';
import type { State } from '../../src/plugin/index.ts';
import { renderText, stateOf } from '../../src/plugin/report.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import type { Mutation } from './mutate.ts';
import type { Random } from './random.ts';

export const vip = '192.168.56.20';

const wanted: Wanted = {
  vip,
  totalNodes: undefined,
  mac: undefined,
  held: { warning: undefined, critical: undefined },
  unreachable: 'CRITICAL',
  skip: [],
  expectBuckets: undefined,
  backend: 'auto',
  clients: [],
};

/** A cluster of which snapshots are at hand. */
export type Situation = { readonly name: string; readonly snapshots: readonly string[] };

/** What the plugin says of a cluster. */
export function verdict(snapshots: readonly string[]): { readonly state: State; readonly text: string } {
  const facts = snapshots.map((text, i) => {
    const name = `n${i + 1}`;
    const snapshot = parseSnapshot(text);
    return snapshot.ok
      ? factsOf(name, snapshot.value, vip, { skipRules: false, backend: 'auto' })
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
