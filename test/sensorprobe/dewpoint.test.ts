import { describe, expect, test } from 'vitest';
import { stateOf } from '../../src/plugin/index.ts';
import { dewPoint } from '../../src/sensorprobe/dewpoint.ts';
import { parseKindRange } from '../../src/sensorprobe/index.ts';
import { answerOf, recorded, reportOf, reportOn, textOf } from './replay.ts';

// Psychrometric tables of the kind that hang in every weather station, to half a tenth.
test.each([
  [20, 50, 9.3],
  [25, 60, 16.7],
  [30, 90, 28.2],
  [0, 50, -9.2],
  [-10, 80, -12.8],
  [23.1, 100, 23.1],
])('air of %d degrees and %d %% has its dew point at %d', (celsius, percent, expected) => {
  expect(Math.abs(dewPoint(celsius, percent) - expected)).toBeLessThan(0.06);
});

describe('the dew point of a port', () => {
  test('is a metric, with the distance to it', () => {
    expect(textOf('spx-plus', { dewPoint: true })).toContain(
      "'Cold aisle_dewpoint'=10.2C 'Cold aisle_dewspread'=12.9C",
    );
  });

  test('is judged by its own range alone', () => {
    const near = parseKindRange('dewspread=15:');
    const all = parseKindRange('~:');
    if (!near.ok || !all.ok) throw new Error('no range');
    const report = reportOf('spx-plus', { dewPoint: true, warning: [near.value, all.value] });
    expect(report.summary).toBe('probe1: distance to the dew point at port 1 12.9 C, outside 15:');
    expect(stateOf(report)).toBe('WARNING');
  });

  test('follows the unit', () => {
    expect(textOf('spx-plus', { dewPoint: true, unit: 'F' })).toContain(
      "'Cold aisle_dewpoint'=50.3F 'Cold aisle_dewspread'=23.3F",
    );
  });

  test('that no port has is UNKNOWN', () => {
    expect(reportOf('sensorprobe2', { dewPoint: true }).summary).toMatch(/no port has both temperature and humidity/);
  });

  test('of a sensor that is in error is UNKNOWN', () => {
    const cells = recorded('spx-plus').map((cell) =>
      cell.oid === '1.3.6.1.4.1.3854.3.5.3.1.6.0.0.0.0.1' ? { ...cell, value: '7' } : cell,
    );
    expect(reportOn([answerOf(cells)], { dewPoint: true }).findings).toContainEqual({
      state: 'UNKNOWN',
      code: 'dew-point-unknown',
      text: 'dew point at port 1: unknown, Cold aisle humidity has no humidity',
    });
  });
});
