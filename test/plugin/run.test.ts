import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timed } from '../timed.ts';
import { buildSample } from './built.ts';

const { PATH } = process.env;
let sample = '';
beforeAll(() => {
  sample = buildSample();
});
afterAll(() => rmSync(path.dirname(sample), { recursive: true }));

type Ended = { readonly code: number | null; readonly out: string; readonly error: string };

function run(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; uid?: number } = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [sample, ...args], {
    encoding: 'utf8',
    maxBuffer: 1e8,
    ...options,
    env: { PATH, ...options.env },
  });
  return { code: status, out: stdout, error: stderr };
}

/** What a shell says of a line in which `$P` runs the sample: its output and error output together. */
function shell(line: string): string {
  const { stdout, stderr } = spawnSync('sh', ['-c', line], {
    encoding: 'utf8',
    maxBuffer: 1e8,
    env: { PATH, N: process.execPath, P: sample },
  });
  return stdout + stderr;
}

/** The code that a line of the kit itself has. */
function codeOf(text: string): string {
  if (text.includes('internal error')) return 'internal-error';
  return text.includes('no verdict') ? 'no-verdict' : 'usage-error';
}

const stage = 'while asking node1, node2';
const healthy = '[OK] all is well | a=1\n\\_ [OK] one\n';

describe('a verdict is printed whole, with its exit code', () => {
  test.each([
    ['ok', 0, healthy],
    ['warning', 1, '[WARNING] so so\n\\_ [WARNING] one\n'],
    ['critical', 2, '[CRITICAL] all is well | a=1\n\\_ [OK] one\n'],
    ['late', 0, healthy],
    ['warn', 0, healthy],
  ])('%s exits with %d', (what, code, out) => {
    expect(run(['--do', what])).toEqual({ code, out, error: '' });
  });

  test('300 kB arrive whole in a pipe', () => {
    const { code, out, error } = run(['--do', 'long', '--size', '300']);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out.length).toBeGreaterThan(300_000);
    expect(out.endsWith(`299 ${'x'.repeat(1000)}\n`)).toBe(true);
  });

  test('300 kB arrive whole in a pipe that another process has made non-blocking, and whose reader is slow', () => {
    const other =
      '$N -e "new (require(\'net\').Socket)({ fd: 1, readable: false }); setTimeout(() => {}, 3000)" & sleep 0.3;';
    expect(shell(`{ ${other} $N $P --do long --size 300; } | { sleep 0.6; wc -l; }`).trim()).toBe('302');
  });

  test('as JSON', () => {
    const { code, out, error } = run(['--do', 'critical', '--output-format', 'json']);
    expect({ code, error }).toEqual({ code: 2, error: '' });
    expect(JSON.parse(out)).toMatchObject({ state: 'CRITICAL', exitCode: 2, data: null });
  });
});

