import { expect, test } from 'vitest';
import { iptablesChains } from '../../src/netfilter/iptables/chains.ts';
import { parseRuleset } from '../../src/netfilter/iptables/save.ts';
import type { Part } from '../../src/netfilter/model/program.ts';
import { packetsTo, vip4 } from './selection.ts';

/** What a rule of filter INPUT ends in, by its target. */
function endOf(target: string): string {
  const lines = ['*filter', ':INPUT DROP [0:0]', ':OWN - [0:0]', `-A INPUT -p tcp ${target}`, 'COMMIT'];
  const { bases } = iptablesChains(parseRuleset(lines), packetsTo(vip4), 'iptables', () => null);
  const [, ...rest]: readonly Part[] = bases[0]?.chain.rules[0]?.parts ?? [];
  return rest.map((part) => (part.kind === 'end' ? part.verdict.kind : part.kind)).join(' ');
}

test.each([
  ['-j ACCEPT', 'accept'],
  ['-j DROP', 'drop'],
  ['-j RETURN', 'return'],
  ['-j OWN', 'jump'],
  ['-g OWN', 'goto'],
  ['-j REJECT --reject-with icmp-port-unreachable', 'reject'],
  ['-j REJECT --reject-with tcp-reset', 'reset'],
  ['-j REDIRECT --to-ports 8080', 'redirect'],
  ['-j NFQUEUE --queue-num 0', 'queue'],
  ['-j MARK --set-xmark 0x1/0xffffffff', 'set'],
  ['-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff', 'set'],
  ['-j CT --notrack', 'untrack'],
  ['-j CT --helper ftp', ''],
  ['-j LOG --log-prefix "no more "', ''],
  ['-j WIBBLE', 'unknown'],
  ['', ''],
  // Damage: these take no words.
  ['-j ACCEPT mi eth0', 'unknown'],
  ['-j DROP mi eth0', 'unknown'],
  ['-j OWN mi eth0', 'unknown'],
])('a rule with the target "%s" ends in "%s"', (target, end) => {
  expect(endOf(target)).toBe(end);
});

/** Where a target sends packets, as `ADDRESS:PORT`; null where that is not followed. */
function sentTo(target: string): string | null {
  const lines = ['*nat', ':PREROUTING ACCEPT [0:0]', `-A PREROUTING -p tcp ${target}`, 'COMMIT'];
  const { bases } = iptablesChains(parseRuleset(lines), packetsTo(vip4), 'iptables', () => null);
  const last = bases[0]?.chain.rules[0]?.parts.at(-1);
  if (last?.kind !== 'end' || last.verdict.kind !== 'redirect' || last.verdict.to === undefined) return null;
  const { address, port } = last.verdict.to;
  return `${address === null ? 'its own choice' : 'the VIP'}, ${port === null ? 'the same port' : `port ${port}`}`;
}

test.each([
  ['-j REDIRECT --to-ports 8080', 'its own choice, port 8080'],
  ['-j REDIRECT', 'its own choice, the same port'],
  [`-j DNAT --to-destination ${vip4}:8080`, 'the VIP, port 8080'],
  ['-j DNAT --to-destination :8080', 'the VIP, port 8080'],
  [`-j DNAT --to-destination ${vip4}`, 'the VIP, the same port'],
  // Several ports, another host, or a form that is not known.
  ['-j REDIRECT --to-ports 8000-8010', null],
  ['-j REDIRECT --to-ports 8080 --random', null],
  ['-j DNAT --to-destination 10.0.0.7:8080', null],
  [`-j DNAT --to-destination ${vip4}:8080-8090`, null],
  ['-j NETMAP --to 10.0.0.0/24', null],
  ['-j TPROXY --on-port 8080', null],
])('a rule with the target "%s" sends to %s', (target, where) => {
  expect(sentTo(target)).toBe(where);
});
