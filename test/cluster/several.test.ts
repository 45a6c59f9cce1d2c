import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import checkClusterBuckets from '../../plugins/check_cluster_buckets.ts';
import { parseBlock } from '../../src/address/index.ts';
import { judgeOne, judgeSeveral, type WantedOfAll } from '../../src/cluster/index.ts';
import { reportSeveral } from '../../src/cluster/report_several.ts';
import { readCommandLine } from '../../src/plugin/command_line.ts';
import {
  formatPerfdata,
  type Plugin,
  type Report,
  renderOpenMetrics,
  renderText,
  type State,
  stateOf,
  worst,
} from '../../src/plugin/index.ts';
import { parseSnapshot } from '../../src/snapshot/index.ts';
import { snapshotText } from '../snapshot_text.ts';
import { nothingWanted } from '../wanted.ts';

const { vip: _, ...nothing } = nothingWanted;
const wanted: WantedOfAll = { ...nothing, skip: ['arp'] };
const run = { timeLeft: () => 60_000, verbosity: 0 } as const;

/** The snapshots of a folder, by the names of the files, and nodes that give nothing. */
function nodesOf(folder: string, silent: readonly string[] = []) {
  const files = readdirSync(path.join('test/fixtures', folder)).filter((file) => file.endsWith('.txt'));
  return files.map((file) => {
    const name = file.replace('.txt', '');
    const snapshot = parseSnapshot(readFileSync(path.join('test/fixtures', folder, file), 'utf8'));
    if (silent.includes(name)) return { name, reached: false, reason: 'ssh: connection refused' } as const;
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return { name, reached: true, snapshot: snapshot.value } as const;
  });
}

const all = { vips: [], all: true };
const firstLine = (report: Report) => renderText(report).split('\n')[0]?.split(' | ')[0] ?? '';
const codes = (report: Report) => report.findings.map(({ code }) => code);

describe('what is judged of several VIPs', () => {
  test.each(['iptables-legacy', 'iptables-nft', 'nftables'])(
    '%s: all VIPs are found, and the wrong ones named',
    (way) => {
      const report = judgeSeveral(nodesOf(`vips/${way}-healthy-lost-doubled`), all, wanted, run);
      expect(firstLine(report)).toBe(
        '[CRITICAL] 192.168.56.21: bucket 2 of 2 on no node, 50 % of client addresses get no answer; also 192.168.56.22; 1 other VIP OK',
      );
      expect(report.data).toMatchObject([
        { vip: '192.168.56.20', state: 'OK', lost: [], doubled: [] },
        { vip: '192.168.56.21', state: 'CRITICAL', lost: [2], doubled: [] },
        { vip: '192.168.56.22', state: 'CRITICAL', lost: [], doubled: [2] },
      ]);
    },
  );

  test('IPv4 and IPv6 stand beside each other', () => {
    const report = judgeSeveral(nodesOf('vips/nftables-ipv4-and-ipv6'), all, wanted, run);
    expect(report.data).toMatchObject([
      { vip: '192.168.56.21', state: 'CRITICAL' },
      { vip: 'fd00:56::20', state: 'WARNING' },
    ]);
    expect(firstLine(report)).toMatch(/; WARNING: fd00:56::20$/);
  });

  test('a VIP that is named is judged also where nobody shows it', () => {
    const report = judgeSeveral(
      nodesOf('vips/nftables-healthy-lost-doubled'),
      { vips: ['192.0.2.99'], all: true },
      wanted,
      run,
    );
    expect(report.data).toMatchObject([{ vip: '192.0.2.99', state: 'CRITICAL' }, {}, {}, {}]);
    expect(codes(report)).toContain('cluster-nowhere');
  });

  test('without a cluster rule nothing is judged, and that is UNKNOWN', () => {
    const report = judgeSeveral(nodesOf('clusterip/flushed-on-all'), all, wanted, run);
    expect(stateOf(report)).toBe('UNKNOWN');
    expect(codes(report)).toEqual(['vip-not-found']);
    expect(firstLine(report)).toBe('[UNKNOWN] no VIP found: n1 and n2 show no cluster rule');
  });

  test('with no node reached either, it is what --unreachable says', () => {
    const nodes = nodesOf('clusterip/healthy', ['n1', 'n2']);
    expect(firstLine(judgeSeveral(nodes, all, wanted, run))).toBe('[CRITICAL] no VIP found: no node was reached');
    const mild = judgeSeveral(nodes, all, { ...wanted, unreachable: 'OK' }, run);
    expect(stateOf(mild)).toBe('UNKNOWN');
  });

  test('a node without an answer may have a VIP of its own: said, and a WARNING', () => {
    const report = judgeSeveral(nodesOf('vips/nftables-healthy-lost-doubled', ['n2']), all, wanted, run);
    const unseen = report.findings.find(({ code }) => code === 'vip-unseen');
    expect(unseen).toMatchObject({
      state: 'WARNING',
      text: 'VIPs that only n2 may have a rule for cannot be seen while it gives no answer',
    });
    // That of the VIP which n1 holds whole is a doubt, the others are unproven.
    expect(report.data).toMatchObject([{ state: 'CRITICAL' }, { state: 'CRITICAL' }, { state: 'WARNING' }]);
  });

  test('a rule without an address takes in VIPs, and addresses of which that is not known', () => {
    const report = judgeSeveral(nodesOf('vips/nftables-rule-without-address'), all, wanted, run);
    expect(report.data).toMatchObject([{ vip: '192.168.56.20', state: 'OK' }]);
    expect(stateOf(report)).toBe('WARNING');
    expect(codes(report).filter((code) => code === 'vip-unnamed')).toHaveLength(2);
  });

  test('what only root may read is named for each VIP, with its line for sudoers', () => {
    const files = ['192.168.56.20', '192.168.56.21'].map((vip) => `/proc/net/ipt_CLUSTERIP/${vip}`);
    const sections = Object.fromEntries(
      files.map((file) => [
        `clusterip ${path.basename(file)}: cat ${file}`,
        ['! cat: Permission denied', '= exit 1', `= needs /usr/bin/cat ${file}`],
      ]),
    );
    const snapshot = parseSnapshot(snapshotText({ sections }));
    if (!snapshot.ok) throw new Error(snapshot.reason);
    const report = judgeSeveral([{ name: 'n1', reached: true, snapshot: snapshot.value }], all, wanted, run);
    expect(report.data).toMatchObject([{ state: 'UNKNOWN' }, { state: 'UNKNOWN' }]);
    for (const file of files)
      expect(report.findings).toContainEqual({
        state: 'UNKNOWN',
        code: 'rules-unread',
        text: `${path.basename(file)}: n1: cannot read ${file}: cat: Permission denied. Allow it in sudoers on n1: root ALL=(root) NOPASSWD: /usr/bin/cat ${file}`,
      });
  });

  test('a client is asked of the VIPs of its family; of none is UNKNOWN', () => {
    const client = { text: '2001:db8::9', family: 6, protocol: 6, saddr: 9n, sport: null, dport: null } as const;
    const asked = { ...wanted, clients: [client] };
    const four = judgeSeveral(nodesOf('vips/nftables-healthy-lost-doubled'), all, asked, run);
    expect(four.findings.filter(({ code }) => code === 'client-unknown')).toMatchObject([
      { state: 'UNKNOWN', text: 'client 2001:db8::9: no VIP of IPv6 was found' },
    ]);
    const both = judgeSeveral(nodesOf('vips/nftables-ipv4-and-ipv6'), all, asked, run);
    expect(codes(both).filter((code) => code.startsWith('client-'))).toHaveLength(1);
  });

  test('networks of clients of a family that no VIP is of are UNKNOWN, too', () => {
    const networks = ['10.0.0.0/8', '2001:db8::/32', '2001:db9::/32'].flatMap((text) => parseBlock(text) ?? []);
    const asked = { ...wanted, networks };
    const four = judgeSeveral(nodesOf('vips/iptables-nft-healthy-lost-doubled'), all, asked, run);
    expect(four.findings.filter(({ code }) => code === 'client-unknown')).toMatchObject([
      { state: 'UNKNOWN', text: '--clients of IPv6: no VIP of IPv6 was found' },
    ]);
    const both = judgeSeveral(nodesOf('vips/nftables-ipv4-and-ipv6'), all, asked, run);
    expect(codes(both)).not.toContain('client-unknown');
  });
});

