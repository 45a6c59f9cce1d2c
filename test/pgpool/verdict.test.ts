import { describe, expect, test } from 'vitest';
import type { Wishes } from '../../src/pgpool/index.ts';
import { backends, judged, limits, telling } from './capture.ts';

const down = { status: 'down', pg_status: 'down', pg_role: 'unknown', replication_state: '' } as const;
const detached = { status: 'down', pg_status: 'up' } as const;

/** A table: what the backends say, what is wished for, the state, and the words of the output. */
type Row = readonly [
  story: string,
  nodes: ReturnType<typeof backends>,
  wishes: Partial<Wishes>,
  state: string,
  words: string,
];

const rows: readonly Row[] = [
  ['all waiting', backends({ status: 'waiting' }, { status: 'waiting' }), {}, 'OK', '2 of 2 backends up'],
  ['one of two standbys down', backends({}, down, {}), { minUp: 2 }, 'WARNING', 'standby 1 (db2:5432) is down'],
  ['fewer than --min-up', backends({}, down), { minUp: 2 }, 'CRITICAL', '1 of 2 backends up, 2 needed'],
  ['no primary', backends({ role: 'standby', pg_role: 'standby' }, {}), {}, 'CRITICAL', 'no primary'],
  ['role primary, status down', backends(down, {}), {}, 'CRITICAL', 'no primary: 0 (db1:5432) is down'],
  [
    'the primary is up and its PostgreSQL down',
    backends({ pg_status: 'down', pg_role: 'unknown' }, {}),
    {},
    'CRITICAL',
    'primary 0 (db1:5432) is up, but its PostgreSQL is down',
  ],
  [
    'a primary in recovery',
    backends({ pg_role: 'standby' }, {}),
    {},
    'CRITICAL',
    'primary 0 (db1:5432) is a standby in',
  ],
  [
    'an old primary that came back beside the new one',
    backends({ ...detached, role: 'standby', pg_role: 'primary' }, { role: 'primary', pg_role: 'primary' }),
    {},
    'CRITICAL',
    'Do not attach it',
  ],
  [
    'roles that Pgpool does not know',
    backends({ pg_role: 'unknown', pg_status: 'unknown' }, { pg_role: 'unknown', pg_status: 'unknown' }),
    {},
    'OK',
    'not known: whether PostgreSQL answers, its own role',
  ],
  [
    'columns of 4.2, without pg_status and pg_role',
    backends({ pg_status: null, pg_role: null }, { pg_status: null, pg_role: null }),
    {},
    'OK',
    '2 of 2 backends up',
  ],
  [
    'an unused slot',
    backends({}, {}, { status: 'unused', hostname: '', pg_status: 'down', pg_role: 'unknown' }),
    { expectNodes: 2 },
    'OK',
    '2 of 2 backends up',
  ],
  [
    'fewer backends than expected',
    backends({}, {}),
    { expectNodes: 3 },
    'CRITICAL',
    '2 backends configured, 3 expected',
  ],
  [
    'another primary than expected',
    backends({}, {}),
    { expectPrimary: { host: 'db2', port: undefined } },
    'CRITICAL',
    'the primary is db1:5432, expected db2',
  ],
  [
    'the primary that is expected',
    backends({}, {}),
    { expectPrimary: { host: 'DB1', port: '5432' } },
    'OK',
    'primary 0 (db1:5432)',
  ],
  [
    'a status that is not known',
    backends({}, { status: 'resting' }),
    {},
    'UNKNOWN',
    'status resting is unknown to this plugin',
  ],
  [
    'a pg_status that is not known',
    backends({}, { pg_status: 'odd' }),
    {},
    'UNKNOWN',
    'pg_status odd is unknown to this plugin',
  ],
  [
    'a pg_role that is not known',
    backends({}, { pg_role: 'cascade' }),
    {},
    'UNKNOWN',
    'pg_role cascade is unknown to this plugin',
  ],
  [
    'a role that is not known',
    backends({}, { role: 'witness' }),
    {},
    'UNKNOWN',
    'role witness is unknown to this plugin',
  ],
  ['a replication state that is not known', backends({}, { replication_state: 'dreaming' }), {}, 'UNKNOWN', 'dreaming'],
  ['a standby that catches up', backends({}, { replication_state: 'catchup' }), {}, 'WARNING', 'does not stream yet'],
  [
    'spelt in capitals, with blanks',
    backends({ status: ' UP ', role: 'Primary' }, { replication_state: 'Streaming' }),
    {},
    'OK',
    '2 of 2',
  ],
  ['a column that is missing', backends({}, { status: null }), {}, 'UNKNOWN', 'status of backend 1 not given'],
  ['no backend at all', [], {}, 'UNKNOWN', 'lists no backend'],
  [
    'native replication',
    backends({ role: 'main', pg_role: 'main' }, { role: 'replica', pg_role: 'replica', replication_state: '' }),
    {},
    'OK',
    '2 of 2',
  ],
  [
    'master and slave of 4.1',
    backends({ role: 'master', pg_role: null }, { role: 'slave', pg_role: null, replication_state: '' }),
    {},
    'OK',
    '2 of 2',
  ],
  [
    'raw mode, whose replicas wait',
    backends({ role: 'main', pg_role: 'main' }, { role: 'replica', status: 'waiting', replication_state: '' }),
    {},
    'OK',
    '2 of 2',
  ],
  [
    'a replica down in native replication',
    backends({ role: 'main' }, { ...down, role: 'replica' }),
    {},
    'WARNING',
    'replica 1 (db2:5432) is down',
  ],
  [
    'every standby without a state',
    backends({}, { replication_state: '' }, { replication_state: '' }),
    {},
    'WARNING',
    'sr_check_user lacks',
  ],
  [
    'a dead standby that hides the others',
    backends({}, { pg_status: 'down', pg_role: 'unknown' }, { replication_state: '' }),
    {},
    'WARNING',
    'which hides the state of all standbys',
  ],
  [
    'quarantined, and PostgreSQL runs',
    backends({}, { status: 'quarantine' }),
    {},
    'WARNING',
    'is quarantined, PostgreSQL is running',
  ],
];

