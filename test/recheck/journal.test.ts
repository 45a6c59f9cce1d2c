import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../tools/bundle.ts';
import { timed } from '../timed.ts';

let folder: string;
let handler: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-journal-'));
  handler = path.join(folder, 'akcp_trap');
  bundle('plugins/akcp_trap.ts', handler, 'handler');
});
afterAll(() => rmSync(folder, { recursive: true }));

const missing = () => path.join(folder, 'missing');
/** Refused for a file that is not there, once it has begun to run. */
const refused = () => [
  ...['--sender', '192.0.2.50', '--api-name', 'icinga1', '--ca', missing(), '--api-credentials', missing()],
  ...['--state-dir', missing(), '--log', 'stderr'],
];
/** Refused for an option. */
const wrong = () => [...refused(), '--holds', '1'];

/** Runs it with this as standard error; one that hangs is killed. */
const run = (args: readonly string[], stderr: number) => {
  const start = performance.now();
  const child = spawn(process.execPath, [handler, ...args], { stdio: ['ignore', 'ignore', stderr] });
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  return new Promise<{ code: number | null; milliseconds: number }>((resolve) => {
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve({ code, milliseconds: performance.now() - start });
    });
  });
};

test.each([
  ['a refusal', refused],
  ['a wrong option', wrong],
])('%s on a full pipe that nobody reads ends', timed, async (_, args) => {
  const fifo = path.join(folder, `full-${performance.now()}`);
  execFileSync('mkfifo', [fifo]);
  const filling = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const pipe = openSync(fifo, 'r+');
  try {
    expect(() => {
      for (;;) writeSync(filling, 'x');
    }).toThrow('EAGAIN');
    const { code, milliseconds } = await run(args(), pipe);
    expect(code).toBe(2);
    expect(milliseconds).toBeLessThan(4000);
  } finally {
    closeSync(filling);
    closeSync(pipe);
  }
});

test('a line reaches a file after what is there already', async () => {
  const line = `akcp_trap: --ca: ${missing()} does not exist\n`;
  const file = path.join(folder, 'log');
  const opened = openSync(file, 'w');
  writeSync(opened, 'first\n');
  expect((await run(refused(), opened)).code).toBe(2);
  writeSync(opened, 'last\n');
  closeSync(opened);
  expect(readFileSync(file, 'utf8')).toBe(`first\n${line}last\n`);
});
