import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findPassword, readPassfile } from '../../src/postgres/passfile.ts';

const wanted = { host: 'pool1', port: 9999, database: 'postgres', user: 'monitor' };

test.each([
  ['pool1:9999:postgres:monitor:secret', 'secret'],
  ['# pool1:9999:postgres:monitor:no\n*:*:*:monitor:yes\n', 'yes'],
  ['pool2:*:*:*:no\r\npool1:*:*:*:yes\r\n', 'yes'],
  ['*:*:*:*:a\\:b\\\\c', 'a:b\\c'],
  ['*:5432:*:*:no', null],
  ['*:*:*:other:no', null],
  ['*:*:*:*:', null],
  ['*:*:*:*', null],
  ['', null],
])('%j gives %j', (text, password) => {
  expect(findPassword(text, wanted)).toBe(password);
});

test('a Unix socket is known by its directory, and as localhost', () => {
  for (const host of ['/run/pgpool', 'localhost'])
    expect(findPassword(`${host}:*:*:*:yes`, { ...wanted, host: '/run/pgpool' })).toBe('yes');
});

test('a file that others can read counts for nothing, and nothing of it is quoted', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'rackwatch-')), 'pgpass');
  writeFileSync(file, '*:*:*:*:s3cret\n');
  for (const [mode, words] of [
    [0o600, 's3cret'],
    [0o640, 'can be read by its group or others: chmod 600'],
    [0o604, 'can be read by its group or others'],
  ] as const) {
    chmodSync(file, mode);
    expect(JSON.stringify(readPassfile(file, wanted))).toContain(words);
  }
  expect(readPassfile(`${file}.none`, wanted)).toEqual({ reason: `${file}.none does not exist` });
  expect(readPassfile(path.dirname(file), wanted)).toMatchObject({ reason: expect.stringContaining('not a regular') });
});
