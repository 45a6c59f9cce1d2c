import { describe, expect, test } from 'vitest';
import { floatOf, type Limits, limitsOf, measuredValue } from '../../src/sensorprobe/measure.ts';
import { securityTables } from '../../src/sensorprobe/securityprobe.ts';
import { unitOf } from '../../src/sensorprobe/unit.ts';

const [table] = securityTables.dotted();
if (table === undefined) throw new Error('no table');

describe('a temperature', () => {
  test.each([
    ['has tenths', 20, 199, 19.9],
    ['below zero has them too', -5, -52, -5.2],
    ['keeps its whole degrees where raw is 0', 22, 0, 22],
    ['keeps its whole degrees where raw is a count', 22, 786, 22],
    ['has no tenths without raw', 22, undefined, 22],
    ['is missing without a value', undefined, 199, null],
  ])('%s', (_, value, raw, expected) => {
    const cells = { ...(value === undefined ? {} : { value }), ...(raw === undefined ? {} : { raw }) };
    expect(measuredValue({ table, index: '0', first: 0, cells })).toBe(expected);
  });
});

describe('limits of a securityProbe, from low critical to high critical', () => {
  test.each<[string, number, number, number, readonly number[], readonly number[]]>([
    ['whole degrees', 2, 23, 231, [10, 15, 28, 32], [10, 15, 28, 32]],
    ['tenths', 2, 23, 231, [100, 150, 280, 320], [10, 15, 28, 32]],
    ['whole degrees Fahrenheit of 100 and more', 2, 98, 981, [50, 60, 105, 115], [50, 60, 105, 115]],
    ['tenths Fahrenheit', 2, 98, 981, [500, 600, 1050, 1150], [50, 60, 105, 115]],
    ['tenths, too hot', 4, 41, 410, [100, 150, 280, 320], [10, 15, 28, 32]],
    ['whole degrees, too hot', 4, 41, 410, [10, 15, 28, 32], [10, 15, 28, 32]],
    ['tenths, too cold', 6, 3, 34, [100, 150, 280, 320], [10, 15, 28, 32]],
    ['whole degrees, too cold', 6, 3, 34, [10, 15, 28, 32], [10, 15, 28, 32]],
    ['whole degrees of a freezer', 2, -18, -184, [-30, -25, -5, 0], [-30, -25, -5, 0]],
    ['tenths of a freezer', 2, -18, -184, [-300, -250, -50, 0], [-30, -25, -5, 0]],
    ['whole degrees of a fridge', 2, 4, 41, [0, 2, 8, 10], [0, 2, 8, 10]],
    ['tenths of a fridge', 2, 4, 41, [0, 20, 80, 100], [0, 2, 8, 10]],
    ['whole degrees in error', 7, 23, 231, [10, 15, 28, 32], [10, 15, 28, 32]],
    ['tenths in error', 7, 23, 231, [100, 150, 280, 320], [10, 15, 28, 32]],
  ])('%s', (_, status, value, raw, [lowCritical = 0, lowWarning = 0, highWarning = 0, highCritical = 0], expected) => {
    const cells = { status, value, raw, lowCritical, lowWarning, highWarning, highCritical };
    expect(listOf(limitsOf({ table, index: '0', first: 0, cells }, cells.value))).toEqual(expected);
  });

  test('four zeros were never set', () => {
    const cells = { value: 3, lowCritical: 0, lowWarning: 0, highWarning: 0, highCritical: 0 };
    expect(listOf(limitsOf({ table, index: '0', first: 0, cells }, cells.value))).toEqual([null, null, null, null]);
  });
});

function listOf({ lowCritical, lowWarning, highWarning, highCritical }: Limits) {
  return [lowCritical, lowWarning, highWarning, highCritical];
}

describe('an Opaque float', () => {
  const big = Buffer.alloc(4);
  big.writeFloatBE(23.1);
  const little = Buffer.from(big).reverse();
  test.each<[string, Uint8Array, number | null]>([
    ['of network order', big, 23.1],
    ['the other way round', little, 23.1],
    ['in the wrapping of Net-SNMP', Buffer.concat([Buffer.from('9f7804', 'hex'), big]), 23.1],
    ['that fits no order', Buffer.from('00000000', 'hex'), null],
    ['cut short', big.subarray(1), null],
  ])('%s', (_, bytes, expected) => {
    expect(floatOf(bytes, 23)).toBe(expected);
  });

  test('near zero is the order that makes a likely number', () => {
    const small = (value: number) => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setFloat32(0, value, true);
      return bytes;
    };
    expect(floatOf(small(0.7), 0)).toBe(0.7);
    expect(floatOf(small(1.2), 1)).toBe(1.2);
    expect(floatOf(small(0), 0)).toBe(0);
  });

  test('is nothing without a number to hold it against', () => {
    expect(floatOf(big, null)).toBeNull();
  });
});

test.each([
  ['C', 'C'],
  ['f', 'F'],
  ['°C', 'C'],
  ['°F', 'F'],
  ['%RH', '%'],
  ['V', 'V'],
  ['', ''],
])('the unit %s is %s, in UTF-8 and in latin1', (written, unit) => {
  expect(unitOf(table, Buffer.from(written, 'utf8'))).toBe(unit);
  expect(unitOf(table, Buffer.from(written, 'latin1'))).toBe(unit);
});
