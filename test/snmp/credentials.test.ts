import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readCredentials } from '../../src/snmp/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-'));

function read(text: string, mode = 0o600): unknown {
  const file = path.join(folder, 'snmp');
  writeFileSync(file, text);
  chmodSync(file, mode);
  const result = readCredentials(file);
  return result.ok ? result.value : result.reason;
}

test.each<[string, string, unknown]>([
  ['a community', 'SNMP_COMMUNITY=not-public\n', { community: 'not-public' }],
  [
    'everything, with comments and the line ends of Windows',
    '# the rack\r\n\r\nSNMP_COMMUNITY=a=b "c" \r\nSNMP_AUTH_PASSWORD=one\r\nSNMP_PRIV_PASSWORD=two',
    { community: 'a=b "c" ', authPassword: 'one', privPassword: 'two' },
  ],
  ['nothing', '', {}],
])('a file with %s is read as it stands', (_, text, expected) => {
  expect(read(text)).toEqual(expected);
});

test.each<[string, number, RegExp]>([
  ['others can read', 0o644, /can be read or changed by others: chmod 640/],
  ['others can change', 0o602, /can be read or changed by others/],
  ['its group can change', 0o660, /can be changed by its group/],
])('a file that %s is refused', (_, mode, reason) => {
  expect(read('SNMP_COMMUNITY=x', mode)).toMatch(reason);
});

test('a file that its group can read is taken', () => {
  expect(read('SNMP_COMMUNITY=x', 0o640)).toEqual({ community: 'x' });
});

test.each([
  ['another name', 'SNMP_COMMUNITY=s3cret\nCOMMUNITY=s3cret\n', /line 2: not NAME=value with one of SNMP_COMMUNITY/],
  ['an empty value', 'SNMP_COMMUNITY=\n', /line 1: SNMP_COMMUNITY is empty/],
  ['a name twice', 'SNMP_COMMUNITY=s3cret\nSNMP_COMMUNITY=s3cret\n', /line 2: SNMP_COMMUNITY appears twice/],
])('a line with %s is refused by its number, without its text', (_, text, reason) => {
  expect(read(text)).toMatch(reason);
  expect(read(text)).not.toContain('s3cret');
});

test('a file that is not there, and a folder, are reasons', () => {
  expect(readCredentials(path.join(folder, 'none'))).toMatchObject({
    ok: false,
    reason: expect.stringMatching('does not exist'),
  });
  expect(readCredentials(folder)).toMatchObject({ ok: false, reason: expect.stringMatching('not a regular file') });
});
