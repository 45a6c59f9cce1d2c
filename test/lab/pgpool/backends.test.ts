import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { until } from '../poller/until.ts';
import { Plugin } from './check.ts';
import { type Lab, openLab, whyNoPgpool } from './lab.ts';
import { backend, type Pgpool, startPgpool } from './pgpool.ts';
import { type Pair, prepareTemplate, startPair } from './postgres.ts';

const reason = whyNoPgpool();
// A daemon waits for others, and a busy machine for all of them.
vi.setConfig({ testTimeout: 90_000 });

describe.skipIf(reason !== null)(`backends of a Pgpool${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: Lab;
  let pair: Pair;
  let pool: Pgpool;
  let plugin: Plugin;
  let [primary, standby] = ['', ''];

  beforeAll(async () => {
    plugin = new Plugin();
    lab = openLab();
    await prepareTemplate(lab);
    pair = await startPair(lab, 'pair');
    pool = await startPgpool(lab, 'pool', { ...backend(0, pair.primary.port), ...backend(1, pair.standby.port) });
    primary = `primary 0 (127.0.0.1:${pair.primary.port})`;
    standby = `standby 1 (127.0.0.1:${pair.standby.port})`;
  }, 240_000);
  afterAll(async () => {
    plugin?.remove();
    await lab?.close();
  });

  /** Asks until the first line says this of a backend, and checks the state and that nothing else came out. */
  async function expectFirst(state: string, words: string, ...args: readonly string[]) {
    const start = `[${state}] 127.0.0.1: ${words}`;
    const pattern = new RegExp(`^${start.replace(/[.[\]()|*+?^$\\]/g, '\\$&')}`);
    const run = await plugin.until(pattern, 40, () => plugin.both(pool, ...args));
    expect(run.stderr).toBe('');
    expect(run.code).toBe({ OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 }[state]);
    return run.stdout;
  }

  test('that are all well are OK, with their metrics', async () => {
    const text = await expectFirst('OK', `2 of 2 backends up, ${primary}, 0 of 4 children in use`);
    expect(text.split('\n')[0]).toMatch(
      / \| backends=2;;;0 backends_up=2;;;0;2 delay_1=\d+B;;;0 children=4;;;0 children_used=0;;;0;4$/,
    );
    expect(text).toContain('[OK] no watchdog is enabled');
  });

  test('that are as expected are OK, others are not', async () => {
    const { port } = pair.primary;
    await expectFirst('OK', '2 of 2', '--expect-nodes', '2', '--expect-primary', `127.0.0.1:${port}`);
    await expectFirst('CRITICAL', '2 backends configured, 3 expected', '--expect-nodes', '3');
    await expectFirst('CRITICAL', 'the primary is', '--expect-primary', `127.0.0.1:${pair.standby.port}`);
    await expectFirst('CRITICAL', '2 of 2 backends up, outside 3:', '-c', 'up=3:');
  });

  test('whose replay is paused fall behind: as the ranges say, in the unit that Pgpool reports', async () => {
    pair.standby.sql('SELECT pg_wal_replay_pause()');
    pair.primary.sql("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 2000)");
    await expectFirst('WARNING', `${standby}: delay `, '-w', 'delay=1e6', '-c', 'delay=1e9');
    await expectFirst('CRITICAL', `${standby}: delay `, '-w', 'delay=1000', '-c', 'delay=1e6');
    await expectFirst('UNKNOWN', 'Pgpool reports delays in bytes, and the range is in seconds', '-w', 'delay=10s');
    pair.standby.sql('SELECT pg_wal_replay_resume()');
    await expectFirst('OK', '2 of 2 backends up', '-w', 'delay=1e6');
  });

  test('whose standby was detached: the command is said, and not run', async () => {
    pool.pcp('pcp_detach_node', '-n', '1');
    const text = await expectFirst('WARNING', `${standby} detached though PostgreSQL is running: pcp_attach_node -n 1`);
    expect(text).toContain(`. pcp_attach_node -h 127.0.0.1 -p ${pool.pcpPort} -U pcpadmin -n 1`);
    await expectFirst('WARNING', `${standby} detached though PostgreSQL is running`);
    await expectFirst('CRITICAL', '1 of 2 backends up, 2 needed', '--min-up', '2');
    pool.pcp('pcp_attach_node', '-n', '1');
    await expectFirst('OK', '2 of 2 backends up');
  });

  test('whose standby does not stream have no replication state', async () => {
    pair.standby.sql("ALTER SYSTEM SET primary_conninfo = ''");
    pair.standby.sql('SELECT pg_reload_conf()');
    await expectFirst('WARNING', `${standby} has no replication state`);
    pair.standby.sql(
      `ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=${pair.primary.port} user=postgres application_name=standby1'`,
    );
    pair.standby.sql('SELECT pg_reload_conf()');
    await expectFirst('OK', '2 of 2 backends up');
  });

  test('whose standby dies, is started again, and stays detached', async () => {
    await pair.standby.crash();
    await expectFirst('WARNING', `${standby} is down, PostgreSQL does not answer`);
    await pair.standby.start();
    await expectFirst('WARNING', `${standby} detached though PostgreSQL is running: pcp_attach_node -n 1`);
    pool.pcp('pcp_attach_node', '-n', '1');
    await expectFirst('OK', '2 of 2 backends up');
  });

  test('whose standby was promoted behind its back are two primaries, and neither is to be attached', async () => {
    pair.standby.promote();
    const text = await expectFirst('CRITICAL', `two primaries: 0 (127.0.0.1:${pair.primary.port}) and 1 (127.0.0.1:`);
    expect(text).toContain(`[CRITICAL] ${standby} is a primary in PostgreSQL`);
    pool.pcp('pcp_detach_node', '-n', '1');
    // Pgpool says so a moment after it has taken the command.
    const detached = await until('a second primary that is detached', 40, async () => {
      const { stdout } = await plugin.until(/two primaries/, 40, () => plugin.both(pool));
      return stdout.includes('it is a second primary. Do not attach it') ? stdout : undefined;
    });
    expect(detached).not.toContain('pcp_attach_node');
  });
});
