import { describe, expect, test } from 'vitest';
import { parseRoute } from '../../src/address/index.ts';
import { captured, json } from './capture.ts';

const read = (name: string) => parseRoute(captured(name), []);
const refused = (name: string) => parseRoute([], captured(name));

describe('the way to a target from ip route get', () => {
  test.each([
    ['route/before-get.txt', 'route/before-j-get.json'],
    ['route/after-get.txt', 'route/after-j-get.json'],
    ['route/policy-get-text.txt', 'route/policy-get.json'],
    ['route/v6-get.txt', 'route/v6-get.json'],
  ])('%s says the same as the JSON of that moment', (lines, facts) => {
    const [{ prefsrc, dev, gateway } = {}] = json(facts);
    expect(read(lines)).toEqual({ kind: 'sent', source: prefsrc, ifname: dev, gateway });
  });

  test.each([
    'addr/iproute-v4.14.1-routeget.txt',
    'addr/iproute-v4.20.0-routeget.txt',
    'addr/busybox1.35-route-get.txt',
  ])('%s, without a gateway', (name) => {
    expect(read(name)).toEqual({ kind: 'sent', source: '192.0.2.11', ifname: 'eth0', gateway: null });
  });

  test.each([
    ['the routes went with the VIP', 'route/vipgone-j-get.json.err', 'none'],
    ['no IPv6 route', 'route/v6-none.json.err', 'none'],
    ['a blackhole', 'route/get-special-0.json.err', 'blackhole'],
    ['an unreachable route', 'route/get-special-1.json.err', 'unreachable'],
    ['a prohibit route', 'route/get-special-2.json.err', 'prohibit'],
  ])('%s refuses', (_, name, why) => {
    expect(refused(name)).toEqual({ kind: 'refused', why });
  });

  test('BusyBox names itself before the error', () => {
    expect(parseRoute([], ['ip: RTNETLINK answers: Network is unreachable'])).toEqual({ kind: 'refused', why: 'none' });
  });

  test.each([
    ['local 192.0.2.50 dev lo src 192.0.2.50 uid 0 \\    cache <local> ', { kind: 'own' }],
    ['local 192.0.2.50 dev lo  src 192.0.2.50 ', { kind: 'own' }],
    [
      'local 2001:db8::50 from :: dev lo table local proto kernel src 2001:db8::50 metric 0 pref medium',
      { kind: 'own' },
    ],
    [
      'broadcast 192.0.2.255 dev eth0 src 192.0.2.50 uid 0 \\    cache <local,brd> ',
      { kind: 'group', what: 'broadcast' },
    ],
    [
      'unreachable 2001:db8:1::1 dev lo table unspec proto kernel metric 4294967295 error -101',
      { kind: 'refused', why: 'none' },
    ],
    [
      '203.0.113.7 via inet6 fe80::1 dev eth0 src 192.0.2.100 uid 0 \\    cache ',
      { kind: 'sent', source: '192.0.2.100', ifname: 'eth0', gateway: 'fe80::1' },
    ],
    ['prohibit 2001:db8:1::1 dev lo metric 1024 error -13', { kind: 'refused', why: 'prohibit' }],
    [
      '2001:db8::100 from :: dev eth0  src 2001:db8::50  metric 256 ',
      { kind: 'sent', source: '2001:db8::50', ifname: 'eth0', gateway: null },
    ],
  ])('%s', (line, route) => {
    expect(parseRoute([line], [])).toEqual(route);
  });

  test('an error of another kind, an empty answer and another text say nothing', () => {
    expect(refused('route/get-bad.txt.err')).toBeNull();
    expect(parseRoute([], [])).toBeNull();
    expect(parseRoute(['Usage: ip route ...'], [])).toBeNull();
    expect(parseRoute(['192.0.2.51 dev eth0'], [])).toBeNull();
  });
});