test.each(rows)('%s', (_, nodes, wishes, state, words) => {
  const verdict = judged({ told: telling(nodes) }, wishes);
  expect(verdict.text).toContain(words);
  expect(verdict.state).toBe(state);
});

describe('a backend that was detached', () => {
  const pcp = { host: 'pool1', port: 9898, user: 'admin' };
  test('gets the command that attaches it', () => {
    const { text } = judged({ told: telling(backends({}, detached)) }, { pcp });
    expect(text).toContain(
      'detached though PostgreSQL is running, since 2026-11-22 08:13:22. pcp_attach_node -h pool1 -p 9898 -U admin -n 1',
    );
  });

  test('and is a second primary never gets it, whatever else is up', () => {
    for (const role of ['primary', 'standby'])
      for (const other of [{}, { pg_role: 'unknown' }, { status: 'waiting' }, detached]) {
        const nodes = backends(other, { ...detached, role, pg_role: 'primary' });
        const { text, state } = judged({ told: telling(nodes) }, { pcp });
        expect(state).toBe('CRITICAL');
        expect(
          text
            .split('\n')
            .filter((line) => line.includes('1 (db2:5432)'))
            .join('\n'),
        ).not.toContain('pcp_attach_node');
      }
  });

  test('and whose role nobody knows gets it with a warning', () => {
    const { text } = judged({ told: telling(backends({}, { ...detached, pg_role: 'unknown' })) });
    expect(text).toContain('Make sure first that it is not a second primary');
  });

  test('is the primary itself, and the only one: it may be attached', () => {
    const { text, state } = judged({ told: telling(backends(detached, {})) });
    expect(state).toBe('CRITICAL');
    expect(text).toContain('pcp_attach_node -n 0');
  });
});

test('roles that are the other way round in PostgreSQL disagree, and are not two primaries', () => {
  const { text, state } = judged({ told: telling(backends({ pg_role: 'standby' }, { pg_role: 'primary' })) });
  expect(state).toBe('CRITICAL');
  expect(text).toContain('primary 0 (db1:5432) is a standby in PostgreSQL');
  expect(text).not.toContain('two primaries');
});

