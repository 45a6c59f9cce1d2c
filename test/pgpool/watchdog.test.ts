import { describe, expect, test } from 'vitest';
import { captured, watched } from './capture.ts';

describe('the watchdog', () => {
  test('of which one of three is left, recorded', () => {
    const { first, text } = watched(captured('34-watchdog-quorum-lost.txt'));
    expect(first).toMatch(
      /^\[CRITICAL] pool1: the watchdog has lost its quorum: .* watchdog_nodes=3;;;0 watchdog_alive=1;/,
    );
    expect(text.match(/\[WARNING] Pgpool .* is lost to the watchdog/g)).toHaveLength(2);
  });

  test('that has just lost its leader, recorded', () => {
    const { first } = watched(captured('35-watchdog-no-leader.txt'));
    expect(first).toContain('[CRITICAL] pool1: the watchdog has no leader');
  });

  const healthy = captured('30-watchdog-healthy-verbose.txt');
  const lastNode = (text: string) => healthy.replace(/STANDBY(?![\s\S]*STANDBY)/, text);
  test.each([
    ['on the edge', healthy.replace('QUORUM EXIST', 'QUORUM IS ON THE EDGE'), 'WARNING', 'on the edge of its quorum'],
    ['without a leader', healthy.replace('QUORUM EXIST', 'NO LEADER NODE'), 'CRITICAL', 'the watchdog has no leader'],
    ['whose leader is not set', healthy.replace(/(Leader Node Name +:).*/, '$1 Not_Set'), 'CRITICAL', 'has no leader'],
    ['with a word for the quorum that is new', healthy.replace('QUORUM EXIST', 'QUORUM ODD'), 'UNKNOWN', 'quorum odd'],
    ['with two leaders', lastNode('LEADER'), 'CRITICAL', 'the watchdog has 2 leaders'],
    ['with a node lost', lastNode('LOST'), 'WARNING', '39999 Linux vm is lost to the watchdog. Start it'],
    ['with a node shut down', lastNode('SHUTDOWN'), 'WARNING', 'is lost to the watchdog (shutdown)'],
    ['with a node that joins', lastNode('JOINING'), 'WARNING', 'is not yet a member'],
    ['with a state that is new', lastNode('DREAMING'), 'UNKNOWN', 'unknown to this plugin: dreaming'],
    [
      'as before 4.2, with a master',
      healthy.replaceAll('LEADER', 'MASTER').replaceAll('Leader', 'Master'),
      'OK',
      'quorum exists',
    ],
    ['that says nothing', '', 'UNKNOWN', 'the watchdog could not be read'],
    [
      'that says it was successful, without rows',
      'pcp_watchdog_info -- Command Successful\n',
      'UNKNOWN',
      'could not be read',
    ],
  ] as const)('%s', (_, stdout, state, words) => {
    const verdict = watched(stdout);
    expect(verdict.text).toContain(words);
    expect(verdict.state).toBe(state);
  });
});
