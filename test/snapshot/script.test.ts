import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseSnapshot, type SectionName, type Snapshot, section } from '../../src/snapshot/index.ts';

const script = 'plugins/cluster_node_snapshot';

const tools = [
  ...['/usr/bin/dash', '/usr/bin/bash', '/usr/bin/busybox', '/usr/bin/mawk', '/usr/bin/gawk', '/usr/bin/unshare'],
  ...['/usr/sbin/nft', '/usr/sbin/iptables-legacy-restore', '/usr/bin/setpriv', '/usr/sbin/ebtables', '/usr/sbin/tc'],
];

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'it makes namespaces and firewalls of its own, which needs root';
  const missing = tools.filter((tool) => !existsSync(tool));
  return missing.length === 0 ? null : `${missing.join(', ')} missing`;
}

const why = whyNot();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required')
  throw new Error(`the snapshot script cannot be tested: ${why}`);

function parsed(text: string): Snapshot {
  const snapshot = parseSnapshot(text);
  if (!snapshot.ok) throw new Error(`${snapshot.reason}\n${text}`);
  return snapshot.value;
}

describe.skipIf(why !== null)(`the snapshot script on a real host${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string;
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-script-'));
    execFileSync('unshare', ['-n', '-m', 'sh', 'test/snapshot/host.sh', folder, '600'], { stdio: 'pipe' });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('says the same under dash, bash and BusyBox, with mawk, gawk and BusyBox awk', () => {
    const names = ['dash', 'bash', 'busybox'].flatMap((shell) =>
      ['mawk', 'gawk', 'busybox'].map((awk) => `${shell}-${awk}`),
    );
    // A packet may be counted between two runs, and seconds go by.
    const counts = /\[\d+:\d+\]|"(?:packets|bytes)": \d+|counter packets \d+ bytes \d+|used \d+\/\d+\/\d+/g;
    const text = (name: string) => read(`${name}.txt`).replace(counts, 'N');
    for (const name of names) {
      expect(text(name), name).toBe(text('dash-mawk'));
      expect(read(`${name}.err`), name).toBe('');
    }
  });

  test('every section is read, and the rules of the VIP are there', () => {
    const snapshot = parsed(read('busybox-busybox.txt'));
    for (const name of ['addr', 'link', 'maddr', 'iptables-legacy', 'nft'] as const)
      expect(section(snapshot, name)?.status, name).toBe('read');
    expect(section(snapshot, 'addr')?.lines.join('\n')).toContain('inet 192.168.56.20/24');
    const legacy = section(snapshot, 'iptables-legacy')?.lines ?? [];
    expect(legacy.join('\n')).toContain('--comment "of the VIP"');
    expect([legacy.at(0), legacy.at(-1)]).toEqual(['*filter', 'COMMIT']);
    expect(section(snapshot, 'nft')?.lines.join('\n')).toContain('"192.168.56.20"');
  });

  test('a tool that hangs is ended at its limit, and everything else is said', () => {
    const snapshot = parsed(read('hangs.txt'));
    expect(section(snapshot, 'nft')).toMatchObject({ status: 'failed', exit: 124 });
    expect(section(snapshot, 'iptables-legacy')?.status).toBe('read');
  });

  test('a tool that hangs does not take the time of another one that has much to say', () => {
    const snapshot = parsed(read('waits.txt'));
    expect(section(snapshot, 'iptables-legacy')).toMatchObject({ status: 'failed', exit: 124 });
    expect(section(snapshot, 'nft')).toMatchObject({ status: 'read', errors: [] });
  });

  test('a tool that fails is said with its words and its exit code', () => {
    expect(section(parsed(read('fails.txt')), 'nft')).toMatchObject({
      status: 'failed',
      exit: 7,
      errors: ['out of order'],
    });
  });

  test('a filter that dies makes its sections failed, not short', () => {
    const snapshot = parsed(read('dies.txt'));
    for (const name of ['iptables-legacy', 'nft'] as const) {
      expect(section(snapshot, name)).toMatchObject({ status: 'failed', exit: 127 });
      expect(section(snapshot, name)?.errors.join()).toContain('the filter of this section failed');
    }
    expect(section(snapshot, 'addr')?.status).toBe('read');
  });

  test('what stands on the way from the card to the answer is there, each with its source', () => {
    const snapshot = parsed(read('busybox-busybox.txt'));
    const lines = (name: SectionName, key = '') => section(snapshot, name, key)?.lines.join('\n');
    expect(section(snapshot, 'arptables')?.lines).toContain(
      '-A OUTPUT -j mangle -s 192.168.56.20 --mangle-mac-s 01:23:45:67:89:ab',
    );
    expect(lines('ebtables')).toContain(
      '-A INPUT -p IPv4 --ip-dst 192.168.56.20 --ip-proto tcp --ip-dport 446 -j DROP',
    );
    expect(section(snapshot, 'ebtables')?.leftOut).toEqual(['filter FORWARD, 1 rules']);
    expect(lines('iptables')).toContain('-A OUTPUT -s 192.168.56.20/32 -p tcp -m tcp --sport 447 -j DROP');
    expect(section(snapshot, 'iptables')?.leftOut).toEqual(['mangle OUTPUT, 1 rules for other addresses']);
    for (const text of ['"chain": "output"', '"field": "sport"}}, "right": 444', '"right": 445'])
      expect(lines('nft')).toContain(text);
    expect(section(snapshot, 'nft')?.leftOut).toContain('inet other output, 1 rules for other addresses');
    expect(lines('nft-chains')).toContain('type filter hook ingress device "eth1"');
    expect(lines('rule4')).toMatch(/^\d+:\tfrom 192\.168\.56\.20 fwmark 0x1\/0xff lookup 100$/m);
    expect(lines('neigh')).toMatch(/^192\.168\.56\.1 dev eth1 lladdr 02:00:00:00:00:01 .*PERMANENT/);
    expect(section(snapshot, 'neigh')).toMatchObject({
      lines: { length: 1 },
      leftOut: ['neighbours other than gateways (1)'],
    });
    expect(lines('sysctl')).toContain('net.ipv4.conf.eth1.rp_filter = 1');
    expect(lines('sysctl')).not.toContain('net.ipv4.conf.lo.rp_filter');
    expect(lines('qdisc')).toContain('qdisc clsact ffff: dev eth1');
    for (const name of ['tc-ingress', 'tc-egress'] as const)
      expect(section(snapshot, name, 'eth1')?.status).toBe('read');
  });

  test('of many routes those are left out that lead where the route around them leads, then whole groups', () => {
    const routes = section(parsed(read('busybox-busybox.txt')), 'routes4');
    expect(routes?.lines).toContain('blackhole 10.200.0.0/16 ');
    expect(routes?.lines).toContain('10.201.0.0/16 via 192.168.56.2 dev eth1 ');
    expect(routes?.lines).toContain('unreachable default table 100 ');
    expect(routes?.lines.join('\n')).not.toMatch(/^11\..* via 192\.168\.56\.1 /m);
    expect(routes?.leftOut).toEqual([
      'main, 600 routes that lead where the route around them leads',
      'main, 600 unicast routes via 192.168.56.2 dev eth1',
      'main, 20 blackhole routes to hosts',
    ]);
    // A network behind many hosts is not lost among them.
    expect(routes?.lines).toContain('blackhole 223.0.0.0/8 ');
  });

  test('a plugin of release 0.1.0 reads the first part, which ends with a mark of its own', () => {
    const [first, ...more] = read('dash-mawk.txt').split(/(?<=^== end \d+\n)/m);
    expect(more).toHaveLength(1);
    const alone = (first ?? '').replace('> parts 2\n', '').replace(/== end (\d+)/, (_, n) => `== end ${n - 1}`);
    const names = parsed(alone).sections.map(({ name }) => name);
    expect(names).toEqual(['addr', 'link', 'maddr', 'clusterip', 'iptables-legacy', 'iptables', 'arptables', 'nft']);
  });

  /** What the script says in a namespace of its own, after some commands. */
  const within = (commands: string, args: readonly string[] = []) =>
    parsed(
      execFileSync(
        'unshare',
        ['-n', '-m', 'sh', '-ec', `${host}\n${commands}\nexec sh ${script} "$@"`, 'sh', ...args],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      ),
    );
  const host = `ip link set lo up; ip link add eth1 type veth peer name peer1; ip link set peer1 up; ip link set eth1 up
    ip addr add 10.77.0.1/24 dev eth1; ip addr add 10.77.0.100/24 dev eth1; ip addr add 2001:db8::14/64 dev eth1 nodad`;
  const linesOf = (snapshot: Snapshot, name: SectionName) => section(snapshot, name)?.lines ?? [];
  const cluster = '-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 7 -j ACCEPT';

  test.each([
    ['by its network', '-d 10.77.0.96/28'],
    ['by its MAC alone', '-m mac --mac-source 02:00:00:00:00:01'],
    ['not at all', ''],
  ])('without --vip, rules for every own address stay beside a cluster rule that names the VIP %s', (_, named) => {
    const lines = linesOf(
      within(`iptables -t mangle -A PREROUTING -d 10.77.0.200 ${cluster}
        iptables -t mangle -A PREROUTING ${named} ${cluster}
        iptables -A INPUT -d 10.77.0.100 -p tcp --dport 80 -j DROP
        iptables -A INPUT -d 10.77.0.96/29 -j ACCEPT
        iptables -A INPUT -d 10.99.0.1 -j DROP`),
      'iptables',
    ).join('\n');
    expect(lines).toContain('-d 10.77.0.100/32 -p tcp');
    expect(lines).toContain('-d 10.77.0.96/29 -j ACCEPT');
    expect(lines).not.toContain('10.99.0.1');
  });

  test('rules of a tool that has none beside it to save them are said not to be read, and nothing is run for them', () => {
    const snapshot = within(`arptables -A OUTPUT -s 10.77.0.100 -j DROP; ebtables -A FORWARD -j DROP
      mount --make-rprivate /; mount -t tmpfs tmpfs /mnt; cp -a /etc/alternatives/. /mnt
      rm /mnt/arptables-save /mnt/ebtables-save; mount --bind /mnt /etc/alternatives`);
    for (const name of ['arptables', 'ebtables'] as const)
      expect(section(snapshot, name)).toMatchObject({
        ...{ status: 'failed', command: `${name}-save`, needs: null },
        errors: [`it is not installed beside ${name}`],
      });
  });

  test('a network that a cluster rule names counts also on a node without an address in it', () => {
    const rules = (tool: string) => `${tool} -t mangle -A PREROUTING -d 10.88.0.96/28 ${cluster}
      ${tool} -A INPUT -d 10.88.0.100 -j DROP; ${tool} -A INPUT -d 10.88.0.90 -j DROP`;
    const lines = linesOf(within(rules('iptables')), 'iptables').join('\n');
    expect(lines).toContain('10.88.0.100/32');
    expect(lines).not.toContain('10.88.0.90');
    const nft = `nft -f - <<X
table ip t {
 chain p { type filter hook prerouting priority -150
  ip daddr 10.88.0.96/28 jhash ip saddr mod 2 seed 1 0 accept
  ip daddr 10.88.0.100 drop
  ip daddr 10.88.0.90 drop
 }
}
X`;
    const native = linesOf(within(nft), 'nft').join('\n');
    expect(native).toContain('"10.88.0.100"');
    expect(native).not.toContain('"10.88.0.90"');
  });

  describe.each(['mawk', 'gawk', 'busybox'])('with %s', (awk) => {
    const bind = `mount --make-rprivate /; mount --bind /usr/bin/${awk} $(realpath /usr/bin/awk)`;

    test('without --vip, a rule that leads to a cluster rule stays where no address of the host is its own', () => {
      const lines = linesOf(
        within(`${bind}
          for chain in ONE TWO SHARE; do iptables -t mangle -N $chain; done
          iptables -t mangle -A PREROUTING -d 10.99.0.21 -m comment --comment "a -j DROP b" -j ONE
          iptables -t mangle -A ONE -d 10.99.0.21 -g TWO
          iptables -t mangle -A TWO -j SHARE
          iptables -t mangle -A PREROUTING -d 10.99.0.22 -j SHARE
          iptables -t mangle -A PREROUTING -m iprange --dst-range 10.99.0.40-10.99.0.47 -j SHARE
          iptables -t mangle -A SHARE ! -d 10.99.0.23 -j RETURN
          iptables -t mangle -A SHARE ${cluster}
          iptables -t mangle -A SHARE -d 10.99.0.23 -j DROP
          iptables -t mangle -A SHARE -d 10.99.0.22 -j DROP
          iptables -t mangle -A INPUT -d 10.99.0.45 -j DROP
          iptables -t mangle -A PREROUTING -d 10.99.0.1 -j DROP
          iptables -N OTHER; iptables -A INPUT -d 10.99.0.1 -j OTHER; iptables -A OTHER -j DROP`),
        'iptables',
      ).filter((line) => line.startsWith('-A'));
      expect(lines).toHaveLength(11);
      expect(lines.join('\n')).not.toContain('10.99.0.1/32');
    });

    test('so does one of nftables, also by sets, ranges and maps of verdicts', () => {
      const snapshot = within(`${bind}; nft -f - <<X
table ip t {
 set vips { type ipv4_addr; flags interval; auto-merge; elements = { 10.99.0.40, 10.99.0.41, 10.99.0.42 }; }
 map ways { type ipv4_addr : verdict; elements = { 10.99.0.50 : jump two }; }
 chain share { ip daddr != 10.99.0.23 return; ip daddr vmap { 10.99.0.70 : continue, * : return }; jhash ip saddr mod 2 seed 1 0 accept; ip daddr 10.99.0.23 drop; }
 chain two { ip daddr 10.99.0.50 counter goto share; }
 chain ban { drop; }
 chain p { type filter hook prerouting priority -150
  ip daddr 10.99.0.21 jump two
  ip daddr 10.99.0.22 goto share
  ip daddr @vips jump share
  ip daddr { 10.99.0.30, 10.99.1.0/24 } jump share
  ip daddr vmap @ways
  ip daddr vmap { 10.99.0.60 : jump share }
  ip daddr 10.99.0.1 jump ban
 }
 chain i { type filter hook input priority 0
  ip daddr 10.99.0.30 drop
  ip daddr 10.99.1.7 drop
  ip daddr 10.99.0.42 drop
  ip daddr 10.99.0.50 drop
  ip daddr 10.99.0.60 drop
  ip daddr 10.99.0.70 drop
  ip daddr 10.99.0.1 drop
 }
}
X`);
      const lines = linesOf(snapshot, 'nft').filter((line) => line.startsWith('{"rule"'));
      expect(lines.filter((line) => line.includes('"10.99.0.1"'))).toEqual([]);
      expect(lines).toHaveLength(18);
      expect(section(snapshot, 'nft')?.leftOut).toEqual([
        'ip t p, 1 rules for other addresses',
        'ip t i, 1 rules for other addresses',
      ]);
    });
  });

  test('behind a redirection, rules for the addresses that it may lead to stay', () => {
    const rules = `iptables -t nat -A PREROUTING -d 10.77.0.100 -p tcp --dport 80 -j REDIRECT --to-ports 8080
      iptables -A INPUT -d 10.77.0.1 -p tcp --dport 8080 -j DROP`;
    const text = (commands: string) => linesOf(within(commands, ['--vip', '10.77.0.100']), 'iptables').join('\n');
    expect(text(rules)).toContain('-d 10.77.0.1/32 -p tcp');
    expect(text(rules.replace('REDIRECT --to-ports 8080', 'ACCEPT'))).not.toContain('10.77.0.1/32');
  });

  test('an IPv6 address counts however it is written, and so do the networks that it is in', () => {
    const snapshot = within(
      `ip6tables -A INPUT -d 2001:db8::14 -p tcp --dport 80 -j DROP
        ip6tables -A INPUT -d 2001:db8::/61 -j ACCEPT
        ip6tables -A INPUT -d 2001:db8:0:8::/61 -j DROP
        ip6tables -A INPUT -d 2001:db8::15 -j DROP
        ip6tables -A OUTPUT -s 2001:db8::14 -j ACCEPT`,
      ['--vip', '2001:DB8:0::0:14'],
    );
    expect(linesOf(snapshot, 'ip6tables').filter((line) => line.startsWith('-A'))).toEqual([
      '-A INPUT -d 2001:db8::14/128 -p tcp -m tcp --dport 80 -j DROP',
      '-A INPUT -d 2001:db8::/61 -j ACCEPT',
      '-A OUTPUT -s 2001:db8::14/128 -j ACCEPT',
    ]);
    expect(section(snapshot, 'iptables')).toBeUndefined();
    expect(section(snapshot, 'routes6')?.status).toBe('read');
  });

  test('beside a failover VIP the ARP rules of nft are carried, and the chains of bridges', () => {
    const snapshot = within(`nft -f - <<X
table arp a {
 chain o { type filter hook output priority 0
  arp saddr ip 10.77.0.100 arp saddr ether set 01:23:45:67:89:ab
 }
}
table bridge b {
 chain p { type filter hook prerouting priority 0
  ether daddr 01:23:45:67:89:ab drop
 }
}
X`);
    const nft = linesOf(snapshot, 'nft').join('\n');
    expect(nft).toContain('"saddr ether"');
    expect(nft).toContain('"01:23:45:67:89:ab"}}, {"drop": null}');
  });

  test('flags of a table, which the JSON of old nft garbles, are read from its text', () => {
    const snapshot = within(`nft -f - <<X
table ip t {
 flags dormant
 chain p { type filter hook prerouting priority 0
 }
}
X`);
    expect(linesOf(snapshot, 'nft-chains')).toContain('\tflags dormant');
    expect(section(snapshot, 'nft-chains')?.command).toBe('/usr/sbin/nft -t list ruleset');
  });

  test('a rule that hides short prefixes keeps the long ones from being left out as needless', () => {
    const many = 'seq 1 200 | sed "s|.*|route add 11.0.&.0/24 via 10.77.0.9|" | ip -batch -';
    const routes = (more: string) => section(within(`ip route add default via 10.77.0.9; ${many}; ${more}`), 'routes4');
    expect(routes('')?.leftOut).toEqual(['main, 200 routes that lead where the route around them leads']);
    expect(routes('ip rule add table main suppress_prefixlength 0')?.leftOut).toEqual([]);
    expect(routes('ip route add blackhole 11.0.0.0/16')?.leftOut).toEqual([]);
    expect(routes('ip route add 11.0.0.0/16 via 10.77.0.9')?.leftOut).toEqual([
      'main, 201 routes that lead where the route around them leads',
    ]);
  });

  test('of 100,000 routes only where they lead is told, and every route of another kind', { timeout: 300_000 }, () => {
    const routes = section(
      within(`ip route add default via 10.77.0.9; ip route add blackhole 10.200.0.0/16; ip route add default dev eth1 table 7
        seq 0 99999 | awk '{ printf "route add %d.%d.%d.0/24 via 10.77.0.%d dev eth1\\n", 20 + $1 / 65536, $1 / 256 % 256, $1 % 256, 7 + $1 % 2 }' | ip -batch -`),
      'routes4',
    );
    expect(routes?.lines).toContain('default via 10.77.0.9 dev eth1 ');
    expect(routes?.lines).toContain('blackhole 10.200.0.0/16 ');
    expect([...(routes?.leftOut ?? [])].sort()).toEqual([
      'main, 50000 unicast routes via 10.77.0.7 dev eth1',
      'main, 50000 unicast routes via 10.77.0.8 dev eth1',
    ]);
  });

  test('without the legacy tools, those of nf_tables are not taken for them', () => {
    expect(section(parsed(read('modern.txt')), 'iptables-legacy')).toMatchObject({
      status: 'missing',
      command: 'iptables-legacy-save',
    });
  });

  test('what is not installed is missing', () => {
    const snapshot = parsed(read('bare.txt'));
    for (const name of ['iptables-legacy', 'iptables', 'nft', 'arptables', 'qdisc'] as const)
      expect(section(snapshot, name)?.status, name).toBe('missing');
  });

  test('5,000 unrelated legacy and 5,000 nft rules and 10,000 routes stay under 50 kB, and what is left out is counted', {
    timeout: 300_000,
  }, () => {
    const crowd = mkdtempSync(path.join(folder, 'crowd-'));
    execFileSync('unshare', ['-n', '-m', 'sh', 'test/snapshot/host.sh', crowd, '5001', 'mawk busybox'], {
      stdio: 'pipe',
    });
    for (const name of ['dash-mawk', 'busybox-busybox']) {
      const text = readFileSync(path.join(crowd, `${name}.txt`), 'utf8');
      expect(text.length, name).toBeLessThan(50_000);
      const snapshot = parsed(text);
      expect(section(snapshot, 'iptables-legacy')?.leftOut).toEqual([
        'filter INPUT, 1667 rules for other addresses',
        'filter FORWARD, 1667 rules',
        'filter f2b-sshd, 1659 rules "-s HOST/32 -j REJECT --reject-with icmp-port-unreachable"',
      ]);
      expect([...(section(snapshot, 'nft')?.leftOut ?? [])].sort()).toEqual([
        'inet other forward, 3334 rules',
        'inet other input, 1667 rules for other addresses',
        'inet other output, 1 rules for other addresses',
      ]);
    }
  });

  test('it makes no table and loads nothing: a host without rules stays one', () => {
    const before = 'cat /proc/net/ip_tables_names /proc/net/ip6_tables_names; nft list ruleset';
    const said = execFileSync(
      'unshare',
      ['-n', 'sh', '-c', `${before}; sh ${script} >/dev/null; echo then; ${before}`],
      { encoding: 'utf8' },
    );
    const [first, second] = said.split('then\n');
    expect(second).toBe(first);
  });

  test('an ordinary user whom sudo does not let is told which commands to allow', () => {
    const { stdout, stderr, status } = spawnSync(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-s'],
      { input: readFileSync(script), encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(section(parsed(stdout), 'nft')).toMatchObject({ status: 'denied', needs: '/usr/sbin/nft -j list ruleset' });
  });
});

test('a script that was cut on the way does nothing', () => {
  const whole = readFileSync(script, 'utf8');
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 12 / whole.length]) {
    const { stdout } = spawnSync('sh', ['-s'], { input: whole.slice(0, whole.length * share), encoding: 'utf8' });
    expect(stdout, `cut at ${share}`).toBe('');
  }
});

const shells = [['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(([program = '']) =>
  existsSync(`/usr/bin/${program}`),
);

describe.each(shells.map((shell) => [shell.join(' '), shell] as const))('its arguments, under %s', (_, shell) => {
  const run = (...args: readonly string[]) => {
    const [program = '', ...rest] = [...shell, script, ...args];
    return spawnSync(program, rest, { encoding: 'utf8' });
  };

  test.each([
    [['--vip', '$(id)'], '--vip needs an address'],
    [['--vip', ''], '--vip needs an address'],
    [['--vip'], '--vip needs an address'],
    [['--route', '-x'], '--route needs an address or a host name'],
    [['--limit', 'ten'], '--limit needs a number of seconds'],
    [['--limit', '0'], '--limit needs a number of seconds'],
    [['stray'], 'unknown argument: stray'],
    [['two\\nlines'], 'unknown argument: two\\nlines'],
    [['--vip', '192.0.2.1', '--no-such'], 'unknown argument: --no-such'],
  ])('%j are refused with a sentence, and it ends with 0', (args, sentence) => {
    const { stdout, stderr, status } = run(...args);
    expect({ stdout, stderr, status }).toEqual({
      stdout: `cluster_node_snapshot: ${sentence} (see --help)\n`,
      stderr: '',
      status: 0,
    });
  });

  test('several targets give a section each', () => {
    const { stdout } = run('--addresses-only', '--route', '127.0.0.1', '--limit', '3', '--route', '127.0.0.2');
    const routes = parsed(stdout).sections.filter(({ name }) => name === 'route');
    expect(routes.map(({ key }) => key)).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  test('--help says how it is called, --version which release it is', () => {
    expect(run('--help')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('--addresses-only') });
    expect(run('-h').stdout).toBe(run('--help').stdout);
    const { version }: { readonly version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const asked of ['--version', '-V'])
      expect(run(asked)).toMatchObject({ status: 0, stderr: '', stdout: `cluster_node_snapshot ${version}\n` });
  });
});
