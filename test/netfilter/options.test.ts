import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { asksLists, readOption, splitOptions } from '../../src/netfilter/iptables/options.ts';
import { splitWords } from '../../src/netfilter/iptables/save.ts';
import { allOf, type Doubt } from '../../src/netfilter/model/condition.ts';
import { type Carried, hashMark, typical } from '../../src/netfilter/model/packet.ts';
import { packetsTo, type Said, said, vip4, vip6 } from './selection.ts';

/** What the conditions of a saved rule select of the packets that carry this. */
function selected(text: string, change: Partial<Carried> = {}, vip = vip4): Said {
  const packets = packetsTo(vip);
  const carried = { ...typical('eth1'), ...change };
  const { options } = splitOptions(splitWords(text));
  return said(
    allOf(
      options.map((option) => readOption(option, packets).read(carried)),
      packets.space,
    ),
  );
}

type Row = readonly [conditions: string, traffic: string, doubt?: Doubt | null];

const rows: Readonly<Record<string, readonly Row[]>> = {
  'addresses and protocols': [
    ['-s 10.0.0.0/8', 'clients of 10.0.0.0/8'],
    ['! -s 10.0.0.0/8', 'clients other than 10.0.0.0/8'],
    ['-s 198.51.100.7/32', 'clients of 198.51.100.7'],
    ['-s wibble', 'everything', 'other'],
    ['-d 192.168.56.20/32', 'everything'],
    ['-d 192.168.56.0/24', 'everything'],
    ['-d 192.168.56.21/32', 'nothing'],
    ['! -d 192.168.56.20/32', 'nothing'],
    ['-d wibble', 'everything', 'other'],
    ['-m iprange --src-range 10.0.0.1-10.0.0.9', 'clients of 10.0.0.1-10.0.0.9'],
    ['-m iprange ! --src-range 10.0.0.1-10.0.0.9', 'clients other than 10.0.0.1-10.0.0.9'],
    ['-m iprange --src-range 10.0.0.1', 'everything', 'other'],
    ['-m iprange --dst-range 192.168.56.1-192.168.56.19', 'nothing'],
    ['-m iprange --dst-range 192.168.56.20-192.168.56.30', 'everything'],
    ['-p tcp', 'tcp'],
    ['! -p tcp', 'all but tcp'],
    ['-p all', 'everything'],
    ['-p 47', 'gre'],
    ['-p VRRP', 'vrrp'],
    ['-p wibble', 'everything', 'other'],
    ['-f', 'nothing'],
    ['! -f', 'everything'],
    ['-m addrtype --dst-type LOCAL', 'everything'],
    ['-m addrtype --dst-type BROADCAST,MULTICAST', 'nothing'],
    ['-m addrtype ! --dst-type LOCAL', 'nothing'],
    ['-m addrtype --src-type UNICAST', 'everything'],
    ['-m addrtype --src-type BROADCAST', 'nothing'],
    ['-m addrtype --dst-type LOCAL --limit-iface-in', 'everything'],
  ],
  'ports, flags and pings': [
    ['-p tcp -m tcp --dport 80', 'tcp port 80'],
    ['-p tcp --match tcp --dport 80', 'tcp port 80'],
    ['-p tcp -m tcp ! --dport 80', 'tcp port other than 80'],
    ['-p tcp -m tcp --dport 8000:8010', 'tcp ports 8000-8010'],
    ['-p udp -m udp --sport 1024:65535', 'udp from ports 1024-65535'],
    ['-p tcp -m multiport --dports 80,443,8000:8010', 'tcp ports 80, 443, 8000-8010'],
    ['-p tcp -m multiport --sports 53', 'tcp from port 53'],
    ['-p tcp -m multiport ! --dports 80,443', 'tcp ports 0-79, 81-442, 444-65535'],
    ['-p tcp -m tcp --dport http', 'tcp', 'other'],
    ['-p tcp -m tcp --syn', 'tcp NEW'],
    ['-p tcp -m tcp ! --syn', 'tcp ESTABLISHED'],
    ['-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN', 'tcp NEW'],
    ['-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN', 'tcp ESTABLISHED'],
    ['-p tcp -m tcp --tcp-flags ACK ACK', 'tcp ESTABLISHED'],
    ['-p tcp -m tcp --tcp-flags ALL NONE', 'nothing'],
    ['-p tcp -m tcp --tcp-flags ALL ALL', 'nothing'],
    ['-p tcp -m tcp --tcp-flags SYN,RST SYN,RST', 'nothing'],
    ['-p tcp -m tcp --tcp-flags PSH PSH', 'tcp ESTABLISHED', 'other'],
    ['-p tcp -m tcp --tcp-flags SYN,WIBBLE SYN', 'tcp', 'other'],
    ['-p icmp -m icmp --icmp-type 8', 'icmp'],
    ['-p icmp -m icmp --icmp-type 8/0', 'icmp'],
    ['-p icmp -m icmp --icmp-type 3', 'nothing'],
    ['-p icmp -m icmp ! --icmp-type 8', 'nothing'],
  ],
  'connections and routing': [
    ['-m state --state NEW', 'NEW'],
    ['-m state --state RELATED,ESTABLISHED', 'ESTABLISHED'],
    ['-m conntrack --ctstate NEW,ESTABLISHED', 'everything'],
    ['-m conntrack ! --ctstate NEW', 'ESTABLISHED'],
    ['-m conntrack --ctstate INVALID', 'nothing'],
    ['-m conntrack --ctstate UNTRACKED', 'nothing'],
    ['-m conntrack --ctstatus DNAT', 'nothing'],
    ['-m conntrack --ctstatus CONFIRMED', 'ESTABLISHED'],
    ['-m conntrack --ctstatus SEEN_REPLY', 'ESTABLISHED'],
    ['-m conntrack --ctstatus ASSURED', 'everything', 'other'],
    ['-m conntrack --ctdir ORIGINAL', 'everything'],
    ['-m conntrack --ctdir REPLY', 'nothing'],
    ['-m helper --helper ftp', 'nothing'],
    ['-m rpfilter --invert', 'nothing'],
    ['-m rpfilter --loose --validmark --accept-local', 'everything'],
    ['-m rpfilter --loose --validmark --accept-local --invert', 'nothing'],
    ['-m policy --dir in --pol none', 'everything'],
    ['-m policy --dir in --pol ipsec', 'nothing'],
    ['-m policy --dir out --pol none', 'nothing'],
    ['-m rt --rt-type 0 --rt-segsleft 0:1', 'nothing'],
    ['-m rt ! --rt-type 0', 'everything'],
    ['-m rt --rt-segsleft 0:1', 'everything'],
  ],
  interfaces: [
    ['-i eth1', 'everything'],
    ['-i eth+', 'everything'],
    ['-i eth0', 'nothing'],
    ['! -i eth1', 'nothing'],
    ['! -i lo', 'everything'],
  ],
  'what is not understood says why': [
    ['-m set --match-set banned src', 'everything', 'list'],
    ['-m set ! --match-set friends src', 'everything', 'list'],
    ['-m recent --rcheck --seconds 60 --name ssh --rsource', 'everything', 'list'],
    ['-m limit --limit 3/sec', 'everything', 'rate'],
    ['-m connlimit --connlimit-above 20 --connlimit-mask 32 --connlimit-saddr', 'everything', 'rate'],
    ['-m length --length 0:39', 'everything', 'form'],
    ['-m length --length 0:100', 'everything', 'other'],
    ['-m length --length 0:65535', 'everything', null],
    ['-m ttl --ttl-gt 0', 'everything', null],
    ['-m ttl --ttl-lt 5', 'everything', 'form'],
    ['-m ttl --ttl-eq 64', 'everything', 'other'],
    ['-m hl --hl-gt 0', 'everything', null],
    ['-m hl --hl-lt 5', 'everything', 'form'],
    ['-m hl --hl-eq 255', 'everything', 'other'],
    ['-p tcp -m tcp --tcp-option 2', 'tcp', 'form'],
    ['-m statistic --mode random --probability 0.5', 'everything', 'other'],
    ['-m wibble', 'everything', 'other'],
    ['--wibble', 'everything', 'other'],
    // The gravest of several counts, and what is known stays.
    ['-p tcp -m limit --limit 3/sec -m wibble --dport 80', 'tcp port 80', 'other'],
    ['-p tcp -m tcp --dport 80 -m set --match-set banned src -m limit --limit 3/sec', 'tcp port 80', 'list'],
  ],
  'a comment says nothing': [
    ['-m comment --comment "rate limit for all"', 'everything'],
    ['-m comment --comment "-j DROP -m recent"', 'everything'],
    ['-m cgroup --cgroup 1 -m comment --comment "see -m recent below"', 'everything', 'other'],
  ],
  'a word that is missing is damage': [
    ['-m conntrack --ctstate', 'everything', 'other'],
    ['-m state ! --state', 'everything', 'other'],
    ['-m conntrack --ctstatus', 'everything', 'other'],
    ['-m mark --mark', 'everything', 'other'],
    ['-m pkttype --pkt-type', 'everything', 'other'],
    ['-p icmp -m icmp --icmp-type', 'icmp', 'other'],
    ['-m addrtype --dst-type', 'everything', 'other'],
    ['-p tcp -m tcp --tcp-flags SYN', 'tcp', 'other'],
    ['-s', 'everything', 'other'],
    ['-m', 'everything', 'other'],
  ],
  'a word that no option owns is damage': [
    ['-p tcp -m tcp --dport 80 mi eth0', 'tcp', 'other'],
    ['-i eth1 mi', 'everything', 'other'],
    ['-m conntrack --ctstate ESTABLISHED mi eth0', 'everything', 'other'],
    ['-m state ! --state NEW mi eth0', 'everything', 'other'],
    ['-m mark --mark 0x1 mi eth0', 'everything', 'other'],
    ['-m pkttype --pkt-type unicast mi eth0', 'everything', 'other'],
    ['-i', 'everything', 'other'],
    ['-f mi eth0', 'everything', 'other'],
    ['! -f mi eth0', 'everything', 'other'],
    ['-m rpfilter --invert mi', 'everything', 'other'],
    ['-p tcp -m tcp --tcp-flags SYN,ACK SYN mi', 'tcp', 'other'],
    ['-m conntrack --ctdir ORIGINAL [unsupported revision]', 'everything', 'other'],
    ['-m comment --comment rate limit', 'everything', 'other'],
  ],
};

