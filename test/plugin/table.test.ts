import { expect, test } from 'vitest';
import { factLines, tableLines } from '../../src/plugin/index.ts';

test('a table is aligned, and a long last cell widens nothing', () => {
  expect(
    tableLines([
      ['a', 'bb', 'c'],
      ['aaa', 'b', ''],
      ['a', 'b', 'a long cell at the end'],
    ]),
  ).toEqual(['a    bb  c', 'aaa  b', 'a    b   a long cell at the end']);
  expect(tableLines([])).toEqual([]);
});

test('facts stand under their name, and what is repeated is named once', () => {
  expect(
    factLines('n1', [
      ['VIP', '192.0.2.1/24 on eth0'],
      ['interface', 'eth0'],
      ['interface', 'eth1'],
    ]),
  ).toEqual(['n1:', '  VIP        192.0.2.1/24 on eth0', '  interface  eth0', '             eth1']);
});
