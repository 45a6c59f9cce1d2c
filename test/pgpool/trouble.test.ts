import { describe, expect, test } from 'vitest';
import type { Trouble } from '../../src/pgpool/index.ts';
import { backends, capture, judged, telling } from './capture.ts';

const server = (code: string, message: string, asking: string | null = null): Trouble => ({
  kind: 'server',
  code,
  message,
  asking,
});
const troubles: readonly (readonly [Trouble, string, string])[] = [
  [
    { kind: 'silent', limitMs: 5000 },
    'CRITICAL',
    'accepts no session within 5 s (children busy, or searching a primary)',
  ],
  [{ kind: 'unreachable', text: 'connection refused on port 9999' }, 'CRITICAL', 'connection refused'],
  [{ kind: 'closed', asking: null }, 'CRITICAL', 'closes the connection before there is a session'],
  [
    { kind: 'stalled', limitMs: 8500, asking: 'SHOW pool_nodes' },
    'CRITICAL',
    'gave no answer to SHOW pool_nodes within 8.5 s',
  ],
  [
    server('53300', 'Sorry, too many clients already'),
    'CRITICAL',
    'accepts no session: Sorry, too many clients already (53300)',
  ],
  [
    server('08S01', 'pgpool is not accepting any new connections: all backend nodes are down'),
    'CRITICAL',
    'all backend nodes are down',
  ],
  [server('XX000', 'failed to create a backend 0 connection'), 'CRITICAL', 'failed to create a backend 0'],
  [
    server('57P01', 'terminating connection due to administrator command'),
    'CRITICAL',
    'terminating connection due to administrator command (57P01)',
  ],
  [server('28P01', 'password authentication failed for user "mon"'), 'UNKNOWN', 'refuses the login'],
  [server('XX000', 'md5 authentication failed: password does not match'), 'UNKNOWN', 'refuses the login'],
  [server('28000', 'role "mon" is not permitted to log in'), 'UNKNOWN', 'not permitted to log in'],
  [server('3D000', 'database "nope" does not exist'), 'UNKNOWN', 'refuses the login'],
  [server('XX000', 'unable to get session context'), 'UNKNOWN', 'A role or database that does not exist'],
  [
    server('28000', 'client authentication failed: no pool_hba.conf entry for host "127.0.0.1"'),
    'UNKNOWN',
    'pool_hba.conf',
  ],
  [
    server('42704', 'unrecognized configuration parameter "pool_version"', 'SHOW pool_version'),
    'UNKNOWN',
    'this is PostgreSQL, not Pgpool-II',
  ],
  [server('99999', 'something new'), 'UNKNOWN', 'something new (99999)'],
  [{ kind: 'foreign', what: 'a server that speaks HTTP' }, 'UNKNOWN', 'not Pgpool-II'],
  [{ kind: 'refusal', text: 'offers no TLS' }, 'UNKNOWN', 'offers no TLS'],
];

test.each(troubles)('%j is %s', (trouble, state, words) => {
  const verdict = judged({ trouble });
  expect(verdict.state).toBe(state);
  expect(verdict.text).toContain(words);
});

describe('several at once', () => {
  const failed = { kind: 'failed', reason: 'password does not match' } as const;
  test('a watchdog that could not be read is not hidden by a standby that is down', () => {
    const { state, first, text } = judged({
      told: telling(backends({}, { status: 'down', pg_status: 'down', pg_role: 'unknown' })),
      watchdog: failed,
    });
    expect(state).toBe('UNKNOWN');
    expect(first).toContain('the watchdog could not be read: password does not match');
    expect(text).toContain('[WARNING] standby 1 (db2:5432) is down');
  });

  test('what PCP shows counts beside a login that is refused', () => {
    const trouble: Trouble = { kind: 'server', code: '28P01', message: 'no', asking: null };
    expect(judged({ trouble, pcpNodes: capture('00-healthy').pcp }).state).toBe('UNKNOWN');
    expect(judged({ trouble, pcpNodes: capture('11-standby-promoted').pcp }).state).toBe('CRITICAL');
  });

  test('PCP that refuses is UNKNOWN beside backends that are well', () => {
    const { state, first } = judged({ told: telling(backends({}, {})), pcpNodes: { ok: false, reason: 'no' } });
    expect(state).toBe('UNKNOWN');
    expect(first).toContain('PCP could not be asked');
  });
});