/** A row with its sentence. */
function titled(row: Row): readonly [string, Row] {
  const [conditions, traffic, doubt] = row;
  return [`${conditions}: ${traffic}${doubt === undefined ? '' : `, by ${doubt}`}`, row];
}

describe.each(Object.entries(rows))('%s', (_, some) => {
  test.each(some.map(titled))('%s', (_title, [conditions, traffic, doubt = null]) => {
    expect(selected(conditions)).toEqual({ traffic, doubt });
  });
});

const rowsOfIpv6: readonly Row[] = [
  ['-s 2001:db8:1::/48', 'clients of 2001:db8:1::/48'],
  ['-d 2001:db8::100/128', 'everything'],
  ['-d 2001:db8::101/128', 'nothing'],
  ['-p ipv6-icmp -m icmp6 --icmpv6-type 128', 'ipv6-icmp'],
  ['-p ipv6-icmp -m icmp6 --icmpv6-type 135', 'nothing'],
  ['-m iprange --src-range 2001:db8::1-2001:db8::9', 'clients of 2001:db8::1-2001:db8::9'],
];

describe('of a VIP of IPv6', () => {
  test.each(rowsOfIpv6.map(titled))('%s', (_title, [conditions, traffic]) => {
    expect(selected(conditions, {}, vip6)).toEqual({ traffic, doubt: null });
  });
});

