import { describe, expect, test } from 'vitest';
import plugin from '../../plugins/check_sensorprobe.ts';
import { readCommandLine } from '../../src/plugin/command_line.ts';
import { faultsOf } from '../../src/plugin/index.ts';

function read(line: string) {
  return readCommandLine(plugin, line.split(' '), {});
}

test('its declarations are sound', () => {
  expect(faultsOf(plugin)).toEqual([]);
});

test.each([
  ['-H p1 -w temperature=18:27 -w humidity=30:60 -c 5:40', 'ranges for kinds and for all'],
  ['-H p1 -H p2 -H 192.0.2.1 -H [2001:db8::1]', 'several probes'],
  ['-H fe80::1%eth0 -6', 'a link-local address'],
  ['-H p1 --kind temperature,humidity --kind door --sensor-port 1 --sensor-port 2', 'kinds and ports'],
  ['-4 -H p1 -Csecret -P1', 'glued short options behind -4'],
])('%s is understood: %s', (line) => {
  expect(read(line)).toMatchObject({ kind: 'run' });
});

describe('usage errors name the option', () => {
  test.each([
    ['-C public', /--hostname is required/],
    ['-H p1 -H p1', /--hostname: p1 was given twice/],
    ['-H -x', /-H needs a value/],
    ['-H a;b', /"a;b" is not a host name/],
    ['-H p1 -w 1:2 -w 3:4', /--warning has two ranges for all kinds/],
    ['-H p1 -c door=1', /a door has no value for a range/],
    ['-H p1 -c humidity=1 -c humidity=2', /--critical has two ranges for humidity/],
    ['-H p1 --kind temperature,warmth', /"warmth" is not a kind/],
    ['-H p1 --sensor (', /"\(" is not a regular expression/],
    ['-H p1 --sensor-port 0', /"0" is below 1/],
    ['-H p1 --min-sensors 0', /"0" is below 1/],
    ['-H p1 --relay open', /"open" is not one of on, off/],
    ['-H p1 --unit K', /"K" is not one of C, F/],
    ['-H p1 --snmp-timeout 0', /"0" is not between 0.05 and 600/],
    ['-H p1 -P 3', /--secname is required/],
    ['-H p1 -4 -6', /leave no address/],
    ['-H p1 -w -4', /--warning needs a value|-w needs a value/],
  ])('%s', (line, reason) => {
    const request = read(line);
    expect(request.kind === 'refused' ? request.reason : request).toMatch(reason);
  });
});
