import { describe, expect, test } from 'vitest';
import { exitCode, type State, worst } from '../../src/plugin/index.ts';

describe('the worst of several states', () => {
  test.each<[readonly State[], State]>([
    [['OK', 'OK'], 'OK'],
    [['OK', 'WARNING', 'OK'], 'WARNING'],
    [['WARNING', 'UNKNOWN'], 'UNKNOWN'],
    [['UNKNOWN', 'CRITICAL', 'WARNING'], 'CRITICAL'],
    [[], 'UNKNOWN'],
  ])('of %j is %s', (states, expected) => {
    expect(worst(states)).toBe(expected);
    expect(worst(new Set(states))).toBe(expected);
  });

  test('exit codes are those of the guidelines', () => {
    expect(exitCode).toEqual({ OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 });
  });
});