/** Nodes with these addresses (`ADDRESS [INTERFACE]`) beside their own one, the rules of iptables given, and other sections. */
function nodesWith(
  addresses: (node: number) => readonly string[],
  rules: (node: number) => readonly string[],
  sections: Readonly<Record<string, readonly string[]>> = {},
) {
  return [1, 2].map((n) => {
    const addr = [`192.168.56.1${n}/24`, ...addresses(n)].map((one) => {
      const [address = '', ifname = 'eth1'] = one.split(' ');
      return `3: ${ifname}    ${one.includes(':') ? 'inet6' : 'inet'} ${address} scope global ${ifname}`;
    });
    const iptables = ['*mangle', ':PREROUTING ACCEPT [0:0]', ...rules(n), 'COMMIT'].map((line) => `> ${line}`);
    const text = snapshotText({ held: null, addr, sections: { iptables: [...iptables, '= exit 0'], ...sections } });
    const snapshot = parseSnapshot(text);
    if (!snapshot.ok) throw new Error(snapshot.reason);
    return { name: `n${n}`, reached: true, snapshot: snapshot.value } as const;
  });
}

const sharing = (match: string) => (node: number) => [
  `-A PREROUTING ${match} -m cluster --cluster-total-nodes 2 --cluster-local-node ${node} --cluster-hash-seed 0x7 -j ACCEPT`,
  `-A PREROUTING ${match} -j DROP`,
];
const only20 = sharing('-d 192.168.56.20/32 -i eth1');

