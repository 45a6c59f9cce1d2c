import { spawn } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Command, runChild } from '../../src/node/child.ts';
import { timed } from '../timed.ts';
import { marked, newMark } from './marked.ts';

const mark = newMark();
beforeEach(() => {
  process.env[mark.name] = mark.value;
});
afterEach(() => {
  delete process.env[mark.name];
  // Of a test that has failed.
  for (const { pid } of marked(mark)) process.kill(pid, 'SIGKILL');
});

const run = (script: string, over: Partial<Command> = {}) =>
  runChild({
    program: '/bin/sh',
    args: ['-c', script],
    input: null,
    limitMs: 10_000,
    signal: new AbortController().signal,
    ...over,
  });

test('output, error output and exit code of a program are told apart', async () => {
  expect(await run('echo out; echo err >&2; exit 7')).toEqual({
    kind: 'ended',
    code: 7,
    signal: null,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

test('a program reads its text to the end, in the C locale and in the root directory', async () => {
  const ending = await run('cat; pwd; echo "$LC_ALL $MORE"', {
    input: 'ä\nb',
    env: { MORE: 'x', LC_ALL: 'de_DE.UTF-8' },
  });
  expect(ending).toMatchObject({ code: 0, stdout: 'ä\nb/\nC x\n' });
});

test('a program without a text has nothing to read', async () => {
  expect(await run('readlink /proc/self/fd/0; cat')).toMatchObject({ code: 0, stdout: '/dev/null\n' });
});

test('a program that does not read its text ends as it would otherwise', async () => {
  expect(await run('exit 3', { input: 'x'.repeat(3_000_000) })).toMatchObject({ kind: 'ended', code: 3 });
});

test('a death by signal is told', async () => {
  expect(await run('kill -9 $$')).toMatchObject({ kind: 'ended', code: null, signal: 'SIGKILL' });
});

test('a program that is not there is not installed', async () => {
  expect(await run('', { program: 'rackwatch-no-such-program', env: { PATH: '/usr/bin:/bin' } })).toEqual({
    kind: 'failed',
    reason: 'rackwatch-no-such-program is not installed',
  });
});

test('a program is looked for as the shell would, and a place where it may not be run is said', async () => {
  expect(await run('', { program: 'passwd', env: { PATH: '/etc' } })).toEqual({
    kind: 'failed',
    reason: 'passwd is not installed, or this user may not run it',
  });
});

test('a program that may not be run says so', async () => {
  expect(await run('', { program: '/etc/passwd' })).toEqual({
    kind: 'failed',
    reason: '/etc/passwd cannot be run: permission denied',
  });
});

test('a streaming program is cut off at 4 MB, and 4 MB are whole', async () => {
  const size = 4 * 1024 * 1024;
  const whole = await run(`head -c ${size} /dev/zero`);
  expect(whole.kind === 'ended' && whole.stdout.length).toBe(size);
  const long = { kind: 'failed', reason: 'the answer is longer than 4 MB' };
  expect(await run(`head -c ${size + 1} /dev/zero`)).toEqual(long);
  expect(await run('yes')).toEqual(long);
  expect(marked(mark)).toEqual([]);
});

test('a long error output keeps its beginning and delays nothing', async () => {
  const ending = await run('echo first >&2; head -c 3000000 /dev/zero >&2; echo done');
  expect(ending).toMatchObject({ code: 0, stdout: 'done\n', stderr: expect.stringMatching(/^first\n/) });
});

test('what a program leaves behind holding its streams is not waited for', timed, async () => {
  const start = performance.now();
  const ending = await run('echo out; sleep 5 & echo $! >&2');
  expect(ending).toMatchObject({ code: 0, stdout: 'out\n' });
  expect(performance.now() - start).toBeLessThan(1500);
  if (ending.kind === 'ended') process.kill(Number(ending.stderr), 'SIGKILL');
});

test('past its limit a program is ended, and what it was doing and had written is told', timed, async () => {
  const start = performance.now();
  const ending = await run('echo half; sleep 600', { limitMs: 300, stage: (pid) => `looked at ${typeof pid}` });
  expect(ending).toEqual({ kind: 'late', stage: 'looked at number', stdout: 'half\n' });
  expect(performance.now() - start).toBeLessThan(1000);
  expect(marked(mark)).toEqual([]);
});

test.each([
  ['a program that ignores SIGTERM', 'trap "" TERM; while :; do sleep 0.1; done'],
  ['a grandchild', 'sh -c "sleep 600; :"; :'],
  ['grandchildren side by side in a pipe', 'sleep 600 | sleep 601 | sh -c "sleep 602 & sleep 603; :"'],
  ['a grandchild that ignores SIGTERM', 'sh -c "trap \\"\\" TERM; sleep 600; sleep 601"; :'],
  ['a program that forks on SIGTERM', 'trap "sleep 600" TERM; sleep 601 & wait; :'],
  ['a grandchild in a session of its own', 'setsid -w sleep 600; :'],
  ['one that forks all the time', 'while :; do sleep 0.01 & wait; done'],
  ['one that is stopped', 'sleep 600 & kill -STOP $!; kill -STOP $$'],
])('past the limit, nothing is left of %s', timed, async (_, script) => {
  const start = performance.now();
  expect(await run(script, { limitMs: 200 })).toMatchObject({ kind: 'late' });
  expect(performance.now() - start).toBeLessThan(1500);
  expect(marked(mark)).toEqual([]);
});

test('on the signal everything is ended at once', timed, async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 150);
  const start = performance.now();
  expect(await run('trap "" TERM; sleep 600; sleep 601', { signal: abort.signal })).toEqual({
    kind: 'failed',
    reason: 'given up before there was an answer',
  });
  // The kit leaves 300 ms for this; the rest is for a busy machine.
  expect(performance.now() - start).toBeLessThan(150 + 600);
  expect(marked(mark)).toEqual([]);
});

test('nothing is started once the signal has come', async () => {
  const ending = await run('sleep 600', { signal: AbortSignal.abort() });
  expect(ending).toEqual({ kind: 'failed', reason: 'given up before there was an answer' });
});

test.each([
  ['a program that says nothing is noticed', 'sleep 1', 2000, 1],
  ['one that falls silent, too', 'echo a; sleep 1', 2000, 1],
  ['one that is heard again and again is not', 'for i in 1 2 3 4 5; do echo a; sleep 0.1; done', 2000, 0],
  ['nor one that has not as much time left before its limit', 'sleep 5', 500, 0],
])('%s', timed, async (_, script, limitMs, expected) => {
  let calls = 0;
  const call = () => {
    calls++;
  };
  await run(script, { limitMs, silence: { afterMs: 300, call } });
  expect(calls).toBe(expected);
});

test('what a child has written is read, however busy this process was when it ended', async () => {
  await run('true');
  const ending = run('sleep 0.5; echo yes');
  await new Promise((resolve) => setTimeout(resolve, 200));
  // Its words and its end are both there when the loop looks next: first come the words, over which the other child ends,
  // then the ends of both, and no other look before the time for it is over.
  spawn('/bin/sh', ['-c', 'echo no']).stdout.on('data', () => {
    block(600);
    setImmediate(() => block(150));
  });
  block(150);
  expect(await ending).toMatchObject({ kind: 'ended', stdout: 'yes\n' });
});

function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
