import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runPlugin } from '../../run_plugin.ts';
import { daemonPath, type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { addresses, asAccount, startTrapLab, type TrapLab, trapFiles } from './lab.ts';
import { runsOf } from './runs.ts';

const why = whyNoLab(trapFiles);

describe.skipIf(why !== null)(`akcp_trap where syslog is not to be had${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let traps: TrapLab;
  beforeAll(async () => {
    lab = openLab('trap-no-syslog');
    traps = await startTrapLab(lab);
  }, 300_000);
  afterAll(() => lab?.close());

  const { args } = runsOf(() => ({ lab, traps }));
  const there = (...command: readonly string[]) => {
    const [program = '', ...rest] = [...traps.syslog.wrapper, ...command];
    execFileSync(program, rest, { stdio: 'pipe' });
  };
  const asked = `akcp_trap: Icinga checks 2 services of ${addresses.probe} at once\n`;
  const said = async () => {
    const { code, stdout, stderr } = await traps.run(args({ hold: '3600' }));
    await traps.endWaiting();
    return { code, stdout, stderr };
  };

  test('says on standard error what it does, which snmptrapd has for its own', async () => {
    const before = traps.syslog.lines().length;
    there('mv', '/dev/log', '/dev/gone');
    try {
      expect(await said()).toEqual({ code: 0, stdout: '', stderr: asked });
    } finally {
      there('mv', '/dev/gone', '/dev/log');
    }
    expect(traps.syslog.lines()).toHaveLength(before);
    expect(await said()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('as where logger cannot be started', async () => {
    there('mount', '--bind', '/dev/null', '/usr/bin/logger');
    try {
      expect(await said()).toEqual({ code: 0, stdout: '', stderr: asked });
    } finally {
      there('umount', '/usr/bin/logger');
    }
  });

  // How many Node itself needs depends on its version.
  test('is never silent at its limit of open files, and does not hang', async () => {
    const folder = path.join(lab.folder, 'snmptrapd');
    for (let most = 14; most <= 34; most++) {
      const before = traps.syslog.lines().length;
      const given = args({ hold: '1', timeout: '1', 'state-dir': path.join(folder, `files-${most}`) });
      const limited = ['prlimit', `--nofile=${most}`, ...asAccount(traps.account)];
      const { code, signal, stderr, milliseconds } = await runPlugin(traps.plugin, given, {
        wrapper: [...traps.syslog.wrapper, ...limited],
        env: { PATH: daemonPath },
      });
      // Node has ended before it came to the program.
      if (signal !== null || code === 134 || /Error: EMFILE/.test(stderr)) continue;
      const line = () => `${stderr}${traps.syslog.lines().slice(before).join('\n')}`;
      await expect.poll(line, { message: `${most} files`, timeout: 2000 }).toMatch(/127\.0\.0\.50|EMFILE|ulimit -n/);
      expect(milliseconds).toBeLessThan(8000);
    }
    await expect.poll(() => traps.processes(), { timeout: 10_000 }).toBe(0);
  });
});
