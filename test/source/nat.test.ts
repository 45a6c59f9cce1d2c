import { describe, expect, test } from 'vitest';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { hostFacts, natLeftOpen, reportSource } from '../../src/source/index.ts';
import { snapshotText } from '../snapshot_text.ts';

const target = { text: '10.1.2.3', address: '10.1.2.3' };
const vip = '192.168.56.20';
const own = '192.168.56.11';

type Given = {
  readonly from?: string;
  readonly rules?: readonly string[];
  readonly addr?: readonly string[];
  readonly iptables?: readonly string[];
  readonly nat?: boolean;
  readonly policy?: readonly string[];
};

const output = (lines: readonly string[]) => [...lines.map((line) => `> ${line}`), '= exit 0'];

/** What is said of a host with these rules at nat POSTROUTING, whose route gives packets a source. */
function judged({ from = own, rules = [], addr, iptables, nat = false, policy = [] }: Given) {
  const saved = ['*nat', ':POSTROUTING ACCEPT [0:0]', ...rules.map((rule) => `-A POSTROUTING ${rule}`), 'COMMIT'];
  const text = snapshotText({
    held: null,
    ...(addr === undefined ? {} : { addr }),
    sections: {
      host: ['> name n1', '> kernel 6.1', '> uid 0', '> user root', '> script 0.1.0', '> parts 2'],
      iptables: iptables ?? output(saved),
      rule4: output(policy),
      'route 10.1.2.3: ip': output([`10.1.2.3 via 192.168.56.254 dev eth1 src ${from} uid 0`]),
    },
  });
  const snapshot = parseSnapshot(`${text}== end ${text.trimEnd().split('\n').length}\n`);
  if (!snapshot.ok) throw new Error(snapshot.reason);
  const wanted = { source: vip, ifActive: undefined, nat, named: false };
  const hosts = [hostFacts('n1', snapshot.value, [target])];
  const { state, findings } = reportSource(hosts, [], wanted);
  return { state, text: findings.map((one) => one.text).join('\n'), open: natLeftOpen(hosts, wanted) };
}

describe('NAT on the way out', () => {
  test.each([
    ['no rule, and the route is right', { from: vip }, 'OK'],
    ['SNAT to the address wanted', { rules: [`-o eth1 -j SNAT --to-source ${vip}`] }, 'OK'],
    [
      'SNAT to it with ports',
      { rules: [`-o eth1 -p tcp -j SNAT --to-source ${vip}:1024-2047`, `-j SNAT --to-source ${vip}`] },
      'OK',
    ],
    ['SNAT to it by another card', { rules: [`-o eth9 -j SNAT --to-source ${vip}`] }, 'CRITICAL'],
    ['SNAT to a range', { from: vip, rules: [`-j SNAT --to-source ${vip}-192.168.56.23`] }, 'CRITICAL'],
    ['SNAT of what has another source', { from: vip, rules: [`-s 172.17.0.0/16 -j SNAT --to-source ${own}`] }, 'OK'],
    ['masquerading', { from: vip, rules: ['-o eth1 -j MASQUERADE'] }, 'CRITICAL'],
    [
      'masquerading by a card that has the address alone',
      { rules: ['-j MASQUERADE'], addr: [`3: eth1    inet ${vip}/24 brd 192.168.56.255 scope global eth1`] },
      'OK',
    ],
    ['a part of it', { from: vip, rules: ['-p udp -j MASQUERADE'] }, 'CRITICAL'],
    [
      'NEW is what opens a connection',
      { from: vip, rules: ['-m conntrack --ctstate NEW --ctdir ORIGINAL -j MASQUERADE'] },
      'CRITICAL',
    ],
    ['no answer is', { from: vip, rules: ['-m conntrack --ctstate ESTABLISHED -j MASQUERADE'] }, 'OK'],
    [
      'a rule that does not show for which',
      { from: vip, rules: ['-m set --match-set lan dst -j MASQUERADE'] },
      'WARNING',
    ],
  ] as const)('%s', (_, given, state) => {
    const said = judged(given);
    expect(said.state, said.text).toBe(state);
  });

  test('where it must be known, and root alone may read it, the sudoers line is told', () => {
    const iptables = ['! Permission denied (you must be root)', '= exit 4', '= needs /usr/sbin/iptables-save'];
    expect(judged({ from: vip, iptables }).state).toBe('OK');
    const said = judged({ from: vip, iptables, nat: true });
    expect(said.state).toBe('UNKNOWN');
    expect(said.text).toContain('NOPASSWD: /usr/sbin/iptables-save');
  });

  test('where it was not judged, -v says so, and how to have it judged', () => {
    const iptables = ['! Permission denied (you must be root)', '= exit 4', '= needs /usr/sbin/iptables-save'];
    expect(judged({ from: vip, iptables }).open.join()).toMatch(
      /^not judged: whether NAT .* leaves n1 \(.*Permission denied.*\); with --nat the rules are read and judged$/,
    );
    expect(judged({ from: vip, iptables, nat: true }).open).toEqual([]);
    expect(judged({ from: vip }).open).toEqual([]);
  });

  test('this host by its own kernel, without --nat, is told of as well, but not a passive one', () => {
    const way = {
      target,
      known: true,
      routes: [{ kind: 'sent', source: vip, ifname: null, gateway: null }],
      nat: null,
    } as const;
    const host = { name: 'local', reached: true, ways: [way], has: () => false, special: [] } as const;
    const wanted = { source: vip, ifActive: undefined, nat: false, named: false };
    expect(natLeftOpen([host], wanted)).toEqual([expect.stringContaining('(only the route was asked for)')]);
    expect(natLeftOpen([host], { ...wanted, ifActive: vip })).toEqual([]);
  });

  test('a rule of policy routing for a port is told', () => {
    const said = judged({
      from: vip,
      policy: ['0:\tfrom all lookup local', '100:\tfrom all ipproto tcp dport 443 lookup 100'],
    });
    expect(said.state).toBe('OK');
    expect(said.text).toContain('100: from all ipproto tcp dport 443 lookup 100');
  });
});
