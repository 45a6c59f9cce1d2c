import { expect, test } from 'vitest';
import { parseLimit, parsePlace, readPcpNodes } from '../../src/pgpool/index.ts';
import { captured } from './capture.ts';

test.each(['', 'delay', 'delay=', 'delay=s', 'delay=10m', 'children=80%', 'up', 'lag=5', '10', 'children=10s'])(
  'the limit "%s" is refused',
  (text) => {
    expect(parseLimit(text).ok).toBe(false);
  },
);

test('a delay with an s at its end is in seconds', () => {
  expect(parseLimit('delay=1:10s')).toMatchObject({ value: { unit: 's', range: { low: 1, high: 10 } } });
  expect(parseLimit('delay=1e6')).toMatchObject({ value: { unit: 'B', range: { high: 1_000_000 } } });
});

test.each([
  ['db1', { host: 'db1', port: undefined }],
  ['db1:5432', { host: 'db1', port: '5432' }],
  ['2001:db8::7', { host: '2001:db8::7', port: undefined }],
  ['[2001:db8::7]:5432', { host: '2001:db8::7', port: '5432' }],
  ['/run/postgresql', { host: '/run/postgresql', port: undefined }],
])('the place %s', (text, place) => {
  expect(parsePlace(text)).toEqual({ ok: true, value: place });
});

test('pcp_node_info -v is read by its names', () => {
  const rows = readPcpNodes({ stdout: captured('pcp-pcp_node_info_-v_-n_1.txt'), stderr: '' }, 1);
  expect(rows).toMatchObject({
    value: [{ node_id: '1', hostname: '127.0.0.1', port: '15433', status: 'up', pg_role: 'standby' }],
  });
});

test.each([
  ['', 'BackendError: invalid response\n', 'BackendError: invalid response'],
  ['pcp_node_info -- Command Successful\n', '', 'pcp_node_info -- Command Successful'],
  [
    '',
    'FATAL:  authentication failed for user "pcp"\nDETAIL:  username and/or password does not match\n\n',
    'password does not match',
  ],
  ['', '', 'it gave no backend'],
])('what is no row is a reason: %j %j', (stdout, stderr, reason) => {
  const rows = readPcpNodes({ stdout, stderr });
  expect(rows.ok ? '' : rows.reason).toContain(reason);
});

test('an unused slot, whose line begins with a blank, keeps its number', () => {
  const [line = ''] = captured('00-healthy.pcp').split('\n');
  const stdout = ` 0 0 0.000000 unused down standby unknown 0 none none 1970-01-01 00:00:00\n${line}\n`;
  expect(readPcpNodes({ stdout, stderr: '' })).toMatchObject({ value: [{ status: 'unused' }, { node_id: '1' }] });
});
