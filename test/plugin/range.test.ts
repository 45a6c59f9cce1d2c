import { describe, expect, test } from 'vitest';
import { alerts, formatRange, judge, parseRange, type Range } from '../../src/plugin/index.ts';

const open = Number.POSITIVE_INFINITY;

function read(text: string): Range {
  const range = parseRange(text);
  if (!range.ok) throw new Error(range.reason);
  return range.value;
}

describe('a range is read as the guidelines say', () => {
  test.each<[string, number, number, boolean, string]>([
    ['10', 0, 10, false, '10'],
    ['0:10', 0, 10, false, '10'],
    [':10', 0, 10, false, '10'],
    ['10:', 10, open, false, '10:'],
    ['0:', 0, open, false, '0:'],
    ['~:10', -open, 10, false, '~:10'],
    ['~:', -open, open, false, '~:'],
    ['10:20', 10, 20, false, '10:20'],
    ['-5:-1', -5, -1, false, '-5:-1'],
    ['@10:20', 10, 20, true, '@10:20'],
    ['@5', 0, 5, true, '@5'],
    ['@~:0', -open, 0, true, '@~:0'],
    ['1e3', 0, 1000, false, '1000'],
    ['+5', 0, 5, false, '5'],
    [' 10 ', 0, 10, false, '10'],
    ['.5', 0, 0.5, false, '0.5'],
    ['5:5', 5, 5, false, '5:5'],
    ['0', 0, 0, false, '0'],
    ['1e-7:1e21', 1e-7, 1e21, false, '0.0000001:1000000000000000000000'],
  ])('%j', (text, low, high, inside, shortest) => {
    expect(read(text)).toEqual({ low, high, inside });
    expect(formatRange(read(text))).toBe(shortest);
    expect(read(shortest)).toEqual(read(text));
  });
});

describe('what is no range is refused with its text', () => {
  test.each([
    '',
    ' ',
    ':',
    '@',
    '~',
    '@~',
    '@:',
    '-10',
    '20:10',
    '10:~',
    '~:~',
    '1,5',
    '0x10',
    'inf',
    'nan',
    '1:2:3',
    '10x',
    '10: x',
    '1 : 2',
    '@@5',
    '5@',
    '10:20:',
    '1e400',
    '-',
    '--5',
    '10%',
    '~5',
    '5.',
    '~:5~',
  ])('%j', (text) => {
    expect(parseRange(text)).toMatchObject({ ok: false, reason: expect.stringContaining(`"${text}"`) });
  });

  test('a negative single number says how it was meant', () => {
    expect(parseRange('-10')).toMatchObject({ reason: expect.stringContaining('~:-10') });
  });
});

describe('a range alerts outside its ends, with @ inside them', () => {
  test.each<[string, readonly number[], readonly number[]]>([
    ['10', [-0.1, 10.1], [0, 5, 10]],
    ['10:', [9.9, -1], [10, 1e9]],
    ['~:10', [10.1], [-1e9, 0, 10]],
    ['10:20', [9, 21], [10, 15, 20]],
    ['@10:20', [10, 15, 20], [9.9, 20.1]],
    ['0', [1, -1], [0]],
    ['~:', [], [-1e9, 0, 1e9]],
  ])('%s', (text, bad, fine) => {
    for (const value of bad) expect(alerts(read(text), value), String(value)).toBe(true);
    for (const value of fine) expect(alerts(read(text), value), String(value)).toBe(false);
  });
});

describe('thresholds: critical first, then warning', () => {
  const thresholds = { warning: read('10'), critical: read('20') };
  test.each<[number, string]>([
    [10, 'OK'],
    [11, 'WARNING'],
    [20, 'WARNING'],
    [21, 'CRITICAL'],
    [-1, 'CRITICAL'],
    [Number.NaN, 'UNKNOWN'],
  ])('%d is %s', (value, state) => {
    expect(judge(value, thresholds)).toBe(state);
  });

  test('without thresholds all is OK', () => {
    expect(judge(1e9, {})).toBe('OK');
  });
});
