import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Plugin, type Run } from './check.ts';
import { type Lab, openLab, whyNoPgpool } from './lab.ts';
import { backend, type Pgpool, type Settings, startPgpool } from './pgpool.ts';
import { type Pair, prepareTemplate, startPair } from './postgres.ts';

const reason = whyNoPgpool();
// A daemon waits for others, and a busy machine for all of them.
vi.setConfig({ testTimeout: 90_000 });

describe.skipIf(reason !== null)(
  `a Pgpool whose backends fail${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let lab: Lab;
    let plugin: Plugin;
    let pair: Pair;
    let pool: Pgpool;
    let count = 0;

    beforeAll(async () => {
      plugin = new Plugin();
      lab = openLab();
      await prepareTemplate(lab);
    }, 240_000);
    afterAll(async () => {
      plugin?.remove();
      await lab?.close();
    });
    beforeEach(async () => {
      count++;
      pair = await startPair(lab, `pair${count}`);
    }, 240_000);

    afterEach(() => lab.stop());

    async function start(settings: Settings = {}): Promise<void> {
      const backends = { ...backend(0, pair.primary.port), ...backend(1, pair.standby.port) };
      pool = await startPgpool(lab, `pool${count}`, backends, { settings });
      await plugin.until(/^\[OK]/, 15, () => plugin.sql(pool));
    }

    function expectKept(run: Run, seconds: number): void {
      expect(run.stderr).toBe('');
      expect(run.seconds).toBeLessThan(seconds + 1);
    }

    test('the primary dies, and is searched for: no session, while PCP still tells', async () => {
      await start({ search_primary_node_timeout: 300 });
      await pair.primary.crash();
      const searching = /^\[CRITICAL] 127\.0\.0\.1: accepts no session .*; PCP still shows 1 of 2 backends up/;
      const run = await plugin.until(searching, 25, () => plugin.both(pool, '-t', '6'));
      expectKept(run, 6);
      const down = await plugin.until(/accepts no session within 4\.5 s \(searching a primary\)/, 25, () =>
        plugin.both(pool, '-t', '6'),
      );
      expect(down.stdout).toContain(`[CRITICAL] no primary: 0 (127.0.0.1:${pair.primary.port}) is down`);
      expectKept(down, 6);
    });

    test('the primary dies, and the search for it is given up: no primary', async () => {
      await start({ search_primary_node_timeout: 1 });
      await pair.primary.crash();
      const run = await plugin.until(/^\[CRITICAL] 127\.0\.0\.1: no primary/, 25, () => plugin.both(pool));
      expect(run.stdout).toContain('so nothing can be written through Pgpool. Start the primary, or promote a standby');
    });

    test('the standby is promoted after the primary: the new primary is the one', async () => {
      await start({ search_primary_node_timeout: 30 });
      await pair.primary.crash();
      await plugin.until(/accepts no session/, 25, () => plugin.sql(pool, '-t', '6'));
      pair.standby.promote();
      const left = await plugin.until(/^\[WARNING] 127\.0\.0\.1: standby 0 /, 30, () => plugin.both(pool, '-t', '6'));
      expect(left.stdout).toContain(`standby 0 (127.0.0.1:${pair.primary.port}) is down, PostgreSQL does not answer`);
      await pair.primary.start();
      const back = await plugin.until(/^\[CRITICAL] 127\.0\.0\.1: two primaries/, 15, () => plugin.both(pool));
      expect(back.stdout).toContain('Do not attach it: stop it, and rebuild it as a standby');
      expect(back.stdout).not.toContain('pcp_attach_node');
    });

    test('everything is down: the reason is read behind the SSLRequest', async () => {
      await start({ search_primary_node_timeout: 1 });
      await pair.standby.crash();
      await pair.primary.crash();
      const run = await plugin.until(
        /^\[CRITICAL] 127\.0\.0\.1: accepts no session: .*all backend nodes are down/,
        30,
        () => plugin.both(pool, '-t', '6'),
      );
      expect(run.stdout).toContain('[CRITICAL] 0 of 2 backends up, 1 needed (--min-up)');
      expectKept(run, 6);
    });

    test('the standby is frozen: the limit is kept, and PCP or SQL says where', async () => {
      await start();
      pair.standby.freeze();
      const run = await plugin.until(/^\[(?:CRITICAL|WARNING)]/, 20, () => plugin.both(pool, '-t', '6'));
      expectKept(run, 6);
      pair.standby.thaw();
    });
  },
);