type CarriedRow = readonly [
  what: string,
  conditions: string,
  carried: Partial<Carried>,
  traffic: string,
  doubt?: Doubt,
];

const marked = hashMark('h', [0, 1]);

const rowsOfCarried: readonly CarriedRow[] = [
  ['a mark', '-m mark --mark 0x1', { mark: 1 }, 'everything'],
  ['another mark', '-m mark --mark 0x1', { mark: 2 }, 'nothing'],
  ['a mark under a mask', '-m mark --mark 0x1/0xf', { mark: 0x21 }, 'everything'],
  ['a mark that has not that', '-m mark ! --mark 0x1', { mark: 2 }, 'everything'],
  ['a mark that nobody knows', '-m mark --mark 0x1', { mark: null }, 'everything', 'other'],
  ['a mark of the connection', '-m connmark --mark 0x1', { mark: 2, connmark: 1 }, 'everything'],
  ['a mark of the packet alone', '-m connmark --mark 0x1', { mark: 1, connmark: 2 }, 'nothing'],
  ['a mark asked for in words', '-m mark --mark wibble', { mark: 1 }, 'everything', 'other'],
  ['a mark for each residue', '-m mark --mark 0x1', { mark: marked }, 'in no words'],
  ['a frame for a group', '-m pkttype --pkt-type multicast', { pkttype: 'multicast' }, 'everything'],
  ['a frame for a group, asked for as unicast', '-m pkttype --pkt-type unicast', { pkttype: 'multicast' }, 'nothing'],
  ['a frame that was claimed', '-m pkttype --pkt-type unicast', { pkttype: 'host' }, 'everything'],
  ['a frame that was claimed, by its other name', '-m pkttype --pkt-type host', { pkttype: 'host' }, 'everything'],
  [
    'a frame that was claimed, asked for as multicast',
    '-m pkttype ! --pkt-type multicast',
    { pkttype: 'host' },
    'everything',
  ],
  ['a frame of another kind', '-m pkttype --pkt-type multicast', { pkttype: 'other' }, 'everything', 'other'],
  ['no interface is known: any but lo', '-i eth0', { ifname: null }, 'everything'],
  ['no interface is known, lo', '-i lo', { ifname: null }, 'nothing'],
  ['before connection tracking', '-m conntrack --ctstate INVALID', { tracking: 'pending' }, 'everything'],
  ['before connection tracking, NEW', '-m conntrack --ctstate NEW', { tracking: 'pending' }, 'nothing'],
  ['not tracked', '-m conntrack --ctstate UNTRACKED', { tracking: 'untracked' }, 'everything'],
  ['not tracked, ESTABLISHED', '-m conntrack --ctstate ESTABLISHED', { tracking: 'untracked' }, 'nothing'],
  ['a connection of another node', '-m conntrack --ctstate NEW', { tracking: 'stray' }, 'ESTABLISHED'],
];