describe('sr_check_period', () => {
  const off = { sr_check_period: '0' };
  const blind = backends({ pg_role: 'unknown' }, { pg_role: 'unknown', replication_state: '' });
  test('of 0 is WARNING, without an alarm about roles and replication states', () => {
    const { state, text } = judged({ told: telling(blind, off) });
    expect(state).toBe('WARNING');
    expect(text).not.toContain('no replication state');
    expect(text).not.toContain('delay_1');
  });

  test('of 0 leaves a delay limit without a value', () => {
    const { state, text } = judged({ told: telling(blind, off) }, { warning: limits('delay=1000000') });
    expect(state).toBe('UNKNOWN');
    expect(text).toContain('sr_check_period is 0, so the range for delay judges nothing');
  });

  test('that looks, at a PostgreSQL that runs and does not tell its role, is WARNING', () => {
    const { state, text } = judged({ told: telling(backends({ pg_role: 'unknown' }, {})) });
    expect(state).toBe('WARNING');
    expect(text).toContain('check sr_check_user and its password');
  });
});

describe('a delay', () => {
  const slow = telling(backends({}, { replication_delay: '12.500000 seconds' }));
  test('in seconds is held against a range in seconds', () => {
    const { first } = judged({ told: slow }, { warning: limits('delay=10s') });
    expect(first).toContain('[WARNING] pool1: standby 1 (db2:5432): delay 12.5 s, outside 10');
    expect(first).toContain('delay_1=12.5s;10;;0');
    expect(judged({ told: slow }, { warning: limits('delay=20s') }).state).toBe('OK');
  });

  test.each([
    [slow, 'delay=10', 'Pgpool reports delays in seconds, and the range is in bytes'],
    [telling(backends({}, {})), 'delay=10s', 'Pgpool reports delays in bytes, and the range is in seconds'],
    [telling(backends({ role: 'main' }, { role: 'replica' })), 'delay=10', 'a mode without delays'],
    [telling(backends({})), 'delay=10', 'there is no standby'],
    [telling(backends({}, { replication_delay: 'much' })), 'delay=10', 'its delay cannot be read'],
  ] as const)('that no range can judge is UNKNOWN', (told, limit, words) => {
    const { state, text } = judged({ told }, { critical: limits(limit), warning: limits(limit) });
    expect(state).toBe('UNKNOWN');
    expect(text).toContain(words);
  });

  test('of a standby that is down is not judged', () => {
    const told = telling(backends({}, { ...down, replication_delay: '99999999' }));
    expect(judged({ told }, { critical: limits('delay=10') }).state).toBe('WARNING');
  });
});

describe('ranges', () => {
  test('for backends that are up', () => {
    const told = telling(backends({}, down, {}));
    expect(judged({ told }, { critical: limits('up=3:') }).first).toContain(
      '[CRITICAL] pool1: 2 of 3 backends up, outside 3:',
    );
  });

  test('for children of a Pgpool that keeps connections in reserve', () => {
    const told = telling(backends({}, {}), { reserved_connections: '2' });
    expect(judged({ told }).first).toContain('0 of 2 children in use');
  });

  test('for dynamic children, of which most are not started', () => {
    const row = (pool_pid: string, status: string) => ({ pool_pid, status, database: '' });
    const processes = [
      ...[row('11', 'Execute command'), row('12', 'Idle'), row('13', 'Wait for connection')],
      ...Array.from({ length: 7 }, () => row('0', '')),
    ];
    expect(judged({ told: { ...telling(backends({}, {})), processes } }).first).toContain('1 of 10 children in use');
  });

  test('for children before 4.3, which show a database while they are in use', () => {
    const processes = ['app', 'postgres', ''].map((database, i) => ({ pool_pid: String(i + 1), database }));
    expect(judged({ told: { ...telling(backends({}, {})), processes } }).first).toContain('1 of 3 children in use');
  });

  test('for children that nobody tells of', () => {
    const told = { ...telling(backends({}, {})), processes: undefined };
    expect(judged({ told }, { warning: limits('children=80') }).state).toBe('UNKNOWN');
  });
});

test('no repair has a character that notifications lose', () => {
  const texts = rows.flatMap(([, nodes, wishes]) =>
    judged({ told: telling(nodes) }, wishes)
      .text.split('\n')
      .slice(1),
  );
  for (const line of texts) expect(line).not.toMatch(/[`~$&|'"<>]/);
});
