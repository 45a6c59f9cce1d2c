import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defineHandler, readHandlerArguments } from '../../src/plugin/index.ts';
import { runPlugin } from '../run_plugin.ts';

const handler = defineHandler({
  name: 'sample',
  summary: 'Does something',
  options: {
    sender: { value: 'ADDRESS', help: 'who' },
    hold: { short: 'H', help: 'how long', type: 'integer', min: 1, default: 10 },
    list: { help: 'a list', type: 'flag' },
    password: { help: 'secret', secret: { env: 'RACKWATCH_SAMPLE' } },
  },
  examples: [],
  exits: { 0: 'done' },
  run: async () => 0,
  refuse: async () => 2,
});

describe('the arguments of a handler', () => {
  const read = (...argv: readonly string[]) => readHandlerArguments(handler.options, argv);

  test('are read by its declarations', () => {
    expect(read('--sender', 'a', '-H5', '--list')).toEqual({
      ok: true,
      value: { sender: 'a', hold: 5, list: true, password: undefined },
    });
    expect(read('--sender=-x')).toMatchObject({ value: { sender: '-x', hold: 10, list: false } });
  });

  test.each([
    [['--hold', '0'], '--hold: "0" is below 1'],
    [['--sender'], '--sender needs a value'],
    [['--sender', 'a', '--sender', 'b'], '--sender was given more than once ("a" and "b")'],
    [['--send', 'a'], 'unknown option "--send", did you mean --sender?'],
    [['word'], 'stray argument "word"'],
    // The options of plugins are not its own.
    [['--timeout', '5'], 'unknown option "--timeout"'],
  ])('%j are refused', (argv, reason) => {
    expect(read(...argv)).toEqual({ ok: false, reason });
  });

  test('help wins over everything, then the version', () => {
    expect(read('--no', '-V', '-h')).toEqual({ ok: true, value: 'help' });
    expect(read('--hold', 'x', '--version')).toEqual({ ok: true, value: 'version' });
  });
});

describe('akcp_trap by itself', () => {
  test('has its help, its version and its exit codes', async () => {
    const help = await runPlugin('dist/akcp_trap', ['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage: akcp_trap --api-name NAME --ca FILE /);
    expect(help.stdout).toContain('Exit codes: 0 Icinga was asked');
    expect(help.stdout).not.toMatch(/^.{81}/m);
    expect(help.stdout).not.toContain('--output-format');
    const version = await runPlugin('dist/akcp_trap', ['--version']);
    expect(version.stdout).toMatch(/^akcp_trap \S+ \(Rackwatch plugins\)\n$/);
    expect(version.code).toBe(0);
  });

  test('says a wrong call where --log says, however that is written', async () => {
    const line = 'akcp_trap: unknown option "--holds", did you mean --hold? (see --help)\n';
    // Without a syslog on this machine, it is said there all the same.
    const unheard = existsSync('/dev/log') ? '' : line;
    for (const [args, stderr] of [
      [['--log', 'stderr'], line],
      [['--log=stderr'], line],
      [['--log', 'syslog'], unheard],
      [[], unheard],
    ] as const)
      expect(await runPlugin('dist/akcp_trap', [...args, '--holds', '1'])).toMatchObject({
        code: 2,
        stdout: '',
        stderr,
      });
  });
});
