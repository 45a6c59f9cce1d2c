import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderText } from '../../src/plugin/index.ts';
import { buildSample } from './built.ts';

let sample = '';
beforeAll(() => {
  sample = buildSample();
});
afterAll(() => rmSync(path.dirname(sample), { recursive: true }));

const { PATH } = process.env;

/** What the sample writes to a real terminal (util-linux's script makes one), and its exit code. */
function onTerminal(args: string, env: NodeJS.ProcessEnv = {}) {
  const line = `${process.execPath} ${sample} ${args}`;
  const { stdout, status } = spawnSync('script', ['-qec', line, '/dev/null'], {
    encoding: 'utf8',
    env: { PATH, TERM: 'xterm', ...env },
  });
  return { code: status, out: stdout.replaceAll('\r\n', '\n') };
}

function inPipe(args: string, env: NodeJS.ProcessEnv = {}) {
  const { stdout, status } = spawnSync(process.execPath, [sample, ...args.split(' ')], {
    encoding: 'utf8',
    env: { PATH, TERM: 'xterm', ...env },
  });
  return { code: status, out: stdout };
}

const uncoloured = '[CRITICAL] all is well\n\\_ [OK] one\nmetrics: a=1\n';

describe('on a terminal', () => {
  test('states are coloured, and the metrics are the last line', () => {
    expect(onTerminal('--do critical')).toEqual({
      code: 2,
      out: '[\x1b[1;31mCRITICAL\x1b[0m] all is well\n\\_ [\x1b[1;32mOK\x1b[0m] one\nmetrics: a=1\n',
    });
  });

  test.each([
    ['--no-color', '--do critical --no-color', {}],
    ['NO_COLOR', '--do critical', { NO_COLOR: '1' }],
    ['a terminal that knows none', '--do critical', { TERM: 'dumb' }],
  ])('there are no colours with %s', (_, args, env) => {
    expect(onTerminal(args, env)).toEqual({ code: 2, out: uncoloured });
  });

  test('an empty NO_COLOR asks for nothing', () => {
    expect(onTerminal('--do ok', { NO_COLOR: '' }).out).toContain('\x1b[1;32mOK');
  });

  test('a usage error is coloured too, unless it is not wanted', () => {
    expect(onTerminal('--nonsense').out).toContain('[\x1b[1;35mUNKNOWN\x1b[0m] unknown option');
    expect(onTerminal('--nonsense --no-color').out).toMatch(/^\[UNKNOWN\] unknown option/);
  });

  test('what sets no TERM is read by no person', () => {
    expect(onTerminal('--do critical', { TERM: undefined })).toEqual(inPipe('--do critical'));
  });

  test('JSON stays as it is', () => {
    const json = '--do critical --output-format json';
    expect(onTerminal(json)).toEqual(inPipe(json));
  });
});

describe('what a daemon reads', () => {
  test.each(['--do ok', '--do critical', '--do reject', '--nonsense'])('%s: not a byte of it changes', (args) => {
    const { out } = inPipe(args);
    expect(out).not.toContain('\x1b');
    expect(out).not.toContain('metrics:');
    expect(inPipe(`${args} --no-color`).out).toBe(out);
    expect(inPipe(args, { NO_COLOR: '1', TERM: 'dumb' }).out).toBe(out);
    expect(inPipe(args, { CLICOLOR_FORCE: '1', FORCE_COLOR: '3' }).out).toBe(out);
  });
});

test('a colour of the text itself does not come through', () => {
  const report = {
    summary: '\x1b[31mred',
    findings: [{ state: 'OK' as const, code: 'sample', text: '\x1b[0m[OK] x' }],
  };
  expect(renderText(report, { terminal: true, colour: true })).toBe(
    '[\x1b[1;32mOK\x1b[0m] red\n\\_ [\x1b[1;32mOK\x1b[0m] "OK" x\n',
  );
});
