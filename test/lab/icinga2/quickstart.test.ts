import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { icingaFiles } from './instance.ts';
import { runSteps, stepsOf } from './quickstart.ts';

const why = whyNoLab([...icingaFiles, '/usr/lib/icinga2/prepare-dirs', '/usr/bin/curl', '/usr/bin/jq']);

describe.skipIf(why !== null)(`the first ten minutes of the README${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  beforeAll(() => {
    lab = openLab('readme');
  });
  afterAll(() => lab?.close());

  test('lead from nothing to a red service, to a green one, and to a probe that does not answer', async () => {
    const steps = stepsOf('README.md', 'From nothing to a red service in Icinga in ten minutes');
    const outputs = await runSteps(lab.folder, steps);
    // Icinga keeps the blank before the metrics.
    const said = outputs.map((text) => text.replace(/ +$/gm, ''));
    const shown = steps.flatMap((step, i) => (step.shown === null ? [] : [{ said: said[i], shown: step.shown }]));
    expect(shown.map(({ said }) => said)).toEqual(shown.map(({ shown }) => shown));
    expect(shown.map(({ shown }) => shown.split('\n')[0])).toEqual(['state 2', 'state 0', 'state 2']);
    // The nodes that a reader has and this machine has not.
    expect(said.at(-1)).toMatch(/^state 2\n\[CRITICAL\] 192\.168\.56\.20: .*(?:node1|node2)/);
  }, 300_000);
});
