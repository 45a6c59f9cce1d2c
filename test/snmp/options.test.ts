import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../src/plugin/command_line.ts';
import { definePlugin } from '../../src/plugin/index.ts';
import { accessOf, type Secrets, snmpOptions, snmpTrouble } from '../../src/snmp/index.ts';

/** What the options come to: the access, or the reason against it. */
function access(line: string, file: Secrets = {}, env: NodeJS.ProcessEnv = {}): unknown {
  let found: unknown;
  const plugin = definePlugin({
    name: 'check_agent',
    summary: 'x',
    options: snmpOptions,
    examples: [],
    check: (values) => {
      const trouble = snmpTrouble(values);
      if (trouble !== undefined) return trouble;
      const result = accessOf(values, file);
      found = result.ok ? result.value : result.reason;
      return undefined;
    },
    run: async () => ({ summary: '', findings: [] }),
  });
  const request = readCommandLine(plugin, line.split(' ').filter(Boolean), env);
  return request.kind === 'refused' ? request.reason : found;
}

const password = '12345678';

test.each<[string, unknown]>([
  ['', { version: '2c', community: 'public' }],
  ['-C secret -P 1', { version: '1', community: 'secret' }],
  ['-P 3 -U me', { version: '3', user: 'me', context: '' }],
  [
    `-P 3 -U me -a md5 -A ${password} -N rack`,
    { version: '3', user: 'me', context: 'rack', auth: { protocol: 'MD5', password } },
  ],
  [
    `-P 3 -U me -L authPriv -a sha256 -A ${password} -x aes256 -X ${password}`,
    {
      version: '3',
      user: 'me',
      context: '',
      auth: { protocol: 'SHA-256', password },
      priv: { protocol: 'AES-256', password },
    },
  ],
  [
    `-P 3 -U me -L AUTHNOPRIV -A ${password} -X ${password}`,
    { version: '3', user: 'me', context: '', auth: { protocol: 'SHA', password } },
  ],
])('"%s" is understood', (line, expected) => {
  expect(access(line)).toEqual(expected);
});

test.each<[string, RegExp]>([
  ['-P 3', /--secname is required/],
  ['-U me', /give --protocol 3/],
  ['-P 4', /"4" is not one of 1, 2c, 3/],
  ['-P 3 -U me -L authPriv', /--authpasswd is required for authPriv/],
  [`-P 3 -U me -L authPriv -A ${password}`, /--privpasswd is required for authPriv/],
  ['-P 3 -U me -A short', /--authpasswd has fewer than 8 characters/],
  [`-P 3 -U me -X ${password}`, /--privpasswd needs an authentication password/],
  ['-P 3 -U me -a SHA3', /"SHA3" is not one of MD5, SHA/],
  ['-P 3 -U me -x 3DES', /"3DES" is not one of DES, AES/],
  ['-4 -6', /leave no address/],
  ['-p 70000', /"70000" is not between 1 and 65535/],
])('"%s" is a usage error', (line, reason) => {
  expect(access(line)).toMatch(reason);
});

describe('a secret', () => {
  test('comes from the option, then from the environment, then from the file', () => {
    const file = { community: 'file' };
    const env = { SNMP_COMMUNITY: 'environment' };
    expect(access('-C option', file, env)).toMatchObject({ community: 'option' });
    expect(access('', file, env)).toMatchObject({ community: 'environment' });
    expect(access('', file)).toMatchObject({ community: 'file' });
    expect(access('-P 3 -U me', { authPassword: password, privPassword: password })).toMatchObject({
      auth: { password },
      priv: { password },
    });
  });

  test('that is too short is not quoted', () => {
    expect(access('-P 3 -U me', { authPassword: 'hunter2' })).not.toContain('hunter2');
  });
});
