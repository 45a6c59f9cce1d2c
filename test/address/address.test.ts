import { describe, expect, test } from 'vitest';
import { parseAddresses, parseLinks, parseOwnAddresses, whyDown } from '../../src/address/index.ts';
import { captured, json, text } from './capture.ts';

/** The words that iproute2 writes as flags in JSON. */
const words = ['secondary', 'tentative', 'dadfailed', 'deprecated', 'dynamic', 'noprefixroute', 'nodad'];

/** The addresses as `ip -j addr` gave them, in the form of `parseAddresses`, sorted. */
function fromJson(name: string) {
  return json(name).flatMap(({ ifname, addr_info }) =>
    (Array.isArray(addr_info) ? addr_info : []).map((one) => ({
      ifname: String(ifname),
      address: String(one.local),
      prefix: Number(one.prefixlen),
      scope: String(one.scope),
      label: one.family === 'inet' ? String(one.label) : null,
      flags: words.filter((word) => one[word] === true || (word === 'secondary' && one.secondary === true)).sort(),
    })),
  );
}

function fromText(name: string) {
  return parseAddresses(captured(name)).map((one) => ({ ...one, flags: [...one.flags].sort() }));
}

describe('addresses of ip -o addr', () => {
  test.each([
    ['addr/iproute-v4.14.1-o-addr.txt', 'addr/iproute-v4.14.1-j-addr.json'],
    ['addr/iproute-v4.20.0-o-addr.txt', 'addr/iproute-v4.20.0-j-addr.json'],
    ['addr/iproute61-o-addr.txt', 'addr/iproute61-j-addr.json'],
    ['addr/iproute-v7.1.0-o-addr.txt', 'addr/iproute-v7.1.0-j-addr.json'],
    ['addr/uml61-vlan-vrf-bond-o-addr.txt', 'addr/uml61-vlan-vrf-bond-j-addr.json'],
    ['addr/v6-dadfailed-o.txt', 'addr/v6-dadfailed-j.json'],
    ['keepalived/plain-n1-o-addr.txt', 'keepalived/plain-n1-j-addr.json'],
  ])('%s says the same as the JSON of that moment', (lines, facts) => {
    const read = fromText(lines);
    expect(read.length).toBeGreaterThan(1);
    expect(read).toEqual(fromJson(facts));
  });

  test('iproute2 from 3.10 to 7.1 and BusyBox are read alike', () => {
    const forms = [
      'iproute-v3.10.0',
      'iproute-v4.11.0',
      'iproute-v4.14.1',
      'iproute61',
      'iproute-v7.1.0',
      'busybox1.35',
    ];
    const vips = forms.map((form) =>
      fromText(`addr/${form}-o-addr.txt`)
        .filter(({ scope }) => scope !== 'link')
        // What these do not know is left out or told by number.
        .map((one) => ({ ...one, flags: one.flags.filter((flag) => flag !== 'noprefixroute' && flag !== 'nodad') })),
    );
    expect(vips[0]).toHaveLength(19);
    for (const others of vips) expect(others).toEqual(vips[0]);
  });

  test('-4 and -6 leave out the other family and change nothing else', () => {
    const both = [...fromText('addr/iproute61-o4-addr.txt'), ...fromText('addr/iproute61-o6-addr.txt')];
    const all = fromText('addr/iproute61-o-addr.txt');
    expect(both.length).toBe(all.length);
    expect(new Set(both.map(({ address, ifname }) => address + ifname))).toEqual(
      new Set(all.map(({ address, ifname }) => address + ifname)),
    );
  });
});

describe('links of ip -o link', () => {
  test('say the same as the JSON of that moment', () => {
    const links = parseLinks(captured('addr/iproute61-o-link.txt'));
    expect(links.map(({ ifname, state, mac, flags }) => ({ ifname, state, mac, flags }))).toEqual(
      json('addr/iproute61-j-link.json').map(({ ifname, operstate, address, flags }) => ({
        ifname,
        state: operstate,
        mac: address,
        flags,
      })),
    );
  });

  test.each(['iproute-v3.10.0', 'iproute-v4.11.0', 'iproute-v4.14.1', 'iproute-v4.20.0', 'iproute61'])(
    'of %s: what is down and what has no carrier is told from what works',
    (form) => {
      const links = parseLinks(captured(`addr/${form}-o-link.txt`));
      expect(whyDown(links, 'eth0')).toBeNull();
      expect(whyDown(links, 'lo')).toBeNull();
      expect(whyDown(links, 'vrrp.51')).toBeNull();
      expect(whyDown(links, 'eth2')).toEqual({
        what: 'has no carrier',
        hint: 'cable, switch port or lower interface',
      });
      expect(whyDown(links, 'eth3')).toEqual({ what: 'is down', hint: 'ip link set eth3 up' });
    },
  );

  test.each([
    [
      'a bridge',
      '5: br0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/ether 5a:ef:77:84:91:72 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \\    bridge forward_delay 1500 hello_time 200 max_age 2000 ',
      'bridge',
    ],
    [
      'a port of a bridge',
      '3: n1-p@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state UP\\    link/ether 5a:ef:77:84:91:72 brd ff:ff:ff:ff:ff:ff promiscuity 1 \\    veth \\    bridge_slave state forwarding priority 32 cost 2 ',
      'veth',
    ],
    [
      'a card',
      '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 addrgenmode eui64 numtxqueues 1 ',
      null,
    ],
    [
      'a bridge without -d',
      '2: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\\    link/ether 46:f1:f7:a5:6a:db brd ff:ff:ff:ff:ff:ff',
      null,
    ],
  ])('the kind of %s', (_, line, kind) => {
    expect(parseLinks([line])[0]?.kind).toBe(kind);
  });

  test('a macvlan on a VLAN on a bond whose slaves are all dead carries nothing', () => {
    const links = parseLinks([
      '2: d0: <NO-CARRIER,BROADCAST,SLAVE,UP> mtu 1500 master bond0 state DOWN',
      '5: bond0: <BROADCAST,MULTICAST,MASTER,UP,LOWER_UP> mtu 1500 state UP',
      '6: bond0.10@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP',
      '7: vrrp.51@bond0.10: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP',
    ]);
    expect(whyDown(links, 'vrrp.51')).toEqual({ what: 'has no live slave below bond0', hint: null });
  });
});

describe('addresses that a host answers for, from /proc', () => {
  test('are those of ip addr', () => {
    const own = parseOwnAddresses(text('addr/proc-fib_trie.txt'), text('addr/proc-if_inet6.txt'));
    // The link-local addresses are of another boot than the text.
    const listed = fromText('addr/busybox1.35-o-addr.txt').map(({ address }) => address);
    expect(new Set(own)).toEqual(new Set(listed));
    expect(own).toContain('192.0.2.106');
    expect(own).not.toContain('192.0.2.107');
    expect(own).not.toContain('192.0.2.255');
  });

  test('a duplicate that the kernel does not use is none of them', () => {
    const line = (flags: string) => `20010db8000000000000000000000100 02 40 00 ${flags}     eth0\n`;
    expect(parseOwnAddresses('', line('82'))).toEqual(['2001:db8::100']);
    expect(parseOwnAddresses('', line('c8'))).toEqual([]);
  });
});