describe('where a VIP may hide from --vip all', () => {
  const denied = ['! sudo: a password is required', '= exit 1', '= needs /usr/sbin/ip6tables-legacy-save'];
  const unread = { 'ip6tables-legacy: ip6tables-legacy-save': denied };
  const aboutIpv6 = (report: Report) => report.findings.filter(({ code }) => code === 'rules-unread');

  test('behind rules of a family that cannot be read, where several nodes have an address of it: UNKNOWN', () => {
    const nodes = nodesWith(() => ['192.168.56.20/24', 'fd00:56::20/64'], only20, unread);
    const report = judgeSeveral(nodes, all, wanted, run);
    expect(report.data).toMatchObject([{ vip: '192.168.56.20', state: 'OK' }]);
    expect(firstLine(report)).toMatch(/^\[UNKNOWN\] n1: cannot read the ip6tables-legacy rules; 1 VIP OK/);
    expect(aboutIpv6(report)[0]?.text).toBe(
      'n1: cannot read the ip6tables-legacy rules: sudo: a password is required. VIPs of IPv6 are not found there, and fd00:56::20, which several nodes have, may be one. If the cluster has no VIP of IPv6, name its VIPs with --vip in place of all; else allow it in sudoers on n1: root ALL=(root) NOPASSWD: /usr/sbin/ip6tables-legacy-save',
    );
    const named = judgeSeveral(nodes, { vips: ['192.168.56.20', '192.168.56.21'], all: false }, wanted, run);
    expect(aboutIpv6(named)).toEqual([]);
  });

  test('where each node has only its own address of that family: WARNING', () => {
    const nodes = nodesWith((n) => ['192.168.56.20/24', `fd00:56::1${n}/64`], only20, unread);
    const report = judgeSeveral(nodes, all, wanted, run);
    expect(aboutIpv6(report).map(({ state }) => state)).toEqual(['WARNING', 'WARNING']);
    const clusterip = judgeSeveral(nodes, all, { ...wanted, backend: 'clusterip' }, run);
    expect(aboutIpv6(clusterip)).toEqual([]);
  });

  test.each<[what: string, sections: Readonly<Record<string, readonly string[]>>]>([
    ['a tool that is not installed', { 'ip6tables-legacy': ['= missing ip6tables-legacy-save'] }],
    [
      'a kernel without such rules',
      { 'ip6tables-legacy: ip6tables-legacy-save': ['! ip6tables: Protocol not supported', '= exit 1'] },
    ],
  ])('but not behind %s', (_, sections) => {
    const nodes = nodesWith(() => ['192.168.56.20/24', 'fd00:56::20/64'], only20, sections);
    expect(aboutIpv6(judgeSeveral(nodes, all, wanted, run))).toEqual([]);
  });

  test('nor where a node has no address of that family', () => {
    const report = judgeSeveral(
      nodesWith(() => ['192.168.56.20/24'], only20, unread),
      all,
      wanted,
      run,
    );
    expect(aboutIpv6(report)).toEqual([]);
  });

  test('on one node, where only the rules of another one take it in', () => {
    const report = judgeSeveral(nodesOf('vips/nftables-rule-for-a-network-on-n2-address-on-n1'), all, wanted, run);
    expect(report.findings.find(({ code }) => code === 'vip-unnamed')).toMatchObject({
      state: 'WARNING',
      text: 'n2: a cluster rule names 10.99.0.0/24, and takes in 10.99.0.1, which of the reached nodes only n1 has: whether that is a VIP cannot be seen. Name the VIPs with --vip',
    });
  });

  test('in a network that a rule names, once no node has it: said each time, and no fault', () => {
    const rules = (n: number) => [...only20(n), ...sharing('-d 10.99.0.0/24')(n)];
    const report = judgeSeveral(
      nodesWith(() => ['192.168.56.20/24'], rules),
      all,
      wanted,
      run,
    );
    expect(stateOf(report)).toBe('OK');
    expect(report.findings.filter(({ code }) => code === 'vip-unlisted').map(({ text }) => text)).toEqual([
      'n1 and n2: a cluster rule names 10.99.0.0/24, so a VIP in it that no node has any more is not found. Name such VIPs with --vip beside all',
    ]);
    const plain = judgeSeveral(
      nodesWith(() => ['192.168.56.20/24'], only20),
      all,
      wanted,
      run,
    );
    expect(codes(plain)).not.toContain('vip-unlisted');
  });

  test('in no case is it an address of several nodes that their firewalls drop without naming it', () => {
    const report = judgeSeveral(
      nodesOf('vips/iptables-nft-beside-a-bridge-that-the-firewall-denies'),
      all,
      wanted,
      run,
    );
    expect(report.data).toMatchObject([
      { vip: '192.168.56.20', state: 'OK' },
      { vip: '192.168.56.21', state: 'CRITICAL' },
    ]);
  });

  test('nor one that only a guard names, and that the firewall drops like all others', () => {
    const rules = (n: number) => ['-A PREROUTING ! -d 192.168.56.99/32 -i eth7 -j RETURN', ...only20(n)];
    const input = ['*filter', ':INPUT ACCEPT [0:0]', '-A INPUT ! -d 192.168.56.20/32 -j DROP', 'COMMIT'];
    const legacy = { 'iptables-legacy': [...input.map((line) => `> ${line}`), '= exit 0'] };
    const report = judgeSeveral(
      nodesWith(() => ['192.168.56.20/24'], rules, legacy),
      all,
      wanted,
      run,
    );
    expect(report.data).toMatchObject([{ vip: '192.168.56.20', state: 'OK' }]);
  });

  test('an address of one node is not said to be named by a network where a rule drops everything to it', () => {
    const rules = (n: number) => [...only20(n), ...(n === 1 ? ['-A PREROUTING -d 192.168.56.21/32 -j DROP'] : [])];
    const nodes = nodesWith((n) => ['192.168.56.20/24', ...(n === 1 ? ['192.168.56.21/24'] : [])], rules);
    expect(judgeSeveral(nodes, all, wanted, run).findings.find(({ code }) => code === 'vip-unnamed')?.text).toBe(
      'n1: a rule drops everything to 192.168.56.21, which no other reached node has: whether that is a VIP cannot be seen. Name the VIPs with --vip',
    );
  });
});

