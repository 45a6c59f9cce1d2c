import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { icingaFiles } from './instance.ts';
import { runSteps, type Step, stepsOf } from './quickstart.ts';

const why = whyNoLab([...icingaFiles, '/usr/lib/icinga2/prepare-dirs', '/usr/bin/curl', '/usr/bin/jq']);

/** Commands of ours between those of the document. */
const step = (commands: string): Step => ({ commands, shown: null });

describe.skipIf(why !== null)(`docs/notifications.md${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  beforeAll(() => {
    lab = openLab('notifications');
  });
  afterAll(() => lab?.close());

  test('leads from the red service of the README to a mail, and to a downtime and back', async () => {
    const mails = path.join(lab.folder, 'mails');
    // Debian's scripts call it with the address and the text, as Icinga's account.
    const mail = `#!/bin/sh\n{ echo "mail $*"; cat; echo; } >>${mails}\n`;
    const readme = stepsOf('README.md', 'From nothing to a red service in Icinga in ten minutes');
    const red = readme.slice(0, readme.findIndex(({ shown }) => shown?.startsWith('state 2')) + 1);
    const [told = step(''), test_ = step(''), down = step(''), up = step('')] = [
      'Somebody is told',
      'A test notification',
      'A planned, rolling reboot',
    ].flatMap((heading) => stepsOf('docs/notifications.md', heading));
    const depth = `api objects/services/'cluster1!cluster-buckets' | jq '.results[0].attrs.downtime_depth'`;
    const steps = [
      step(`touch ${mails} && chmod 666 ${mails}`),
      ...red,
      // Before: nobody is told, whoever asks for it.
      test_,
      told,
      step("check 'cluster1!cluster-buckets'"),
      test_,
      step(`for i in $(seq 100); do [ -s ${mails} ] && break; /usr/bin/sleep 0.1; done`),
      down,
      step(depth),
      up,
      step(depth),
      step(`cp ${mails} ${lab.folder}/copy`),
    ];
    const outputs = await runSteps(lab.folder, steps, { mail });
    const at = (one: Step, from = 0) => outputs[steps.indexOf(one, from)];
    expect(at(test_, steps.indexOf(told))).toBe(test_.shown);
    expect(outputs.filter((_, i) => steps[i]?.commands === depth)).toEqual(['1\n', '0\n']);
    expect(at(down)).toContain('Successfully scheduled downtime');
    expect(at(up)).toContain('Successfully removed');
    const said = readFileSync(path.join(lab.folder, 'copy'), 'utf8');
    // The first test notification found nobody. A third bad check meanwhile is told, too.
    const kinds = [...said.matchAll(/^mail -s \[(\w+)\]/gm)].map(([, kind]) => kind);
    expect(kinds.filter((kind) => kind !== 'PROBLEM')).toEqual(['CUSTOM', 'DOWNTIMESTART', 'DOWNTIMEEND']);
    expect(said).toMatch(/^mail -s \[CUSTOM\] cluster-buckets on cluster1 is CRITICAL! root@localhost$/m);
    expect(said).toContain('bucket 2 of 2 on no node');
    expect(said).toContain('Test: please ignore');
  }, 180_000);
});
