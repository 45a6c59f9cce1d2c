import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import plugin from '../../plugins/check_pgpool.ts';
import { readCommandLine } from '../../src/plugin/command_line.ts';
import { faultsOf } from '../../src/plugin/index.ts';
import { bundle } from '../../tools/bundle.ts';
import { withPgpool } from '../../tools/simulated_pgpool.ts';
import { type Outcome, runPlugin } from '../run_plugin.ts';
import { timed } from '../timed.ts';

function read(line: string) {
  return readCommandLine(plugin, line.split(' '), {});
}

test('its declarations are sound', () => {
  expect(faultsOf(plugin)).toEqual([]);
});

test.each([
  ['-H pool1 -p 9999 -U monitor -d postgres'],
  ['-H /run/postgresql -w delay=10s -c delay=1:60s -w children=80 -c up=2:'],
  ['-H [2001:db8::7] --sslmode verify-full --sslrootcert ca.pem'],
  ['-H pool1 --pcp-port 9898 --pcp-host pool1-admin --pcp-username admin --watchdog require'],
  ['-H pool1 --expect-primary [2001:db8::7]:5432 --expect-nodes 3 --min-up 2'],
])('%s is understood', (line) => {
  expect(read(line)).toMatchObject({ kind: 'run' });
});

test.each([
  ['-p 9999', /--hostname is required/],
  ['-H pool1;id', /"pool1;id" is not a host name/],
  ['-H -x', /-H needs a value/],
  ['-H pool1 -w lag=5', /"lag=5" is not WHAT=RANGE with delay, children or up/],
  ['-H pool1 -w delay=1 -w delay=2s', /--warning has two ranges for delay/],
  ['-H pool1 -c up=1: -c up=2:', /--critical has two ranges for up/],
  ['-H pool1 --watchdog require', /--watchdog require needs --pcp-port/],
  ['-H pool1 --pcp-username admin', /--pcp-username needs --pcp-port/],
  ['-H pool1 --pcp-port 80', /--pcp-port: "80" is not between 1025 and 65535/],
  ['-H pool1 --sslmode verify-ca', /--sslrootcert is required with --sslmode verify-ca/],
  ['-H pool1 --sslmode require --sslrootcert ca.pem', /--sslmode require verifies nothing/],
  ['-H pool1 --sslmode allow', /"allow" is not one of disable/],
  ['-H pool1 --password secret', /unknown option "--password"/],
])('%s is a usage error', (line, reason) => {
  expect(read(line)).toMatchObject({ kind: 'refused', reason: expect.stringMatching(reason) });
});