describe('an address of all nodes that a rule drops packets to by its name', () => {
  test.each([
    'nftables-beside-a-bridge-of-which-a-part-is-denied-by-name-invalid',
    'iptables-nft-beside-a-bridge-of-which-a-part-is-denied-by-name-interface',
  ])('is no VIP on the real kernel: %s', (name) => {
    const report = judgeSeveral(nodesOf(`vips/${name}`), all, wanted, run);
    expect(report.data).toMatchObject([{ vip: '192.168.56.20', state: 'OK' }]);
    expect(stateOf(report)).toBe('OK');
  });

  const own = '-d 172.17.0.1/32';
  const inTable = (table: string, ...lines: readonly string[]) => ['COMMIT', `*${table}`, ...lines];
  const early = (...rules: readonly string[]) =>
    inTable('raw', ':PREROUTING ACCEPT [0:0]', ...rules.map((rule) => `-A PREROUTING ${rule} -j DROP`));
  const input = (policy: string, ...lines: readonly string[]) =>
    inTable(
      'filter',
      `:INPUT ${policy} [0:0]`,
      ':OUTPUT ACCEPT [0:0]',
      '-A INPUT -d 192.168.56.20/32 -j ACCEPT',
      ...lines,
    );
  const dropAll = input('DROP');
  const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
  const match = (left: unknown, right: unknown) => ({ match: { op: '==', left, right } });
  const daddr = payload('ip', 'daddr');
  const to = (right: unknown) => match(daddr, right);
  const drop = { drop: null };

  /** The addresses that are judged, where rules of iptables follow the cluster's, and a chain of nft comes before all. */
  function judged(rules: readonly string[], native: readonly (readonly unknown[])[], place = '172.17.0.1/16 docker0') {
    const ruleset = [
      { table: { family: 'ip', name: 'guard', handle: 1 } },
      {
        chain: {
          family: 'ip',
          table: 'guard',
          name: 'pre',
          handle: 1,
          type: 'filter',
          hook: 'prerouting',
          prio: -300,
          policy: 'accept',
        },
      },
      ...native.map((expr) => ({ rule: { family: 'ip', table: 'guard', chain: 'pre', handle: 2, expr } })),
    ];
    const nft = { nft: [...ruleset.map((one) => `> ${JSON.stringify(one)}`), '= exit 0'] };
    const nodes = nodesWith(
      () => ['192.168.56.20/24', place],
      (n) => [...only20(n), ...rules],
      nft,
    );
    const { data } = judgeSeveral(nodes, all, wanted, run);
    const vips: readonly { readonly vip: string }[] = JSON.parse(JSON.stringify(data));
    return vips.map(({ vip }) => vip).filter((vip) => vip !== '192.168.56.20');
  }

  test.each<[what: string, rules: readonly string[], native?: readonly (readonly unknown[])[]]>([
    ['those that connection tracking has not seen yet', early(`${own} -m conntrack --ctstate INVALID`)],
    ['the same in nft', [], [[to('172.17.0.1'), match({ ct: { key: 'state' } }, 'invalid'), drop]]],
    [
      'those of one protocol, and the rest by the policy',
      dropAll,
      [[to('172.17.0.1'), match(payload('ip', 'protocol'), 'udp'), drop]],
    ],
    [
      'those of one protocol by a map',
      dropAll,
      [[to('172.17.0.1'), { vmap: { key: payload('ip', 'protocol'), data: { set: [['udp', drop]] } } }]],
    ],
    ['those of one protocol by the tool', [...early(`${own} -p tcp`), ...dropAll]],
    [
      'those of one protocol by l4proto',
      dropAll,
      [[to('172.17.0.1'), match({ meta: { key: 'l4proto' } }, 'tcp'), drop]],
    ],
    ['those of one port', [...early(`${own} -p tcp -m tcp --dport 2375`), ...dropAll]],
    ['those that do not come by its bridge', [...early(`${own} ! -i docker0`), ...dropAll]],
    ['those of some clients', [...early(`${own} -s 10.0.0.0/8`), ...dropAll]],
    ['those that begin a connection', input('DROP', `-A INPUT ${own} -m conntrack --ctstate NEW -j DROP`)],
    ['those beyond a rate', input('DROP', `-A INPUT ${own} -m limit --limit 5/sec -j DROP`)],
    ['those with a mark', input('DROP', `-A INPUT ${own} -m mark --mark 0x7 -j DROP`)],
    ['those that the host itself sends', input('DROP', `-A OUTPUT ${own} -j DROP`)],
    ['those that it forwards', [...dropAll, ':FORWARD ACCEPT [0:0]', `-A FORWARD ${own} -j DROP`]],
    ['some by its name, and all by its network', [...early(`${own} -s 10.0.0.0/8`, '-d 172.17.0.0/16')]],
  ])('is no VIP where it takes a part: %s', (_, rules, native = []) => {
    expect(judged(rules, native)).toEqual([]);
  });

  test.each<[what: string, rules: readonly string[], native?: readonly (readonly unknown[])[]]>([
    ['by the policy, too', [...early(own), ...dropAll]],
    [
      'behind a rule that has dropped all before',
      input('ACCEPT', '-A INPUT ! -d 192.168.56.20/32 -j DROP', `-A INPUT ${own} -j DROP`),
    ],
    ['that come by its interface', early(`${own} -i eth1`)],
    ['that do not come by loopback', early(`${own} ! -i lo -m comment --comment "-s 10.0.0.0/8"`)],
    ['that have no mark of a cluster', input('ACCEPT', `-A INPUT ${own} -m mark ! --mark 0xffff -j DROP`)],
    ['by a rule for each protocol', early(`${own} -p tcp`, `${own} -p udp`)],
    [
      'by a rule for each protocol in nft',
      [],
      ['tcp', 'udp'].map((protocol) => [to('172.17.0.1'), match({ meta: { key: 'l4proto' } }, protocol), drop]),
    ],
    ['in two halves', early(`${own} -s 0.0.0.0/1`, `${own} -s 128.0.0.0/1`)],
    ['in a chain of its own', input('ACCEPT', ':VIPS - [0:0]', '-A INPUT -i eth1 -j VIPS', `-A VIPS ${own} -j DROP`)],
    ['in nft', [], [[to('172.17.0.1'), { counter: { packets: 0, bytes: 0 } }, drop]]],
    ['by a map', [], [[{ vmap: { key: daddr, data: { set: [['172.17.0.1', drop]] } } }]]],
    [
      'among neighbours of whom nft makes a range',
      [],
      [[to({ set: [{ range: ['172.17.0.0', '172.17.0.2'] }] }), drop]],
    ],
    ['that are multicast', [], [[to('172.17.0.1'), match({ meta: { key: 'pkttype' } }, 'multicast'), drop]]],
  ])('is a VIP that no node answers where it takes all: %s', (_, rules, native = []) => {
    expect(judged(rules, native, '172.17.0.1/24')).toEqual(['172.17.0.1']);
  });
});