describe('what packets carry', () => {
  test.each(rowsOfCarried.map((row) => [row[0], row] as const))('%s', (_title, row) => {
    const [, conditions, carried, traffic, doubt = null] = row;
    expect(selected(conditions, carried)).toEqual({ traffic, doubt });
  });

  test('a mark for each residue meets those that have it', () => {
    const packets = packetsTo(vip4);
    const { options } = splitOptions(splitWords('-m mark --mark 0x1'));
    const [, mark] = options.map((option) => readOption(option, packets).read({ ...typical('eth1'), mark: marked }));
    expect(mark && packets.space.residuesIn(mark.traffic, 'h', 2)).toEqual([1]);
  });
});

const either = '-m multiport --ports 80';

test('--ports is met by either port', () => {
  const packets = packetsTo(vip4);
  const { options } = splitOptions(splitWords(either));
  const [, port] = options.map((option) => readOption(option, packets).read(typical('eth1')));
  const has = (sport: bigint, dport: bigint) =>
    port?.traffic.holds({ phase: 0n, protocol: 6n, source: 1n, sport, dport }, () => null);
  expect([has(80n, 1n), has(1n, 80n), has(1n, 2n)]).toEqual([true, true, false]);
});

test('every option that is read has a row', () => {
  const source = readFileSync('src/netfilter/iptables/options.ts', 'utf8');
  const read = [...source.matchAll(/^ {4}'(--?[\w-]+)': \(|name === '(--?[\w-]+)'/gm)].flatMap(
    ([, reader, other]) => reader ?? other ?? [],
  );
  expect(read.length).toBeGreaterThan(35);
  const texts = [...Object.values(rows).flat(), ...rowsOfIpv6].map(([text]) => text);
  const asked = new Set([...texts, ...rowsOfCarried.map(([, text]) => text), either].flatMap(splitWords));
  // These are targets: see the words of a rule.
  expect(read.filter((name) => !asked.has(name))).toEqual(['-g', '--goto']);
});

describe('the words of a rule', () => {
  test.each<readonly [text: string, options: readonly string[], target: string | null]>([
    ['-p tcp -m tcp --dport 80 -j ACCEPT', ['-p tcp', '-m tcp', '--dport 80'], '-j ACCEPT'],
    ['! -s 10.0.0.0/8 -g OWN', ['! -s 10.0.0.0/8'], '-g OWN'],
    ['-s 10.0.0.0/8 -j REJECT --reject-with tcp-reset', ['-s 10.0.0.0/8'], '-j REJECT --reject-with tcp-reset'],
    ['-m comment --comment "-j DROP" -j ACCEPT', ['-m comment', '--comment -j DROP'], '-j ACCEPT'],
    ['-i eth1', ['-i eth1'], null],
    ['--match tcp --goto OWN', ['--match tcp'], '-g OWN'],
  ])('%s', (text, options, target) => {
    const found = splitOptions(splitWords(text));
    const shown = found.options.map(({ name, words, negated }) =>
      [...(negated ? ['!'] : []), name, ...words].join(' '),
    );
    expect(shown).toEqual(options);
    expect(found.target && [found.target.name, ...found.target.words].join(' ')).toBe(target);
  });

  test.each([
    ['-m set --match-set banned src', true],
    ['-m recent --rcheck', true],
    ['-p tcp -m tcp --dport 80', false],
    ['-m comment --comment "-m set"', false],
  ])('%s asks for a list: %s', (text, lists) => {
    expect(asksLists(splitOptions(splitWords(text)).options)).toBe(lists);
  });
});
