import { type ChildProcess, execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ownerOf } from '../../../src/recheck/index.ts';
import { formatTurn } from '../../../src/trap/index.ts';
import { timed } from '../../timed.ts';
import { giveTo } from '../poller/account.ts';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';
import { listen } from '../ssh/sshd.ts';
import { addresses, password, startTrapLab, type TrapLab, trapFiles } from './lab.ts';
import { runsOf } from './runs.ts';

const why = whyNoLab(trapFiles);

describe.skipIf(why !== null)(`the turns of akcp_trap and a real Icinga 2${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let traps: TrapLab;
  beforeAll(async () => {
    lab = openLab('trap-turns');
    traps = await startTrapLab(lab);
  }, 300_000);
  afterAll(() => lab?.close());
  // What a test that fails has left behind is no trouble of the next one.
  afterEach(() => traps?.endWaiting().catch(() => undefined));

  const { args, logged, lastCheck, file } = runsOf(() => ({ lab, traps }));
  /** A listener that takes connections and says nothing. */
  const silence = async () => {
    let taken = 0;
    const { port, close } = await listen(() => {
      taken += 1;
    });
    return { port, close, connections: () => taken };
  };
  const late = `daemon.info Icinga checks 2 services of ${addresses.probe} before the end of the hold`;

  test('a process that waits asks before it is ended, and the trap after that is no less heard', async () => {
    const given = args({ hold: '3600' });
    await logged(() => traps.run(given));
    expect((await logged(traps.endWaiting)).line).toBe(late);
    expect((await traps.run(given)).code).toBe(0);
    expect(traps.processes()).toBe(1);
    await traps.endWaiting();
  });

  test('a trap of the hold is made up for, too, when Icinga drops the check at its end since one is running', async () => {
    const lastSlow = async () =>
      (await traps.icinga.api.service('slow!sensorprobe')).last_check_result?.execution_start ?? 0;
    const given = args({ sender: addresses.slow, hold: '4' });
    expect((await traps.run(given)).code).toBe(0);
    const asked = Date.now();
    await until('the first check', 10, async () => (await lastSlow()) > 0);
    await new Promise((resolve) => setTimeout(resolve, asked + 2700 - Date.now()));
    // Some seconds long, and begun before the trap.
    const running = { type: 'Service', service: 'slow!sensorprobe', force: true };
    await traps.icinga.api.post('actions/reschedule-check', running);
    await until('the check to run', 10, async () => traps.checks('slow') > 0);
    const trap = Date.now() / 1000;
    expect((await traps.run(given)).code).toBe(0);
    expect(Date.now() - asked).toBeLessThan(4000);
    const line = `daemon.info Icinga checks 1 service of ${addresses.slow} at the end of the hold`;
    await until('the end of the hold', 10, () => traps.syslog.lines().includes(line));
    expect(traps.checks('slow')).toBe(1);
    await until('a check that began after the trap', 10, async () => (await lastSlow()) > trap);
    await until('the end', 10, () => traps.processes() === 0);
    expect(traps.syslog.lines().filter((one) => one === line)).toHaveLength(2);
  });

  /** Does something where the programs of the lab look, which have their own view of the file system. */
  const there = (...command: readonly string[]) => {
    const [program = '', ...rest] = [...traps.syslog.wrapper, ...command];
    return execFileSync(program, rest, { encoding: 'utf8', stdio: 'pipe' });
  };

  /** Whether a process is one that was left behind. */
  const isLeft = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`--sender=${addresses.probe}`);
    } catch {
      return false;
    }
  };

  describe('a trap is covered by nobody who does not come', () => {
    test('as when the process that waits was killed', async () => {
      const given = args({ hold: '3600' });
      await logged(() => traps.run(given));
      const [killed = 0] = traps.pids();
      process.kill(killed, 'SIGKILL');
      await until('its end', 10, () => traps.processes() === 0);
      expect((await traps.run(given)).code).toBe(0);
      expect(traps.pids()).toHaveLength(1);
      expect((await traps.run(given)).code).toBe(0);
      expect(traps.pids()).toHaveLength(1);
      expect((await logged(traps.endWaiting)).line).toBe(late);
    });

    // Timed: on a busy machine the one that is left may hear before it is told.
    test.each(['it', 'who has called it'])('as when %s is told to end before it can hear it', timed, async (whom) => {
      const before = traps.syslog.lines().length;
      let killed = 0;
      const meanwhile = (child: ChildProcess) => {
        const look = setInterval(() => {
          // What is forked for logger looks like the program itself.
          const [pid] = traps.pids().filter((one) => one !== child.pid && isLeft(one));
          if (pid === undefined) return;
          process.kill(whom === 'it' ? pid : (child.pid ?? 0), 'SIGTERM');
          killed += 1;
          clearInterval(look);
        }, 1);
      };
      const running = traps.run(args({ hold: '3600' }), undefined, { meanwhile });
      expect((await running).code).toBe(0);
      expect(killed).toBe(1);
      await until('both lines', 10, () => traps.syslog.lines().length === before + 2);
      expect(traps.syslog.lines().at(-1)).toBe(late);
      await until('the end', 10, () => traps.processes() === 0);
    });

    test('as when no process can be started', async () => {
      // As during an upgrade of Node.
      const node = path.join(lab.folder, 'node-to-go');
      copyFileSync(process.execPath, node);
      chmodSync(node, 0o755);
      const given = { hold: '3600', 'state-dir': traps.fresh() };
      const before = traps.syslog.lines().length;
      const meanwhile = async ({ pid }: ChildProcess) => {
        await until('its start', 10, () => readlinkSync(`/proc/${pid}/exe`) === node);
        rmSync(node);
      };
      expect((await traps.run(args(given), undefined, { node, meanwhile })).code).toBe(1);
      await until('the lines', 5, () => traps.syslog.lines().length === before + 2);
      expect(traps.syslog.lines().slice(before)).toEqual([
        `daemon.info Icinga checks 2 services of ${addresses.probe} at once`,
        `daemon.err a trap from ${addresses.probe}: no process can be started that asks at the end of the hold`,
      ]);
      // The next one is not taken for one that is waited for.
      expect((await traps.run(args(given))).code).toBe(0);
      expect(traps.pids()).toHaveLength(1);
      expect((await logged(traps.endWaiting)).line).toBe(late);
    });

    test('as when the program itself is told to end while the API says nothing', timed, async () => {
      const silent = await silence();
      const before = traps.syslog.lines().length;
      const given = args({ api: `127.0.0.1:${silent.port}`, hold: '3600', timeout: '1' });
      const running = traps.run(given, undefined, {
        meanwhile: async (child) => {
          await until('the question', 10, () => silent.connections() > 0);
          child.kill('SIGTERM');
        },
      });
      expect((await running).code).toBe(1);
      await silent.close();
      const said = `daemon.err a trap from ${addresses.probe}: Icinga's API at 127.0.0.1:${silent.port} did not answer within 1 s; it is asked`;
      await until('both lines', 5, () => traps.syslog.lines().length >= before + 2);
      expect(traps.syslog.lines().slice(before)).toEqual([`${said} once more now`, `${said} no more for this trap`]);
      expect(traps.processes()).toBe(0);
    });
  });

  test('a line is not lost with the logger that is ended when all are that snmptrapd has called', async () => {
    const real = path.join(lab.folder, 'snmptrapd', 'logger');
    copyFileSync('/usr/bin/logger', real);
    const script = `#!/bin/sh\n[ -e ${real}.ended ] || { : >${real}.ended; kill -TERM $$; }\nexec ${real} "$@"\n`;
    const mortal = file('mortal-logger', script, 0o755);
    there('mount', '--bind', mortal, '/usr/bin/logger');
    try {
      const { line, result } = await logged(() => traps.run(args({ hold: '1' })));
      expect(result.code).toBe(0);
      expect(existsSync(`${real}.ended`)).toBe(true);
      expect(line).toBe(`daemon.info Icinga checks 2 services of ${addresses.probe} at once`);
      await until('the end', 10, () => traps.processes() === 0);
    } finally {
      there('umount', '/usr/bin/logger');
    }
  });

  test('a trap that comes while Icinga is being asked has a turn of its own', async () => {
    const silent = await silence();
    const given = args({ api: `127.0.0.1:${silent.port}`, hold: '3600' });
    const first = traps.run(given);
    await until('the question', 10, () => silent.connections() > 0);
    expect((await traps.run(given)).code).toBe(0);
    const [own = 0] = readdirSync(given[given.indexOf('--state-dir') + 1] ?? '')
      .flatMap((name) => /^127\.0\.0\.50_(\d+)$/.exec(name)?.slice(1).map(Number) ?? [])
      .sort((a, b) => b - a);
    expect(own).toBe(2);
    expect((await first).code).toBe(1);
    expect(traps.pids()).toHaveLength(1);
    await silent.close();
    await traps.endWaiting();
  });

  test('where a hundred wait, a probe is checked at once, and a line says that it is not again', async () => {
    const folder = traps.fresh();
    mkdirSync(folder, { mode: 0o700 });
    // Of this process, which is there for as long as it takes.
    const turn = formatTurn({ due: Date.now() + 60_000, found: null, owner: ownerOf(process.pid) });
    for (let i = 0; i < 100; i++) writeFileSync(path.join(folder, `192.0.2.${i}_1`), turn, { mode: 0o600 });
    giveTo(traps.account, folder);
    const before = traps.syslog.lines().length;
    for (const _ of ['at once', 'within the hold'])
      expect((await traps.run(args({ 'state-dir': folder, hold: '3600' }))).code).toBe(1);
    await until('the lines', 5, () => traps.syslog.lines().length === before + 3);
    expect(traps.syslog.lines().slice(before)).toEqual([
      `daemon.info Icinga checks 2 services of ${addresses.probe} at once`,
      `daemon.err ${addresses.probe} is not checked again at the end of the hold: too many others wait for their time to be asked about`,
      `daemon.warn a trap from ${addresses.probe} changes nothing: too many others wait for their time to be asked about`,
    ]);
    expect(traps.processes()).toBe(0);
  });

  describe('a folder for turns that cannot be used costs the second check, and not the first', () => {
    const alone = async (folder: string, trouble: string) => {
      const before = traps.syslog.lines().length;
      const began = Date.now() / 1000;
      for (const _ of ['once', 'again']) expect((await traps.run(args({ 'state-dir': folder }))).code).toBe(1);
      await until('the check', 10, async () => (await lastCheck()) > began);
      await until('the lines', 10, () => traps.syslog.lines().length >= before + 4);
      const lines = [
        `daemon.info Icinga checks 2 services of ${addresses.probe} at once`,
        `daemon.err ${addresses.probe} is not checked again at the end of the hold: --state-dir: ${folder} ${trouble}`,
      ];
      expect(traps.syslog.lines().slice(before)).toEqual([...lines, ...lines]);
      expect(traps.processes()).toBe(0);
    };
    /** A folder of the account. */
    const made = (name: string) => {
      const folder = path.join(lab.folder, 'snmptrapd', name);
      mkdirSync(folder, { mode: 0o700 });
      giveTo(traps.account, folder);
      return folder;
    };

    const mounted = async (name: string, option: string, work: (folder: string) => Promise<void>) => {
      const folder = made(name);
      const { uid, gid } = traps.account;
      there('mount', '-t', 'tmpfs', '-o', `${option},mode=700,uid=${uid},gid=${gid}`, 'none', folder);
      try {
        await work(folder);
      } finally {
        there('umount', folder);
      }
    };

    test('full', async () => {
      await mounted('full', 'size=4k', async (folder) => {
        there('dd', 'if=/dev/zero', `of=${folder}/api`, 'bs=4096', 'count=1');
        await alone(folder, 'cannot be written (no space left)');
        expect(there('ls', '-A', folder)).toBe('api\n');
      });
    });

    test('full from the first turn on, and nobody relies on one that is asking', async () => {
      const silent = await silence();
      await mounted('one-page', 'size=4k', async (folder) => {
        const given = args({ api: `127.0.0.1:${silent.port}`, 'state-dir': folder });
        const first = traps.run(given);
        await until('the question', 10, () => silent.connections() > 0);
        await traps.run(given);
        expect(silent.connections()).toBeGreaterThanOrEqual(2);
        await first;
        await until('the end', 20, () => traps.processes() === 0);
      });
      await silent.close();
    });

    test('read-only', async () => {
      await mounted('read-only', 'ro', (folder) => alone(folder, 'cannot be written (its file system is read-only)'));
    });

    test('without the right to write', async () => {
      const folder = made('closed');
      chmodSync(folder, 0o500);
      await alone(folder, 'cannot be written (permission denied)');
      await alone(path.join(folder, 'below'), 'cannot be made or read (permission denied)');
      await alone(path.join(folder, 'missing/below'), 'cannot be made or read (there is no such folder)');
    });

    test('with somebody’s files in it, which stay', async () => {
      const folder = made('keys');
      writeFileSync(path.join(folder, 'id_rsa'), 'precious');
      utimesSync(path.join(folder, 'id_rsa'), 1, 1);
      await alone(folder, 'has something else in it (id_rsa): give it a folder of its own');
      expect(readdirSync(folder)).toEqual(['id_rsa']);
    });

    // What waits for a writer of the FIFO is not ended by SIGTERM either.
    test.each([
      ['FIFO', 'mkfifo', `${addresses.probe}_1`],
      ['FIFO', 'mkfifo', 'api'],
      ['folder', 'mkdir', `${addresses.probe}_1`],
      ['link', 'ln -s /dev/zero', `${addresses.probe}_1`],
    ])('with a %s made by %s in place of %s', async (_, command, name) => {
      const folder = made(`${name}-by-${command.replaceAll(/\W/g, '-')}`);
      there('timeout', '10', ...command.split(' '), path.join(folder, name));
      await alone(folder, `has something in it that is not a regular file (${name}): remove it`);
      expect(readdirSync(folder)).toEqual([name]);
    });
  });

  test('files that are named from where the program is called are found by what waits, too', async () => {
    const here = path.join(lab.folder, 'snmptrapd');
    const relative = { ca: 'ca.crt', 'api-credentials': 'secret', 'state-dir': path.basename(traps.fresh()) };
    const given = args({ ...relative, hold: '3600' });
    const { line, result } = await logged(() => traps.run(given, undefined, { cwd: here }));
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(line).toBe(`daemon.info Icinga checks 2 services of ${addresses.probe} at once`);
    expect((await logged(traps.endWaiting)).line).toBe(late);
  });

  test('what waits holds nothing of who called it', async () => {
    await traps.run(args({ hold: '3600' }));
    const [pid] = traps.pids();
    const held = [0, 1, 2].map((descriptor) => statSync(`/proc/${pid}/fd/${descriptor}`).rdev);
    expect(held).toEqual(held.map(() => statSync('/dev/null').rdev));
    // What it has said by that it waits.
    const open = () => readdirSync(`/proc/${pid}/fd`).map((one) => readlinkSync(`/proc/${pid}/fd/${one}`));
    await until('the end of that', 5, () => !open().some((one) => one.startsWith('socket:')));
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(password);
    await traps.endWaiting();
  });
});