describe('--explain', () => {
  test('prints the section of a code, whatever else is asked, and exits as --help does', () => {
    const { code, out, error } = run(['--explain', 'bucket-lost', '--nothing']);
    expect({ code, error }).toEqual({ code: 3, error: '' });
    expect(out).toMatch(
      /^bucket-lost\n {2}No node holds .*\n\nWhat to do now:\n .*\n\nTo keep it across a reboot:\n .*\n$/s,
    );
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('names the nearest code for one that there is not', () => {
    expect(run(['--explain', 'bucket-lots'])).toEqual({
      code: 3,
      out: '[UNKNOWN] --explain: "bucket-lots" is not the code of a finding, did you mean bucket-lost? (docs/findings.md lists all)\n',
      error: '',
    });
    expect(JSON.parse(run(['--explain', 'toString', '--output-format', 'json']).out).findings).toMatchObject([
      { code: 'usage-error' },
    ]);
  });

  test('no other run loads the sections', () => {
    expect(readFileSync(sample, 'utf8').split('No node holds the bucket')).toHaveLength(2);
    expect(readFileSync(sample, 'utf8')).toMatch(/^const late=.*No node holds the bucket/m);
  });
});

describe('whatever happens, one UNKNOWN line and exit code 3', () => {
  test.each([
    ['a thrown error', ['--do', 'reject'], `check_sample: internal error: it ¦ broke "OK" ‹b› ${stage}`],
    ['a rejection that is no error', ['--do', 'rejectText'], `check_sample: internal error: just text ${stage}`],
    ['a rejection with nothing', ['--do', 'rejectNothing'], `check_sample: internal error: undefined ${stage}`],
    ['an uncaught exception', ['--do', 'uncaught'], `check_sample: internal error: nobody caught this ${stage}`],
    ['an unhandled rejection', ['--do', 'unhandled'], `check_sample: internal error: nobody handled this ${stage}`],
    ['a promise that never settles', ['--do', 'never'], `check_sample: internal error: the run did not end ${stage}`],
    ['a library that exits', ['--do', 'exit'], `check_sample: internal error: the run did not end ${stage}`],
    [
      'data that is no JSON',
      ['--do', 'circular'],
      `check_sample: internal error: Converting circular structure to JSON`,
    ],
    ['the own deadline', ['--do', 'slow', '-t', '1'], `check_sample: no verdict within 1 s ${stage}`],
    [
      'a usage error',
      ['-w', '20:10'],
      '--warning: "20:10" is not a range: its low end 20 is above its high end 10 (see --help)',
    ],
    ['a hostile argument', ['--\u001b[31m|<b>\n[OK]'], 'unknown option "--¦‹b› "OK"" (see --help)'],
  ])('%s', (name, args, text) => {
    const json = run([...args, '--output-format=json']);
    expect(json).toMatchObject({ code: 3, error: '' });
    const { summary, findings, ...rest } = JSON.parse(json.out);
    expect(rest).toEqual({ state: 'UNKNOWN', exitCode: 3, perfdata: [], data: null });
    expect(summary).toContain(text);
    expect(findings).toEqual([{ state: 'UNKNOWN', code: codeOf(text), text: summary }]);
    if (name !== 'data that is no JSON') expect(run(args)).toEqual({ code: 3, out: `[UNKNOWN] ${text}\n`, error: '' });
  });

  test('with -vv an internal error shows where', () => {
    expect(run(['-vv', '--do', 'reject']).out).toMatch(/^\[UNKNOWN\] check_sample: .*\n(.*\n)* +at .*check_sample:\d+/);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s: the children are gone before the plugin is',
    timed,
    async (signal) => {
      const { code, out, error, child, elapsed } = await interrupted('child', signal);
      expect({ code, out, error }).toEqual({
        code: 3,
        out: `[UNKNOWN] check_sample: ended by ${signal} ${stage}\n`,
        error: '',
      });
      expect(existsSync(`/proc/${child}`)).toBe(false);
      expect(elapsed).toBeLessThan(250);
    },
  );

  test('a run that does not end is waited for 0.3 s, no longer', timed, async () => {
    const { code, out, child, elapsed } = await interrupted('stubborn', 'SIGTERM');
    process.kill(child);
    expect({ code, out }).toEqual({ code: 3, out: `[UNKNOWN] check_sample: ended by SIGTERM ${stage}\n` });
    expect(elapsed).toBeGreaterThan(250);
    expect(elapsed).toBeLessThan(1500);
  });

  test('a second signal changes nothing', async () => {
    const { code, out, child } = await interrupted('stubborn', 'SIGTERM', 'SIGINT');
    process.kill(child);
    expect({ code, out }).toEqual({ code: 3, out: `[UNKNOWN] check_sample: ended by SIGTERM ${stage}\n` });
  });

  test('the deadline ends the children', async () => {
    const { code, child } = await interrupted('child', undefined);
    expect(code).toBe(3);
    expect(existsSync(`/proc/${child}`)).toBe(false);
  });
});

describe('where nothing can be written or read', () => {
  test('a reader that is gone: exit code 3, not a word on standard error', () => {
    expect(shell('{ $N $P --do long --size 300; echo $? >&2; } | true')).toBe('3\n');
  });

  test('a full disk: exit code 3', () => {
    expect(shell('$N $P >/dev/full; echo $?')).toBe('3\n');
  });

  test('standard output closed: the exit code is the verdict', () => {
    expect(shell('$N $P --do critical >&-; echo $?')).toBe('2\n');
  });

  test('everything closed', () => {
    expect(shell('$N $P <&- >&- 2>&-; echo $?')).toBe('0\n');
    expect(shell('$N $P --do stdin <&-')).toContain('read 0 bytes');
  });

  test('a directory that is gone, no HOME, no PATH, a German locale', () => {
    const gone = mkdtempSync(path.join(tmpdir(), 'rackwatch-'));
    expect(shell(`cd ${gone} && rmdir ${gone} && env -i LC_ALL=de_DE.UTF-8 $N $P`)).toBe(healthy);
    if (existsSync(gone)) rmdirSync(gone);
  });

  test.runIf(process.getuid?.() === 0)('a user without a passwd entry', () => {
    const open = `chmod 755 ${path.dirname(sample)} && `;
    const as = (args: string) => shell(`${open} setpriv --reuid 54321 --regid 54321 --clear-groups $N $P ${args}`);
    expect(as('')).toBe(healthy);
    expect(as('--do home')).toMatch(/^\[UNKNOWN\] check_sample: internal error: .*ENOENT.*\n$/);
  });
});

describe('help and version go to standard output and exit with 3', () => {
  test('help wins', () => {
    const { code, out, error } = run(['--nonsense', '-t0', '-h', '--output-format=json']);
    expect({ code, error }).toEqual({ code: 3, error: '' });
    expect(out).toMatch(/^Usage: check_sample \[OPTIONS\]\n/);
  });

  test('the version is that of the package', () => {
    expect(run(['-V'])).toEqual({
      code: 3,
      out: expect.stringMatching(/^check_sample \d+\.\d+\.\d+ \(Rackwatch plugins\)\n$/),
      error: '',
    });
  });
});

test('the time left counts from the start of the process', () => {
  expect(run(['--do', 'timeLeft', '-t', '7']).out).toMatch(/^\[OK\] true/);
});

/** Starts the sample, waits until it has a child, sends it signals (or lets its deadline pass), and waits for its end. */
async function interrupted(what: string, ...signals: (NodeJS.Signals | undefined)[]) {
  const plugin = spawn(process.execPath, [sample, '--do', what, '-t', signals[0] === undefined ? '1' : '60'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const texts = ['', '', '', ''];
  plugin.stdio.forEach((stream, i) => {
    stream?.on('data', (data) => {
      texts[i] += String(data);
    });
  });
  while (!texts[3]?.endsWith('\n')) await new Promise((resolve) => setTimeout(resolve, 5));
  const begun = performance.now();
  for (const signal of signals) {
    if (signal !== undefined) plugin.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const code = plugin.exitCode ?? (await new Promise<number | null>((resolve) => plugin.once('exit', resolve)));
  const elapsed = performance.now() - begun;
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { code, out: texts[1], error: texts[2], child: Number(texts[3]), elapsed };
}
