import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Plugin } from './check.ts';
import { type Lab, openLab, whyNoPgpool } from './lab.ts';
import { backend, type Files, type Settings, startPgpool } from './pgpool.ts';
import { type Pair, prepareTemplate, startPair } from './postgres.ts';

const reason = whyNoPgpool();
// A daemon waits for others, and a busy machine for all of them.
vi.setConfig({ testTimeout: 90_000 });

/** How a Pgpool is set up, how it is asked, and what must be said of it. */
type Situation = {
  readonly story: string;
  readonly settings?: Settings;
  readonly files?: Files;
  /** Backends in place of the primary and its standby. */
  readonly backends?: (pair: Pair) => Settings;
  readonly args?: readonly string[];
  readonly first: RegExp;
  readonly says?: readonly RegExp[];
  readonly never?: RegExp;
};

/** A port where nobody listens. */
const nobody = 1025;
const blind = { sr_check_period: 0 };
const both = (pair: Pair) => ({ ...backend(0, pair.primary.port), ...backend(1, pair.standby.port) });

const situations: readonly Situation[] = [
  {
    story: 'that does not look at replication',
    settings: blind,
    first: /^\[WARNING] 127\.0\.0\.1: sr_check_period is 0: delay, replication and roles are not looked at/,
    never: /delay_1|no replication state/,
  },
  {
    story: 'that does not look at replication, with a limit for the delay',
    settings: blind,
    args: ['-w', 'delay=1e9'],
    first: /^\[UNKNOWN] 127\.0\.0\.1: sr_check_period is 0, so the range for delay judges nothing/,
  },
  {
    story: 'without a health check, which is the default of Pgpool',
    settings: { health_check_period: 0 },
    first: /^\[OK] 127\.0\.0\.1: 2 of 2 backends up/,
    says: [/not known: whether PostgreSQL answers, its own role \(health_check_period is 0\)/],
  },
  {
    story: 'whose sr_check_user lacks pg_monitor',
    settings: { sr_check_user: 'poor' },
    first: /^\[WARNING] 127\.0\.0\.1: standby 1 \(127\.0\.0\.1:\d+\) has no replication state/,
    says: [/sr_check_user lacks the role pg_monitor/],
  },
  {
    story: 'whose sr_check_user does not get in',
    settings: { sr_check_user: 'secret', sr_check_password: 'wrong' },
    first: /^\[CRITICAL] 127\.0\.0\.1: no primary/,
  },
  {
    story: 'with a gap in the numbers of its backends',
    backends: (pair) => ({ ...backend(0, pair.primary.port), ...backend(2, pair.standby.port) }),
    args: ['--expect-nodes', '2'],
    first: /^\[OK] 127\.0\.0\.1: 2 of 2 backends up/,
    says: [/\[OK] standby 2 /],
  },
  {
    story: 'in raw mode, whose replicas wait',
    settings: { backend_clustering_mode: 'raw' },
    first: /^\[OK] 127\.0\.0\.1: 2 of 2 backends up, 0 of 4/,
    says: [/\[OK] main 0 .* is up/, /\[OK] replica 1 .* is waiting for its first client/],
  },
  {
    story: 'with native replication',
    settings: { backend_clustering_mode: 'native_replication' },
    first: /^\[OK] 127\.0\.0\.1: 2 of 2 backends up, 0 of 4/,
    says: [/\[OK] replica 1 .* is up/],
  },
  {
    story: 'with native replication, and a limit for the delay',
    settings: { backend_clustering_mode: 'native_replication' },
    args: ['-c', 'delay=10'],
    first: /^\[UNKNOWN] 127\.0\.0\.1: Pgpool is in a mode without delays/,
  },
  {
    story: 'with snapshot isolation',
    settings: { backend_clustering_mode: 'snapshot_isolation' },
    first: /^\[OK] 127\.0\.0\.1: 2 of 2 backends up, 0 of 4/,
  },
  {
    story: 'that still has a status file from when a standby was down',
    files: { pgpool_status: 'up\ndown\n' },
    first:
      /^\[WARNING] 127\.0\.0\.1: standby 1 \(127\.0\.0\.1:\d+\) detached though PostgreSQL is running: pcp_attach_node -n 1/,
  },
  {
    story: 'with a backend where nobody listens',
    backends: (pair) => ({ ...both(pair), ...backend(2, nobody) }),
    args: ['--min-up', '2'],
    first:
      /^\[WARNING] 127\.0\.0\.1: standby 2 \(127\.0\.0\.1:1025\) is (?:down, PostgreSQL does not answer|up, but its PostgreSQL is down)/,
  },
  {
    story: 'with a backend that is never detached, and is down',
    backends: (pair) => ({ ...both(pair), ...backend(2, nobody, 'DISALLOW_TO_FAILOVER') }),
    first: /^\[WARNING] 127\.0\.0\.1: standby 2 \(127\.0\.0\.1:1025\) is (?:up|waiting), but its PostgreSQL is down/,
    says: [/\[WARNING] standby 1 .* has no replication state: standby 2 .* hides the state of all standbys/],
  },
];

describe.skipIf(reason !== null)(`a Pgpool${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: Lab;
  let pair: Pair;
  let plugin: Plugin;

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

  test.each(situations.map((one, i) => [one.story, one, i] as const))('%s', async (_, situation, i) => {
    const { settings = {}, files = {}, backends = both, args = [], first, says = [], never } = situation;
    const pool = await startPgpool(lab, `pool${i}`, backends(pair), { settings, files });
    const run = await plugin.until(first, 40, () => plugin.sql(pool, ...args));
    for (const one of says) expect(run.stdout).toMatch(one);
    if (never !== undefined) expect(run.stdout).not.toMatch(never);
    expect(run.stderr).toBe('');
    await pool.daemon.stop('SIGQUIT');
  });
});
