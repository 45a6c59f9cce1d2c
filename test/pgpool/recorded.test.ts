import { describe, expect, test } from 'vitest';
import { readPcpNodes } from '../../src/pgpool/index.ts';
import { recordedRows } from '../fixtures/pgpool/recording.ts';
import { capture, captured, judged, limits, watched } from './capture.ts';

/** Situations of a real Pgpool-II 4.3.5 with PostgreSQL 15, by the name of their recording. */
const situations = [
  ['00-healthy', 'OK', '2 of 2 backends up, primary 0 (127.0.0.1:15432)'],
  ['01-replay-paused', 'OK', '2 of 2 backends up'],
  ['02-detached', 'WARNING', 'standby 1 (127.0.0.1:15433) detached though PostgreSQL is running: pcp_attach_node -n 1'],
  ['03-attached-soon', 'OK', '2 of 2 backends up'],
  ['04-attached-later', 'OK', '2 of 2 backends up'],
  ['05-standby-killed-0s', 'WARNING', 'standby 1 (127.0.0.1:15433) is up, but its PostgreSQL is down'],
  ['06-standby-killed-3s', 'WARNING', 'standby 1 (127.0.0.1:15433) is down, PostgreSQL does not answer'],
  ['07-standby-killed-9s', 'WARNING', 'standby 1 (127.0.0.1:15433) is down, PostgreSQL does not answer'],
  ['08-standby-restarted-not-attached', 'WARNING', 'detached though PostgreSQL is running: pcp_attach_node -n 1'],
  ['09-reattached', 'OK', '2 of 2 backends up'],
  ['10-replication-stopped', 'WARNING', 'standby 1 (127.0.0.1:15433) has no replication state'],
  ['11-standby-promoted', 'CRITICAL', 'two primaries: 0 (127.0.0.1:15432) and 1 (127.0.0.1:15433)'],
  ['12-standby-promoted-10s', 'CRITICAL', 'two primaries: 0 (127.0.0.1:15432) and 1 (127.0.0.1:15433)'],
  ['33-quarantine', 'WARNING', 'standby 1 (127.0.0.1:15433) is quarantined, PostgreSQL does not answer'],
] as const;

describe('what SQL told', () => {
  test.each(situations)('%s is %s: %s', (name, state, words) => {
    const verdict = judged({ told: capture(name).told });
    expect(verdict.first).toContain(`[${state}] pool1: `);
    expect(verdict.first).toContain(words);
  });

  test.each(situations)('%s from PCP has the same backends', (name, state) => {
    const { pcp } = capture(name);
    const trouble = { kind: 'silent', limitMs: 8500 } as const;
    const { text } = judged({ trouble, pcpNodes: pcp });
    const lines = judged({ told: capture(name).told })
      .text.split('\n')
      .slice(1)
      .filter((line) => line.includes('127.0.0.1:15433'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(text).toContain(line);
    expect(text).toContain('[CRITICAL] accepts no session within 8.5 s');
    expect(state).toBeDefined();
  });
});

describe('what is left when there is no session', () => {
  const trouble = { kind: 'silent', limitMs: 8500 } as const;

  test('the primary just died: PCP shows it as up, and PostgreSQL as down', () => {
    const verdict = judged({ trouble, pcpNodes: capture('20-primary-killed-0s').pcp });
    expect(verdict.first).toContain(
      '[CRITICAL] pool1: accepts no session within 8.5 s (searching a primary); PCP still shows 1 of 2 backends up',
    );
    expect(verdict.text).toContain(
      '[CRITICAL] primary 0 (127.0.0.1:15432) is up, but its PostgreSQL is down: Pgpool still sends clients there',
    );
  });

  test('the primary is searched: PCP shows it with its role and the status down, which is no primary', () => {
    const verdict = judged({ trouble, pcpNodes: capture('21-primary-killed-8s').pcp });
    expect(verdict.text).toContain('[CRITICAL] no primary: 0 (127.0.0.1:15432) is down');
  });

  test('everything is down', () => {
    const verdict = judged({ trouble, pcpNodes: capture('22-all-down').pcp });
    expect(verdict.text).toContain('[CRITICAL] 0 of 2 backends up, 1 needed (--min-up)');
  });

  test('all children are busy: PCP shows a primary that is well', () => {
    const verdict = judged({ trouble, pcpNodes: capture('00-healthy').pcp });
    expect(verdict.first).toContain('accepts no session within 8.5 s (children busy); PCP still shows 2 of 2');
  });

  test('PCP shows a primary, and no health check says whether it is well', () => {
    const pcp = readPcpNodes({ stdout: captured('00-healthy.pcp').replaceAll(' up up ', ' up unknown '), stderr: '' });
    expect(judged({ trouble, pcpNodes: pcp }).first).toContain('(children busy, or a backend does not answer)');
  });
});

test('a delay beyond its range is said with the backend and the range', () => {
  const { told } = capture('01-replay-paused');
  const wishes = { warning: limits('delay=1000000'), critical: limits('delay=16000000') };
  const { first } = judged({ told }, wishes);
  expect(first).toContain(
    '[WARNING] pool1: standby 1 (127.0.0.1:15433): delay 3333288 B, outside 1000000 | backends=2;;;0',
  );
  expect(first).toContain('delay_1=3333288B;1000000;16000000;0');
  expect(judged({ told }, { critical: limits('delay=1000000') }).state).toBe('CRITICAL');
});

test('children in use are counted without the session of the check', () => {
  const told = { ...capture('00-healthy').told, processes: recordedRows(captured('slots-partial.pool_processes.psv')) };
  expect(judged({ told }).first).toContain('2 of 4 children in use | ');
  expect(judged({ told }, { warning: limits('children=49') }).first).toContain(
    '[WARNING] pool1: 50 % of the children in use (2 of 4), outside 49 | ',
  );
  expect(judged({ told }, { warning: limits('children=80') }).first).toContain('children_used=2;3.2;;0;4');
});

describe('the watchdog', () => {
  test('with quorum is OK, with its metrics', () => {
    const { first, text } = watched(captured('30-watchdog-healthy-verbose.txt'));
    expect(first).toMatch(/^\[OK] .*, watchdog 3 of 3 \| .* watchdog_nodes=3;;;0 watchdog_alive=3;;;0;3$/);
    expect(text).toContain('[OK] watchdog: quorum exists, leader 127.0.0.1:19999 Linux vm, 3 of 3 Pgpools alive');
  });

  test('without quorum is CRITICAL, also where its nodes are not told of', () => {
    const { first, text } = watched(captured('32-watchdog-no-quorum-verbose.txt'));
    expect(first).toContain('[CRITICAL] pool1: the watchdog has lost its quorum');
    expect(text).toContain('[UNKNOWN] the watchdog has 3 Pgpools, but lists 0 of them');
  });

  test('that is not enabled is not judged, unless it is required', () => {
    const none = captured('pcp-pcp_watchdog_info.txt');
    expect(watched(none).state).toBe('OK');
    expect(watched(none.replace('watchdog', 'watcdhog')).state).toBe('OK');
    expect(watched(none, { watchdog: 'require' }).first).toContain('[CRITICAL] pool1: the watchdog is not enabled');
  });
});
