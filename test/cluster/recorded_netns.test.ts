import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inside, type Said } from '../lab/netns/ask.ts';
import { expectOutcome } from '../lab/netns/expect_outcome.ts';
import { readRecording } from '../lab/netns/recording.ts';
import { scenarios } from '../lab/netns/scenarios.ts';
import { judgedNow, trafficTable, withTable } from '../lab/netns/table.ts';

describe('what xt_cluster and nftables gave on a real kernel, replayed: verdict, shares and clients agree', () => {
  const said = new Map<string, Said>();

  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
    const recording = readRecording(scenario);
    if (recording === null) throw new Error(`${name} is not recorded`);
    said.set(name, await expectOutcome(scenario, recording, inside));
  });

  test('the table in the document says the same', async () => {
    const text = readFileSync('docs/evidence.md', 'utf8');
    const table = await trafficTable(
      async (scenario, outcome) => said.get(scenario.name) ?? judgedNow(scenario, outcome),
    );
    expect(text === withTable(text, table), 'run node tools/run.mjs test/lab/netns/write_table.ts').toBe(true);
  });
});