describe('the pcp programs', () => {
  let folder = '';
  let built = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-'));
    built = path.join(folder, 'check_pgpool');
    bundle('plugins/check_pgpool.ts', built);
    mkdirSync(path.join(folder, 'tmp'));
    mkdirSync(path.join(folder, 'bin'));
    writeFileSync(path.join(folder, 'secret'), 'PCPPASSWORD=s3:cr\\et\n', { mode: 0o600 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A program that stands for one of pgpool2, as a script; `$0` and its arguments go into the file `asked`. */
  function program(name: string, script: string): void {
    const file = path.join(folder, 'bin', name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >>'${folder}/asked'\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** Asks where nobody answers by SQL (port 1), or a simulated Pgpool. */
  async function ask(
    port: number,
    args: readonly string[] = [],
    over: Parameters<typeof runPlugin>[2] = {},
  ): Promise<Outcome & { readonly asked: string }> {
    writeFileSync(path.join(folder, 'asked'), '');
    const env = { PATH: `${folder}/bin:/usr/bin:/bin`, TMPDIR: path.join(folder, 'tmp'), PGUSER: 'monitor' };
    const pcp = ['--pcp-port', '9898', '--credentials', path.join(folder, 'secret'), ...args];
    const outcome = await runPlugin(built, ['-H', '127.0.0.1', '-p', String(port), ...pcp], { env, ...over });
    return { ...outcome, asked: readFileSync(path.join(folder, 'asked'), 'utf8') };
  }

  const leftBehind = () => readdirSync(path.join(folder, 'tmp'));
  const watchdog = `cat '${path.resolve('test/fixtures/pgpool/30-watchdog-healthy-verbose.txt')}'`;

  // On a busy machine SQL may take so long that PCP is asked as well.
  test('are asked for the watchdog alone while SQL tells of the backends', timed, async () => {
    program('pcp_watchdog_info', watchdog);
    program('pcp_node_info', 'sleep 30');
    const run = await withPgpool('test/fixtures/pgpool/00-healthy.psv', (port) => ask(port));
    expect(run.stdout).toMatch(/^\[OK] 127\.0\.0\.1: 2 of 2 backends up, .*, watchdog 3 of 3 /);
    expect(run.asked).toBe('pcp_watchdog_info -w -h 127.0.0.1 -p 9898 -U monitor -v\n');
  });

  test('get the password in a file that only this user can read, which is gone afterwards', async () => {
    program('pcp_watchdog_info', `ls -l "$PCPPASSFILE" >>'${folder}/asked'; cat "$PCPPASSFILE" >>'${folder}/asked'`);
    const run = await ask(1, ['-vvv']);
    expect(run.asked).toMatch(/\n-rw------- .*\n\*:\*:\*:s3\\:cr\\\\et\n/);
    expect(run.stdout).not.toContain('s3');
    expect(leftBehind()).toEqual([]);
  });

  test('are ended with the plugin, and the file of the password with them', async () => {
    program('pcp_watchdog_info', 'exec sleep 30');
    const run = await ask(1, [], { meanwhile: (child) => setTimeout(() => child.kill('SIGTERM'), 4000) });
    expect(run.stdout).toMatch(/^\[UNKNOWN] check_pgpool: ended by SIGTERM while asking 127\.0\.0\.1\n/);
    expect(run.code).toBe(3);
    expect(leftBehind()).toEqual([]);
  });

  test('tell of one backend at a time before 4.3', async () => {
    program('pcp_watchdog_info', 'echo "ERROR:  watcdhog is not enabled" >&2');
    program(
      'pcp_node_info',
      `case "$*" in *-a*) echo "pcp_node_info: invalid option -- 'a'" >&2; exit 1;; esac
      for last; do :; done
      printf 'Hostname               : db%s\\nPort                   : 5432\\nStatus                 : 2\\n' "$last"
      role=standby; [ "$last" = 0 ] && role=primary
      printf 'Weight                 : 0.5\\nStatus Name            : up\\nRole                   : %s\\n' $role
      printf 'Replication Delay      : 0\\nReplication State      : streaming\\nReplication Sync State : async\\n'`,
    );
    program('pcp_node_count', 'echo 3');
    const run = await ask(1);
    expect(run.stdout).toMatch(/^\[CRITICAL] 127\.0\.0\.1: connection refused .*; PCP still shows 3 of 3 backends up/);
    for (const name of ['primary 0 (db0:5432)', 'standby 1 (db1:5432)', 'standby 2 (db2:5432)'])
      expect(run.stdout).toContain(`\\_ [OK] ${name} is up`);
  });

  test.each([
    ['write nothing', 'true', 'pcp_watchdog_info gave no answer'],
    ['say that they were successful', 'echo "pcp_watchdog_info -- Command Successful"', 'Command Successful'],
    ['lose their socket', 'echo "ERROR: unable to read data from socket." >&2', 'unable to read data from socket'],
    ['are killed', 'kill -9 $$', 'pcp_watchdog_info gave no answer'],
  ])('that %s, and end well, have not told of the watchdog', async (_, script, reason) => {
    program('pcp_watchdog_info', script);
    const run = await withPgpool('test/fixtures/pgpool/00-healthy.psv', (port) => ask(port));
    expect(run.stdout).toMatch(/^\[UNKNOWN] 127\.0\.0\.1: the watchdog could not be read: /);
    expect(run.stdout).toContain(reason);
    expect(run.code).toBe(3);
  });

  test('that are not installed are said to be missing', async () => {
    rmSync(path.join(folder, 'bin/pcp_watchdog_info'));
    const env = { PATH: `${folder}/bin:/usr/bin:/bin`, PGUSER: 'monitor' };
    const args = ['-p', '1', '--pcp-port', '9898', '--watchdog', 'require'];
    // Where Debian has them, they are found although the PATH of a daemon lacks the folder.
    const run = await runPlugin(built, ['-H', '127.0.0.1', ...args], { env });
    expect(run.stdout).toMatch(
      /\[UNKNOWN] the watchdog could not be read: (?:pcp_watchdog_info is not installed|.*refused)/,
    );
  });
});