describe('a guard by a map of verdicts, in which the VIP goes on', () => {
  const own = { family: 'ip', table: 'own' };
  const destination = { payload: { protocol: 'ip', field: 'daddr' } };
  const source = { payload: { protocol: 'ip', field: 'saddr' } };
  const rule = (...expr: readonly unknown[]) => ({ rule: { ...own, chain: 'pre', handle: 2, expr } });
  const guard = {
    set: [
      ['192.168.56.77', { return: null }],
      ['192.168.56.20', { continue: null }],
      ['*', { return: null }],
    ],
  };
  const chain = { ...own, name: 'pre', handle: 1, type: 'filter', hook: 'prerouting', prio: -150, policy: 'accept' };
  const objects = [
    { chain },
    rule({ vmap: { key: destination, data: guard } }),
    rule(
      { match: { op: '==', left: { jhash: { mod: 2, seed: 1, expr: source } }, right: 0 } },
      { mangle: { key: { meta: { key: 'pkttype' } }, value: 'host' } },
      { accept: null },
    ),
    rule({ drop: null }),
  ];
  const nft = { nft: [...objects.map((object) => `> ${JSON.stringify(object)}`), '= exit 0'] };
  const judged = (addresses: readonly string[]) =>
    judgeSeveral(
      nodesWith(
        () => addresses,
        () => [],
        nft,
      ),
      all,
      wanted,
      run,
    );

  test('it is found, and that both nodes hold the same bucket', () => {
    expect(judged(['192.168.56.20/24', '192.168.56.77/24']).data).toMatchObject([
      { vip: '192.168.56.20', state: 'CRITICAL', lost: [2], doubled: [1] },
    ]);
  });

  test('also when no node has it any more', () => {
    expect(judged([]).data).toMatchObject([{ vip: '192.168.56.20', state: 'CRITICAL' }]);
  });
});

describe('why no VIP was found', () => {
  test('cluster rules name no single address, and no address of several nodes meets them', () => {
    const report = judgeSeveral(
      nodesWith(() => [], sharing('-d 10.99.0.0/24')),
      all,
      wanted,
      run,
    );
    expect(stateOf(report)).toBe('UNKNOWN');
    expect(report.summary).toBe(
      'no VIP found: the cluster rules of n1 and n2 name no single address, and take in none that several nodes have',
    );
    expect(codes(report)).toEqual(['vip-not-found', 'vip-unlisted']);
  });

  test('rules are damaged, which hides what they share', () => {
    const damaged = { iptables: ['> *mangle', '> :PREROUTING ACCEPT [0:0]', '= exit 0'] };
    const report = judgeSeveral(
      nodesWith(
        () => ['192.168.56.20/24'],
        () => [],
        damaged,
      ),
      all,
      wanted,
      run,
    );
    expect(stateOf(report)).toBe('UNKNOWN');
    expect(report.findings.map(({ text }) => text).join()).toContain(
      'n1: cannot read the iptables rules: damaged answer',
    );
  });

  test('there was no time left', () => {
    const nodes = nodesWith(() => ['192.168.56.20/24'], only20);
    const report = judgeSeveral(nodes, all, wanted, { timeLeft: () => 100, verbosity: 0 });
    expect(report.summary).toBe('no VIP judged: there was no time left (see --timeout)');
    expect(codes(report)).toEqual(['vip-not-found', 'no-verdict']);
  });
});

