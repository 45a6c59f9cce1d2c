import { expect, test } from 'vitest';
import { before, compareOids, isBelow } from '../../src/snmp/oid.ts';

test.each([
  ['1.3.6', '1.3.6', 0],
  ['1.3.6', '1.3.6.0', -1],
  ['1.3.10', '1.3.9', 1],
  ['1.3.6.9.9', '1.3.10', -1],
  ['1.3.4294967295', '1.3.4294967294', 1],
  // Where the key of a number becomes longer, and where it would in bytes.
  ['1.3.65279', '1.3.65280', -1],
  ['1.3.65280', '1.3.65281', -1],
  ['1.3.65281.7', '1.3.65280.9', 1],
  ['1.3.65535', '1.3.65536', -1],
  ['1.3.65279.65280', '1.3.65280', -1],
  ['1.3.16777215', '1.3.16777216', -1],
  ['', '1', -1],
])('an agent walks %s against %s in the order %d', (a, b, order) => {
  expect(Math.sign(compareOids(a, b))).toBe(order);
  expect(Math.sign(compareOids(b, a)) + order).toBe(0);
});

test('1.3.60 is not below 1.3.6, and nothing is below itself', () => {
  expect(isBelow('1.3.6.0', '1.3.6')).toBe(true);
  expect(isBelow('1.3.60', '1.3.6')).toBe(false);
  expect(isBelow('1.3.6', '1.3.6')).toBe(false);
});

test('a cell is what comes after the OID before it', () => {
  expect(before('1.3.5')).toBe('1.3.4');
  expect(before('1.3.0')).toBe('1.3');
});
