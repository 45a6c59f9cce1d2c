import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { until } from '../poller/until.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { Plugin, type Run } from './check.ts';
import { type Daemon, freePorts, type Lab, openLab, programs, whyNoPgpool } from './lab.ts';
import { backend, type Pgpool, type Settings, startPgpool } from './pgpool.ts';
import { type Pair, prepareTemplate, startPair } from './postgres.ts';

const reason = whyNoPgpool();
// A daemon waits for others, and a busy machine for all of them.
vi.setConfig({ testTimeout: 90_000 });
/** Of the role `secret`; the file in which Pgpool has it takes no colon and no backslash. */
const password = 'opensesame7';

describe.skipIf(reason !== null)(`sessions of a Pgpool${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: Lab;
  let pair: Pair;
  let plugin: Plugin;
  let backends: Settings;

  beforeAll(async () => {
    plugin = new Plugin();
    lab = openLab();
    await prepareTemplate(lab);
    pair = await startPair(lab, 'pair');
    backends = { ...backend(0, pair.primary.port), ...backend(1, pair.standby.port) };
  }, 240_000);
  afterAll(async () => {
    plugin?.remove();
    await lab?.close();
  });

  function expectRun(run: Run, state: string, words: string): void {
    expect(run.stdout.split('\n')[0]).toContain(`[${state}] 127.0.0.1: ${words}`);
    expect(run.code).toBe({ OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 }[state]);
    expect(run.stderr).toBe('');
  }

  /** Clients that keep their sessions until they are stopped: so many must be seen in all. */
  async function hold(pool: Pgpool, count: number, seen = count): Promise<readonly Daemon[]> {
    const port = String(pool.port);
    const args = ['-X', '-h', '127.0.0.1', '-p', port, '-U', 'monitor', '-c', 'SELECT pg_sleep(600)', 'postgres'];
    const held = Array.from({ length: count }, (_, i) => lab.start(`hold${i}`, `${programs}/psql`, args));
    const asleep = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'monitor' AND query LIKE '%pg_sleep%'";
    await until('sessions that are held', 20, () => {
      const counts = [pair.primary, pair.standby].map((one) => Number(one.sql(asleep)));
      return counts.reduce((sum, one) => sum + one, 0) >= seen;
    });
    return held;
  }

  describe('of which clients hold', () => {
    let pool: Pgpool;
    let held: readonly Daemon[] = [];
    beforeAll(async () => {
      pool = await startPgpool(lab, 'busy', backends);
    });
    afterAll(async () => {
      await Promise.all(held.map((one) => one.stop('SIGKILL')));
    });

    test('some: children are counted in percent, without that of the check', async () => {
      held = await hold(pool, 2);
      expectRun(await plugin.sql(pool), 'OK', '2 of 2 backends up');
      const warning = await plugin.sql(pool, '-w', 'children=49', '-c', 'children=51');
      expectRun(warning, 'WARNING', '50 % of the children in use (2 of 4), outside 49');
      expect(warning.stdout).toContain(' children=4;;;0 children_used=2;1.96;2.04;0;4');
      expectRun(await plugin.sql(pool, '-c', 'children=49'), 'CRITICAL', '50 % of the children in use');
    });

    test('all: no session within the limit, and PCP says that the backends are well', async () => {
      held = [...held, ...(await hold(pool, 2, 4))];
      const alone = await plugin.sql(pool, '-t', '6');
      expectRun(alone, 'CRITICAL', 'accepts no session within 4.5 s (children busy, or searching a primary)');
      expect(alone.seconds).toBeLessThan(7);
      const both = await plugin.both(pool, '-t', '6');
      expectRun(
        both,
        'CRITICAL',
        'accepts no session within 4.5 s (children busy); PCP still shows 2 of 2 backends up',
      );
      expect(both.stdout).toContain('[OK] primary 0 ');
      expect(both.seconds).toBeLessThan(7);
    });

    test('nothing of, since it was stopped: the connection is refused, and PCP cannot be asked', async () => {
      await pool.daemon.stop('SIGQUIT');
      const run = await plugin.both(pool);
      expectRun(run, 'CRITICAL', 'connection refused on port');
      expect(run.stdout).toContain('[UNKNOWN] the watchdog could not be read: ');
    });
  });

  test('all but the reserved ones in use: the reason is read without TLS', async () => {
    const pool = await startPgpool(lab, 'reserved', backends, {
      settings: { reserved_connections: 1, num_init_children: 3 },
    });
    const held = await hold(pool, 2);
    for (const mode of ['prefer', 'disable'])
      expectRun(
        await plugin.sql(pool, '--sslmode', mode),
        'CRITICAL',
        'accepts no session: Sorry, too many clients already (53300)',
      );
    await Promise.all(held.map((one) => one.stop('SIGKILL')));
    await pool.daemon.stop('SIGQUIT');
  });

  test('nobody there: the connection is refused', async () => {
    const [port = 0] = await freePorts(1);
    const run = await plugin.run(['-H', 'localhost', '-p', String(port)]);
    expect(run.stdout).toMatch(/^\[CRITICAL] localhost: (?:no connection: .*)?connection refused on port/);
    const socket = await plugin.run(['-H', lab.file('nowhere'), '-p', String(port)]);
    expect(socket.stdout).toMatch(/^\[CRITICAL] .*: there is no socket .*nowhere\/\.s\.PGSQL\./);
  });

  test('a plain PostgreSQL is not a Pgpool', async () => {
    const run = await plugin.run(['-H', '127.0.0.1', '-p', String(pair.primary.port)]);
    expectRun(run, 'UNKNOWN', 'this is PostgreSQL, not Pgpool-II');
  });

  describe('for which a password is needed', () => {
    let pool: Pgpool;
    const hba = [
      'host all secret 127.0.0.1/32 scram-sha-256',
      'host all srcheck 127.0.0.1/32 reject',
      'local all all trust',
      'host all locked,nobody 127.0.0.1/32 trust',
      'host all monitor 127.0.0.1/32 trust',
      '',
    ].join('\n');
    beforeAll(async () => {
      const files = { 'pool_hba.conf': hba, pool_passwd: `secret:TEXT${password}\n` };
      pool = await startPgpool(lab, 'login', backends, { settings: { enable_pool_hba: 'on' }, files });
    });
    afterAll(() => pool.daemon.stop('SIGQUIT'));

    test('it comes from the environment, a password file or a credentials file, and shows nowhere', async () => {
      const user = ['-U', 'secret', '-vvv'];
      const escaped = password.replace(/[\\:]/g, '\\$&');
      const file = plugin.secrets(`*:${pool.port}:*:secret:${escaped}\n`);
      const runs = [
        await plugin.run(['-H', '127.0.0.1', '-p', String(pool.port), ...user], { PGPASSWORD: password }),
        await plugin.run(['-H', '127.0.0.1', '-p', String(pool.port), ...user], { PGPASSFILE: file }),
        await plugin.sql(pool, ...user, '--credentials', plugin.secrets(`PGPASSWORD=${password}\n`)),
      ];
      for (const run of runs) {
        expectRun(run, 'OK', '2 of 2 backends up');
        expect(run.stdout).not.toContain('sesame');
      }
    });

    test('a wrong one, none, and one that others can read are UNKNOWN', async () => {
      const ask = (env: Readonly<Record<string, string>>) =>
        plugin.run(['-H', '127.0.0.1', '-p', String(pool.port), '-U', 'secret', '-vvv'], env);
      const wrong = await ask({ PGPASSWORD: 'wrong s3cret' });
      expectRun(wrong, 'UNKNOWN', 'refuses the login: ');
      expect(wrong.stdout).not.toContain('s3cret');
      expectRun(
        await ask({}),
        'UNKNOWN',
        'it asks for the password of secret, but none is available: no PGPASSWORD, and ',
      );
      const open = plugin.secrets('*:*:*:*:s3cret\n', 0o644);
      expectRun(
        await ask({ PGPASSFILE: open }),
        'UNKNOWN',
        'it asks for the password of secret, but none is available',
      );
    });

    test.each([
      ['a role that pool_hba.conf keeps out', ['-U', 'srcheck']],
      ['a role that may not log in', ['-U', 'locked']],
      ['a role that does not exist', ['-U', 'nobody']],
      ['a database that does not exist', ['-d', 'nowhere']],
    ])('%s is UNKNOWN', async (_, args) => {
      expectRun(await plugin.sql(pool, ...args), 'UNKNOWN', 'refuses the login: ');
    });

    test('through the Unix socket none is', async () => {
      const run = await plugin.run([
        '-H',
        pool.sockets,
        '-p',
        String(pool.port),
        '-U',
        'monitor',
        '--sslmode',
        'require',
      ]);
      expect(run.stdout).toContain(`[OK] ${pool.sockets}: 2 of 2 backends up`);
    });
  });

  describe('with TLS', () => {
    let certificates: Certificates;
    beforeAll(() => {
      certificates = makeCertificates(lab);
    });
    const ssl = { ssl: 'on', ssl_key: 'server.key', ssl_cert: 'server.crt' };

    test('are opened, and verified as far as is wanted', async () => {
      const files = certificates.serverFiles(['localhost', '127.0.0.1']);
      const pool = await startPgpool(lab, 'tls', backends, { settings: ssl, files });
      const ask = (mode: string, ca?: string) =>
        plugin.sql(pool, '-v', '--sslmode', mode, ...(ca === undefined ? [] : ['--sslrootcert', ca]));
      for (const mode of ['prefer', 'require']) {
        const run = await ask(mode);
        expectRun(run, 'OK', '2 of 2 backends up');
        expect(run.stdout).toContain('asked by SQL with TLS');
      }
      expect((await ask('disable')).stdout).toContain('asked by SQL without TLS');
      for (const mode of ['verify-ca', 'verify-full']) {
        expectRun(await ask(mode, certificates.ca), 'OK', '2 of 2 backends up');
        expectRun(await ask(mode, certificates.otherCa), 'UNKNOWN', 'its certificate does not verify');
      }
      await pool.daemon.stop('SIGQUIT');
    });

    test('of another name: verify-ca does not compare names', async () => {
      const files = certificates.serverFiles(['pool.example']);
      const pool = await startPgpool(lab, 'tlsname', backends, { settings: ssl, files });
      const ca = ['--sslrootcert', certificates.ca];
      expectRun(await plugin.sql(pool, '--sslmode', 'verify-ca', ...ca), 'OK', '2 of 2');
      expectRun(
        await plugin.sql(pool, '--sslmode', 'verify-full', ...ca),
        'UNKNOWN',
        'its certificate is for another name',
      );
      await pool.daemon.stop('SIGQUIT');
    });

    test('that has expired', async () => {
      const files = certificates.serverFiles(['127.0.0.1'], -1);
      const pool = await startPgpool(lab, 'tlsold', backends, { settings: ssl, files });
      const ca = ['--sslrootcert', certificates.ca];
      expectRun(await plugin.sql(pool, '--sslmode', 'verify-full', ...ca), 'UNKNOWN', 'its certificate has expired');
      expectRun(await plugin.sql(pool, '--sslmode', 'require'), 'OK', '2 of 2');
      await pool.daemon.stop('SIGQUIT');
    });

    test('that is asked for and not offered', async () => {
      const pool = await startPgpool(lab, 'plain', backends);
      expectRun(await plugin.sql(pool, '--sslmode', 'require'), 'UNKNOWN', 'it offers no TLS, but --sslmode wants it');
      writeFileSync(lab.file('empty.pem'), '');
      const nothing = await plugin.sql(pool, '--sslmode', 'verify-ca', '--sslrootcert', lab.file('empty.pem'));
      expect(nothing.stdout).toContain('[UNKNOWN] --sslrootcert: there is no certificate in');
      await pool.daemon.stop('SIGQUIT');
    });
  });
});