describe('the time', () => {
  const vips = Array.from({ length: 16 }, (_, i) => `192.168.56.${20 + i}`);

  test('is shared so that many VIPs do not take that of a simple firewall', () => {
    const nodes = nodesOf('vips/nftables-healthy-lost-doubled');
    const start = performance.now();
    // What a node that hangs leaves of the usual ten seconds.
    const left = () => 1500 - (performance.now() - start) / 4;
    const report = judgeSeveral(nodes, { vips, all: false }, wanted, { timeLeft: left, verbosity: 0 });
    expect(report.data).toMatchObject([
      { state: 'OK' },
      { state: 'CRITICAL' },
      { state: 'CRITICAL' },
      ...Array(13).fill({}),
    ]);
  });

  test('where it is over, what was judged stands, and the others are named: UNKNOWN', () => {
    const nodes = nodesOf('vips/nftables-healthy-lost-doubled');
    let asked = 0;
    const timeLeft = () => (asked++ < 1 ? 60_000 : 100);
    const report = judgeSeveral(
      nodes,
      { vips: vips.slice(0, 3), all: false },
      { ...wanted, skip: ['arp', 'rules'], totalNodes: 2 },
      { timeLeft, verbosity: 0 },
    );
    expect(report.data).toHaveLength(1);
    expect(report.findings).toContainEqual({
      state: 'UNKNOWN',
      code: 'no-verdict',
      brief: '2 addresses not judged in time',
      text: '2 addresses not judged in time (see --timeout): 192.168.56.21 and 192.168.56.22',
    });
  });
});

describe('the time of the next VIP', () => {
  test.each([4000, 4100, 4200, 4300, 4400])(
    'is as much as the one before has taken: of %i ms none are exceeded',
    (ms) => {
      const vips = Array.from({ length: 40 }, (_, i) => `192.168.56.${20 + i}`);
      let left = ms;
      // Every look at the clock takes a tenth of a second.
      const timeLeft = () => {
        left -= 100;
        return left;
      };
      const nodes = nodesOf('vips/nftables-healthy-lost-doubled');
      const report = judgeSeveral(nodes, { vips, all: false }, wanted, { timeLeft, verbosity: 0 });
      expect(codes(report)).toContain('no-verdict');
      // Those that were not begun were asked about, too.
      const late = vips.length - JSON.parse(JSON.stringify(report.data)).length;
      expect(left + 100 * late).toBeGreaterThanOrEqual(0);
    },
  );
});

describe('of many addresses', () => {
  /** Addresses of IPv4 that come before the VIP by number. */
  const crowd = Array.from({ length: 300 }, (_, i) => `10.50.${Math.floor(i / 200)}.${(i % 200) + 1}/32`);

  test('those that no cluster rule can take in are not looked at: no time goes into them', () => {
    let asked = 0;
    const timeLeft = () => 60_000 - 100 * asked++;
    const nodes = nodesWith((n) => [...(n === 1 ? crowd : []), '192.168.56.20/24'], only20);
    const report = judgeSeveral(nodes, all, wanted, { timeLeft, verbosity: 0 });
    expect(report.data).toMatchObject([{ vip: '192.168.56.20', state: 'OK' }]);
    expect(stateOf(report)).toBe('OK');
    expect(asked).toBeLessThan(100);
  });

  test('the VIPs that are named are judged first, and stand in their order', () => {
    const rules = (n: number) => [...only20(n), ...sharing('-i eth1')(n)];
    const nodes = nodesWith(() => [...crowd, '192.168.56.20/24'], rules);
    let asked = 0;
    const timeLeft = () => (asked++ < 30 ? 60_000 : 100);
    const report = judgeSeveral(nodes, all, wanted, { timeLeft, verbosity: 0 });
    const data: readonly { readonly vip: string }[] = JSON.parse(JSON.stringify(report.data));
    const judged = data.map(({ vip }) => vip);
    expect(judged.at(-1)).toBe('192.168.56.20');
    expect(judged[0]).toBe('10.50.0.1');
    const text = report.findings.find(({ code }) => code === 'no-verdict')?.text;
    expect(text).toMatch(/^\d+ addresses not judged in time \(see --timeout\): (10[.\d]+, ){7}10[.\d]+ and \d+ more$/);
  });

  test('those of one node that no time is left for are named: UNKNOWN, and what was judged stands', () => {
    const nodes = nodesWith((n) => ['192.168.56.20/24', ...(n === 1 ? crowd : [])], sharing('-i eth1'));
    let asked = 0;
    const timeLeft = () => (asked++ < 30 ? 60_000 : 100);
    const report = judgeSeveral(nodes, all, wanted, { timeLeft, verbosity: 0 });
    expect(report.data).toMatchObject([{ vip: '192.168.56.20', state: 'OK' }]);
    expect(firstLine(report)).toMatch(/^\[UNKNOWN\] \d+ addresses not judged in time; /);
    expect(asked).toBeLessThan(700);
  });
});

