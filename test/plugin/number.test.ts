import { describe, expect, test } from 'vitest';
import { formatNumber, parseNumber } from '../../src/plugin/index.ts';

describe('printing a number', () => {
  test.each([
    [0, '0'],
    [-0, '0'],
    [1.5, '1.5'],
    [-12.25, '-12.25'],
    [1e-7, '0.0000001'],
    [-1.25e-9, '-0.00000000125'],
    [1e21, '1000000000000000000000'],
    [1.2345e22, '12345000000000000000000'],
    [123456789.123, '123456789.123'],
    [0.1 + 0.2, '0.30000000000000004'],
  ])('%d is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  test('never with an exponent, and reads back as the same number', () => {
    for (let power = -323; power <= 307; power++) {
      for (const lead of [1, 1.7976, 4.94, -3]) {
        const value = Number(`${lead}e${power}`);
        const text = formatNumber(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Number(text)).toBe(value === 0 ? 0 : value);
      }
    }
  });
});

describe('reading a number', () => {
  test.each([
    ['10', 10],
    ['+5', 5],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['1e3', 1000],
    [' 10 ', 10],
    ['010', 10],
    ['-0', 0],
  ])('%j is %d', (text, value) => {
    expect(parseNumber(text)).toEqual({ ok: true, value });
  });

  test.each(['', '1,5', '0x10', 'inf', 'nan', 'NaN', '-Infinity', '1e999', '5.', '1 0', '--1', '1e', '٣'])(
    '%j is none',
    (text) => {
      expect(parseNumber(text)).toMatchObject({ ok: false, reason: expect.stringContaining(`"${text}"`) });
    },
  );
});
