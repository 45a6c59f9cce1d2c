import { isDeepStrictEqual } from 'node:util';
import { runScenarios } from './netns.ts';
import { addRecordings, readRecording, writeRecordings } from './recording.ts';
import { scenarios } from './scenarios.ts';

// Records every scenario on the running kernel into test/fixtures/netns/, or those whose names have one of some words:
//   node tools/run.mjs test/lab/netns/record.ts [WORD]...
const words = process.argv.slice(2);
const wanted = scenarios.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
runScenarios(wanted, 6).then((outcomes) => {
  const recorded = wanted.flatMap((scenario) => {
    const outcome = outcomes.get(scenario.name);
    return outcome === undefined ? [] : [{ name: scenario.name, scenario, outcome }];
  });
  (words.length === 0 ? writeRecordings : addRecordings)(recorded);
  for (const { scenario, outcome } of recorded) {
    const { snapshots, traffic } = outcome;
    const kept = traffic.filter(({ protocol }) => protocol !== 'tcp8080');
    const again = readRecording(scenario);
    const sorted =
      again?.traffic.length === kept.length &&
      kept.every((probe) => again.traffic.some((one) => isDeepStrictEqual(one, probe)));
    if (!sorted || !isDeepStrictEqual(again?.snapshots, snapshots))
      throw new Error(`${scenario.name} is not recorded whole`);
  }
  for (const log of new Set([...outcomes.values()].map((outcome) => outcome.log ?? '')))
    process.stdout.write(log.replace(/^\d+\.\d+ [a-z0-9-]+\n/gm, ''));
  console.log(`${recorded.length} scenarios recorded`);
});