describe('each of several VIPs has the verdict that it has alone', () => {
  const folders = ['clusterip', 'vips'].flatMap((kind) =>
    readdirSync(`test/fixtures/${kind}`).map((name) => `${kind}/${name}`),
  );
  test.each(folders)('%s', (folder) => {
    const nodes = nodesOf(folder);
    const vips = ['192.168.56.21', '192.168.56.20', 'fd00:56::20', '192.168.56.22', '192.168.56.11'];
    const together = judgeSeveral(nodes, { vips, all: false }, wanted, run);
    const alone = vips.map((vip) => ({ vip, report: judgeOne(nodes, { ...wanted, vip }, run) }));
    expect(together.data).toEqual(
      alone.map(({ report }) => ({
        ...Object(report.data),
        state: stateOf(report),
        summary: report.summary,
        findings: report.findings,
      })),
    );
    expect(together.perfdata).toMatchObject(
      alone.flatMap(({ vip, report }) =>
        (report.perfdata ?? []).map((metric) => ({ ...metric, label: `${vip}_${metric.label}`, series: {} })),
      ),
    );
    expect(stateOf(together)).toBe(worst(alone.map(({ report }) => stateOf(report))));
  });
});

/** A VIP's report: its state, what its first line says, and findings in words. */
type Sketch = readonly [state: State, headline: string, ...findings: string[]];

function several(sketches: Readonly<Record<string, Sketch>>): Report {
  return reportSeveral(
    Object.entries(sketches).map(([vip, [state, headline, ...findings]]) => ({
      vip,
      report: {
        state,
        summary: `${vip}: ${headline}`,
        findings: findings.map((text) => ({ state, code: 'bucket-lost', text })),
        perfdata: [{ label: 'buckets_lost', value: 0, series: { name: 'cluster_buckets_lost', help: 'Lost' } }],
        details: ['bucket  n1'],
        data: { vip },
      },
    })),
  );
}

