import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Plugin } from './check.ts';
import { freePorts, type Lab, openLab, whyNoPgpool } from './lab.ts';
import { backend, type Pgpool, type Settings, startPgpool } from './pgpool.ts';
import { type Pair, prepareTemplate, startPair } from './postgres.ts';

const reason = whyNoPgpool();
// A daemon waits for others, and a busy machine for all of them.
vi.setConfig({ testTimeout: 90_000 });

describe.skipIf(reason !== null)(`a watchdog${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: Lab;
  let plugin: Plugin;
  let pair: Pair;

  beforeAll(async () => {
    plugin = new Plugin();
    lab = openLab();
    await prepareTemplate(lab);
    pair = await startPair(lab, 'pair');
  }, 240_000);
  afterAll(async () => {
    plugin?.remove();
    await lab?.close();
  });

  /** Pgpools on loopback that watch each other. */
  async function startAll(name: string, size: number, more: Settings = {}): Promise<readonly Pgpool[]> {
    const ports = await freePorts(4 * size);
    const port = (i: number, what: number) => ports[4 * i + what] ?? 0;
    const members = Object.assign({}, ...Array.from({ length: size }, (_, i) => memberSettings(i, port)));
    const settings: Settings = {
      ...{ use_watchdog: 'on', wd_lifecheck_method: 'heartbeat', wd_interval: 1, wd_heartbeat_keepalive: 1 },
      ...{ wd_heartbeat_deadtime: 4, delegate_IP: '', trusted_servers: '', wd_priority: 1 },
      ...members,
      ...more,
    };
    const backends = { ...backend(0, pair.primary.port), ...backend(1, pair.standby.port) };
    return Promise.all(
      Array.from({ length: size }, (_, i) =>
        startPgpool(lab, `${name}${i}`, backends, {
          settings,
          files: { pgpool_node_id: `${i}\n` },
          ports: [port(i, 0), port(i, 1)],
        }),
      ),
    );
  }

  function memberSettings(i: number, port: (i: number, what: number) => number): Settings {
    return {
      ...{ [`hostname${i}`]: '127.0.0.1', [`pgpool_port${i}`]: port(i, 0), [`wd_port${i}`]: port(i, 2) },
      ...{ [`heartbeat_hostname${i}`]: '127.0.0.1', [`heartbeat_port${i}`]: port(i, 3), [`heartbeat_device${i}`]: '' },
    };
  }

  test('of three: with quorum, with one lost, and without', async () => {
    const [one, two, three] = await startAll('three', 3);
    if (one === undefined || two === undefined || three === undefined) throw new Error('three Pgpools');
    const ask = () => plugin.both(one, '--watchdog', 'require');
    const healthy = await plugin.until(/^\[OK] .*, watchdog 3 of 3 \|/, 30, ask);
    expect(healthy.stdout).toMatch(/ watchdog_nodes=3;;;0 watchdog_alive=3;;;0;3\n/);
    expect(healthy.stdout).toMatch(/\[OK] watchdog: quorum exists, leader 127\.0\.0\.1:\d+ /);
    await three.daemon.stop('SIGINT');
    const lost = await plugin.until(
      /^\[WARNING] 127\.0\.0\.1: Pgpool 127\.0\.0\.1:\d+ .* is lost to the watchdog/,
      30,
      ask,
    );
    expect(lost.stdout).toContain('watchdog_nodes=3;;;0 watchdog_alive=2;;;0;3');
    await two.daemon.stop('SIGKILL');
    const absent = await plugin.until(
      /^\[CRITICAL] 127\.0\.0\.1: the watchdog has lost its quorum: no failover/,
      30,
      ask,
    );
    expect(absent.stdout).toContain('watchdog_alive=1;;;0;3');
    expect(absent.code).toBe(2);
    await one.daemon.stop('SIGQUIT');
  });

  test('of two, where half of the votes are enough: on the edge when one is lost', async () => {
    const [one, two] = await startAll('two', 2, { enable_consensus_with_half_votes: 'on' });
    if (one === undefined || two === undefined) throw new Error('two Pgpools');
    await plugin.until(/^\[OK] .*, watchdog 2 of 2 \|/, 30, () => plugin.both(one));
    await two.daemon.stop('SIGINT');
    const edge = await plugin.until(/^\[WARNING] 127\.0\.0\.1: the watchdog is on the edge of its quorum/, 30, () =>
      plugin.both(one),
    );
    expect(edge.code).toBe(1);
    await one.daemon.stop('SIGQUIT');
  });

  test('that is not enabled, not told of, or not wanted', async () => {
    const pool = await startPgpool(lab, 'none', { ...backend(0, pair.primary.port), ...backend(1, pair.standby.port) });
    await plugin.until(/^\[OK]/, 15, () => plugin.both(pool));
    expect((await plugin.both(pool, '--watchdog', 'require')).stdout).toMatch(
      /^\[CRITICAL] .* the watchdog is not enabled/,
    );
    const stranger = ['--pcp-port', String(pool.pcpPort), '--pcp-username', 'stranger'];
    const wrong = await plugin.sql(
      pool,
      ...stranger,
      '--credentials',
      plugin.secrets('PCPPASSWORD=s3cret:\\x\n'),
      '-vvv',
    );
    expect(wrong.stdout).toMatch(/^\[UNKNOWN] .*: the watchdog could not be read: .*password does not match/);
    expect(wrong.stdout).not.toContain('s3cret');
    const ignored = await plugin.sql(pool, ...stranger, '--watchdog', 'ignore');
    expect(ignored.stdout).toMatch(/^\[UNKNOWN] .*: PCP could not be asked for the backends: /);
    const [port = 0] = await freePorts(1);
    const nobody = await plugin.sql(pool, '--pcp-port', String(port));
    expect(nobody.stdout).toMatch(/^\[UNKNOWN] .*: the watchdog could not be read: .*Connection refused/);
    await pool.daemon.stop('SIGQUIT');
  });

  test('whose PCP is silent does not keep the check beyond its limit', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve());
    });
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const pcp = ['--pcp-port', String(port), '-t', '6'];
    const run = await plugin.run(['-H', '127.0.0.1', '-p', String(pair.primary.port), ...pcp]);
    expect(run.stdout).toMatch(/\[UNKNOWN] the watchdog could not be read: no answer from PCP within [34](?:\.\d)? s/);
    expect(run.seconds).toBeLessThan(7);
    silent.close();
  });
});
