import { beforeAll, describe, expect, test, vi } from 'vitest';
import { disturbances, type Lie, lies } from './lies.ts';
import { startPeer } from './peer.ts';
import { buildPlugin, type Outcome, type Run } from './plugin.ts';

// On a busy machine; and more at once than elsewhere, since nearly all of them wait for a peer that says nothing.
vi.setConfig({ testTimeout: 90_000, maxConcurrency: 10 });

let run: Run;
beforeAll(() => {
  run = buildPlugin();
});

/** Asks a peer that tells the lie from the `from`-th request on, as the probe of a recording does until then. */
async function ask(
  recording: string,
  lie: Lie,
  {
    from = 1,
    version = '2c',
    seconds = 4,
    timeout = 0.5,
  }: { readonly from?: number; readonly version?: string; readonly seconds?: number; readonly timeout?: number },
): Promise<Outcome> {
  const peer = await startPeer(recording, { lie, from });
  const limits = ['-t', String(seconds), '--snmp-timeout', String(timeout), '--snmp-retries', '1'];
  const outcome = await run(['-H', '127.0.0.1', '-p', String(peer.port), '-P', version, ...limits]);
  await peer.stop();
  // Starting Node on a busy machine takes its time; what never ends takes longer still.
  expect(outcome.milliseconds).toBeLessThan(seconds * 1000 + 15_000);
  return outcome;
}

const verdict = /^\[(OK|WARNING|CRITICAL|UNKNOWN)\] [^\n]+\n(?:\\_ \[(?:OK|WARNING|CRITICAL|UNKNOWN)\] [^\n]+\n)*$/;

/** One answer and nothing beside it; its exit code is that of its state. */
function expectAnAnswer({ code, stdout, stderr }: Outcome): void {
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(verdict), stderr: '' });
  // What the library makes of an OID that it cannot read.
  expect(stdout).not.toContain('NaN');
  expect(code).toBe(['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'].indexOf(verdict.exec(stdout)?.[1] ?? ''));
}

// Concurrent, because most of them wait for a silent peer.
describe.concurrent.each(Object.entries(lies))('a peer that answers with %s', (_, lie) => {
  test('from its first answer on gives no verdict on a probe that is well', async ({ expect }) => {
    const outcome = await ask('sensorprobe2', lie, {});
    expectAnAnswer(outcome);
    expect([2, 3], outcome.stdout).toContain(outcome.code);
  });

  test('from its second answer on hides no alarm', async ({ expect }) => {
    const outcome = await ask('sensorprobe2-too-hot', lie, { from: 2 });
    expectAnAnswer(outcome);
    expect([2, 3], outcome.stdout).toContain(outcome.code);
  });

  test('from its second answer on hides no alarm on version 1', async ({ expect }) => {
    const outcome = await ask('sensorprobe2-too-hot', lie, { from: 2, version: '1' });
    expectAnAnswer(outcome);
    expect([2, 3], outcome.stdout).toContain(outcome.code);
  });
});

describe.concurrent.each(Object.entries(disturbances))('a peer that sends %s', (_, lie) => {
  test('is judged by its answer', async ({ expect }) => {
    const outcome = await ask('sensorprobe2', lie, { seconds: 30, timeout: 2 });
    expectAnAnswer(outcome);
    expect(outcome.code, outcome.stdout).toBe(0);
  });

  test('cannot hide an alarm', async ({ expect }) => {
    const outcome = await ask('sensorprobe2-too-hot', lie, { seconds: 30, timeout: 2 });
    expectAnAnswer(outcome);
    expect(outcome.code, outcome.stdout).toBe(2);
  });
});