const many = (count: number, sketch: Sketch, from = 1, net = '192.0.2.') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${net}${from + i}`, sketch]));
const lost: Sketch = [
  'CRITICAL',
  'bucket 2 of 2 on no node, 50 % of client addresses get no answer',
  'bucket 2 is on no node',
];
const fine: Sketch = ['OK', '2 buckets on 2 nodes, each on exactly one', 'n1 holds bucket 1'];
const differs = (i: number): Sketch => [
  'CRITICAL',
  `bucket ${i} of 99 on no node, 1 % of client addresses get no answer`,
];

describe('the first line', () => {
  test.each<[what: string, sketches: Readonly<Record<string, Sketch>>, line: string]>([
    ['all well', many(16, fine), '[OK] 16 VIPs OK: 2 buckets on 2 nodes, each on exactly one'],
    ['all well, in different ways', { ...many(2, fine), ...many(1, ['OK', 'other'], 9) }, '[OK] 3 VIPs OK'],
    ['one VIP', many(1, fine), '[OK] 1 VIP OK: 2 buckets on 2 nodes, each on exactly one'],
    [
      'one of sixteen',
      { ...many(15, fine), ...many(1, lost, 21) },
      '[CRITICAL] 192.0.2.21: bucket 2 of 2 on no node, 50 % of client addresses get no answer; 15 other VIPs OK',
    ],
    [
      'two with the same fault',
      { ...many(1, fine), ...many(2, lost, 21) },
      '[CRITICAL] 192.0.2.21 and 192.0.2.22: bucket 2 of 2 on no node, 50 % of client addresses get no answer; 1 other VIP OK',
    ],
    [
      'all with the same fault',
      many(16, lost),
      '[CRITICAL] all 16 VIPs: bucket 2 of 2 on no node, 50 % of client addresses get no answer',
    ],
    [
      'different faults and states',
      {
        ...many(1, ['WARNING', 'works by accident']),
        ...many(1, ['UNKNOWN', 'not read'], 2),
        ...many(1, lost, 3),
        ...many(5, fine, 4),
      },
      '[CRITICAL] 192.0.2.3: bucket 2 of 2 on no node, 50 % of client addresses get no answer; UNKNOWN: 192.0.2.2; WARNING: 192.0.2.1; 5 other VIPs OK',
    ],
    [
      'many with faults of their own',
      {
        ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`192.0.2.${i + 1}`, differs(i + 1)])),
        ...many(3, fine, 50),
      },
      '[CRITICAL] 192.0.2.1: bucket 1 of 99 on no node, 1 % of client addresses get no answer; also 192.0.2.2, 192.0.2.3, 192.0.2.4 and 16 more; 3 other VIPs OK',
    ],
  ])('%s', (_, sketches, line) => {
    expect(firstLine(several(sketches))).toBe(line);
  });

  test('has at most 160 characters, the names and counts whole, whatever is wrong', () => {
    const long = '2001:db8:1111:2222:3333:4444:5555:';
    for (const state of ['WARNING', 'UNKNOWN', 'CRITICAL'] as const) {
      for (let wrong = 1; wrong <= 20; wrong++) {
        for (const net of ['192.0.2.', long]) {
          const headline = (i: number) => `${'n2 is unreachable: ssh: connect to host node2 port 22: '.repeat(4)}${i}`;
          const line = firstLine(
            several({
              ...Object.fromEntries(
                Array.from({ length: wrong }, (_, i) => [`${net}${i + 1}`, [state, headline(i)] as const]),
              ),
              ...many(1, ['WARNING', 'w'], 1, `${net}7`),
              ...many(1, ['UNKNOWN', 'u'], 1, `${net}8`),
              ...many(3, fine, 1, `${net}9`),
            }),
          );
          expect(line.length, line).toBeLessThanOrEqual(160);
          expect(line).toMatch(/; 3 other VIPs OK$/);
        }
      }
    }
  });
});

describe('the lines and the metrics', () => {
  test('a finding that several VIPs have alike is one line, the worst first', () => {
    expect(renderText(several({ ...many(2, fine), ...many(2, lost, 3) }))).toContain(
      '\n\\_ [CRITICAL] 192.0.2.3 and 192.0.2.4: bucket 2 is on no node\n\\_ [OK] 192.0.2.1 and 192.0.2.2: n1 holds bucket 1\n',
    );
    expect(renderText(several(many(2, lost)))).toContain('\n\\_ [CRITICAL] both VIPs: bucket 2 is on no node\n');
  });

  test('labels begin with the VIP, in every style, and keep the order of the VIPs', () => {
    const report = several({ ...many(1, fine), '2001:db8::1': lost });
    expect(formatPerfdata(report.perfdata ?? [])).toBe('192_0_2_1_buckets_lost=0 2001:db8_1_buckets_lost=0');
    expect(formatPerfdata(report.perfdata ?? [], 'plain')).toBe('192_0_2_1_buckets_lost=0 2001_db8_1_buckets_lost=0');
  });

  test('in openmetrics what is of one VIP has its name alone', () => {
    const text = renderOpenMetrics(several({ ...many(1, fine), ...many(1, lost, 2) }), { plugin: 'x', vip: 'all' });
    expect(text).toContain('rackwatch_cluster_buckets_lost{plugin="x",vip="192.0.2.1"} 0\n');
    expect(text).toContain('rackwatch_cluster_buckets_lost{plugin="x",vip="192.0.2.2"} 0\n');
    expect(text).toContain('rackwatch_check_state{plugin="x",vip="all"} 2\n');
  });

  test('tables of -v stand under the VIP that they are of, the worst first', () => {
    expect(several({ ...many(1, fine), ...many(1, lost, 2) }).details).toEqual([
      ...['192.0.2.2:', '  bucket  n1', '192.0.2.1:', '  bucket  n1'],
    ]);
  });
});

describe('the options', () => {
  const read = (...args: readonly string[]) =>
    readCommandLine(checkClusterBuckets, [...args, '--node', 'file:n1.txt'], {});

  test.each<[args: readonly string[], reason: RegExp]>([
    [['--vip', 'all', '--skip', 'rules', '-n', '2'], /^--vip all goes by the rules/],
    [
      ['--vip', '192.0.2.1', '--vip', '192.0.2.2', '--client', '2001:db8::1'],
      /^--client 2001:db8::1 and the VIPs are of different address families/,
    ],
    [
      ['--vip', '192.0.2.1', '--client', '2001:db8::1'],
      /^--client 2001:db8::1 and 192\.0\.2\.1 are of different address families/,
    ],
    [['--vip', '192.0.2.1', '--vip', 'every'], /"every" is not an IP address/],
    [['--vip', '192.0.2.1', '--vip', '-all'], /--vip/],
  ])('%j is refused', (args, reason) => {
    expect(read(...args)).toMatchObject({ kind: 'refused', reason: expect.stringMatching(reason) });
  });

  test.each<readonly string[]>([
    ['--vip', 'all', '--client', '2001:db8::1', '--clients', '10.0.0.0/8'],
    ['--vip', '192.0.2.1', '--vip', '2001:db8::1', '--client', '2001:db8::9', '--client', '10.1.2.3'],
    ['--vip', '192.0.2.1', '--vip', '192.0.2.2', '--skip', 'rules', '-n', '2'],
  ])('%s %s %s %s ... are taken', (...args) => {
    expect(read(...args)).toMatchObject({ kind: 'run' });
  });

  test('a VIP that is given twice, in two spellings, is one', async () => {
    const folder = 'test/fixtures/vips/nftables-ipv4-and-ipv6';
    const nodes = ['--node', `file:${folder}/n1.txt`, '--node', `file:${folder}/n2.txt`];
    const context = { ...run, timeoutMs: 60_000, stage: () => {}, signal: new AbortController().signal };
    const plugin: Plugin = checkClusterBuckets;
    const say = async (...vips: readonly string[]) => {
      const request = readCommandLine(checkClusterBuckets, [...vips.flatMap((vip) => ['--vip', vip]), ...nodes], {});
      if (request.kind !== 'run') throw new Error(JSON.stringify(request));
      return renderText(await plugin.run(request.values, context));
    };
    expect(await say('fd00:56::20', 'FD00:56:0::20')).toBe(await say('fd00:56::20'));
  });
});
