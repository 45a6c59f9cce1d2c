import { describe, expect, test } from 'vitest';
import { type PolicyRule, parseBlock, parsePolicyRules } from '../../src/address/index.ts';
import { captured } from './capture.ts';

/** A rule for everything, which looks up main. */
const plain: Omit<PolicyRule, 'priority' | 'text'> = {
  not: false,
  from: null,
  to: null,
  iif: null,
  oif: null,
  mark: null,
  others: [],
  action: { kind: 'table', table: 'main', suppressPrefix: null, suppressGroup: null },
};
const table = (name: string) => ({ ...plain.action, table: name });

describe('the rules of policy routing', () => {
  test.each(['iproute61-rule4', 'iproute61-rule6', 'busybox1.35-rule4', 'busybox1.35-rule6'])(
    '%s is read to its last line',
    (name) => {
      const lines = captured(`way/${name}.txt`);
      const { read, unread } = parsePolicyRules(lines);
      expect(unread).toEqual([]);
      expect(read.map(({ text }) => text)).toEqual(lines.map((line) => line.trim()));
    },
  );

  test.each<readonly [string, Partial<PolicyRule>]>([
    ['32766:\tfrom all lookup main', {}],
    ['999:\tfrom 10.77.0.100 lookup 100', { from: parseBlock('10.77.0.100'), action: table('100') }],
    ['993:\tfrom all to 10.200.0.0/16 blackhole', { to: parseBlock('10.200.0.0/16'), action: { kind: 'blackhole' } }],
    ['98:\tfrom 10.1.0.0/16 unreachable', { from: parseBlock('10.1.0.0/16'), action: { kind: 'unreachable' } }],
    ['997:\tfrom all fwmark 0x1/0xff prohibit', { mark: { value: 1, mask: 255 }, action: { kind: 'prohibit' } }],
    ['9:\tfrom all fwmark 0xca6c lookup main', { mark: { value: 0xca6c, mask: 0xffffffff } }],
    ['995:\tfrom all iif eth1 lookup 7', { iif: 'eth1', action: table('7') }],
    ['994:\tfrom all oif eth1 [detached] lookup 7', { oif: 'eth1', action: table('7') }],
    ['1000:\tfrom all lookup [l3mdev-table]', { action: table('[l3mdev-table]') }],
    ['99:\tfrom all nop', { action: { kind: 'nop' } }],
    ['100:\tfrom all goto 32766', { action: { kind: 'goto', priority: 32766, resolved: true } }],
    ['98:\tfrom all goto 555 [unresolved]', { action: { kind: 'goto', priority: 555, resolved: false } }],
    [
      '998:\tnot from 10.0.0.0/8 ipproto tcp dport 80 lookup 100',
      { not: true, from: parseBlock('10.0.0.0/8'), others: ['ipproto tcp', 'dport 80'], action: table('100') },
    ],
    ['97:\tfrom all ipproto udp sport 80-90 lookup main', { others: ['ipproto udp', 'sport 80-90'] }],
    ['992:\tfrom all uidrange 1000-1999 lookup main', { others: ['uidrange 1000-1999'] }],
    ['991:\tfrom all tos 0x10 lookup main', { others: ['tos 0x10'] }],
    ['5:\tfrom all lookup main proto zebra realms 1/2', {}],
    [
      '996:\tfrom all lookup main suppress_prefixlength 0',
      { action: { kind: 'table', table: 'main', suppressPrefix: 0, suppressGroup: null } },
    ],
    [
      '6:\tfrom all lookup main suppress_ifgroup wan',
      { action: { kind: 'table', table: 'main', suppressPrefix: null, suppressGroup: 'wan' } },
    ],
    // BusyBox.
    [
      '32765:\tfrom 10.77.0.100 lookup unspec prohibit',
      { from: parseBlock('10.77.0.100'), action: { kind: 'prohibit' } },
    ],
    ['7:\tfrom all nat 192.0.2.1', { action: { kind: 'unknown', words: 'nat 192.0.2.1' } }],
    ['8:\tfrom all newfangled 7 lookup main', { others: ['newfangled', '7'] }],
  ])('%s', (line, facts) => {
    const [rule] = parsePolicyRules([line]).read;
    expect(rule).toEqual({ ...plain, priority: Number(line.split(':')[0]), text: line, ...facts });
  });

  test.each(['from all lookup main', '7:\tfrom all', 'Error: something'])('"%s" is given back unread', (line) => {
    expect(parsePolicyRules([line])).toEqual({ read: [], unread: [line] });
  });
});
