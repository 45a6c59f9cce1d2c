import { describe, expect, test } from 'vitest';
import { exitCode, type State } from '../../../src/plugin/index.ts';
import { type ClusterLab, openCluster } from './lab.ts';
import { whyNoNamespaces } from './namespaces.ts';

const why = whyNoNamespaces();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the address lab cannot run: ${why}`);

const both = 'vip n1; vip n2; cluster_mac n1; cluster_mac n2';
const told = `${both}; nft_rule n1 1 $MAC; xt_rule n2 2 $MAC`;
/** The tools of /usr/sbin are found anyway (ip); arping stands in /usr/bin. */
const noArping = '/nowhere';

/** What the poller must say of a cluster: its setup, the options, the verdict and a part of the output. */
type Row = readonly [string, string, readonly string[], State, string];

const byArp: readonly Row[] = [
  [
    'two nodes with one MAC',
    told,
    [],
    'OK',
    'from here (eth0), 2 nodes answer ARP for 192.0.2.100 with 01:23:45:67:89:ab',
  ],
  ['the number of nodes is right', told, ['--expect', '2', '--mac', '01:23:45:67:89:ab'], 'OK', '2 nodes answer ARP'],
  [
    'a node more than expected',
    told,
    ['--expect', '1'],
    'CRITICAL',
    '192.0.2.100: split brain: 2 nodes answer from here',
  ],
  [
    'a node less than expected',
    told,
    ['--expect', '3'],
    'WARNING',
    '192.0.2.100: 2 nodes answer from here, expected 3',
  ],
  ['nodes that tell their own MACs', both, [], 'CRITICAL', 'which contradict each other'],
  [
    'a node whose rules were flushed',
    `${told}; on n2 arptables-nft -F`,
    [],
    'CRITICAL',
    '192.0.2.100: 2 MACs answer from here',
  ],
  ['a failover VIP', 'vip n1', ['--expect', 'one'], 'OK', '1 node answers ARP for 192.0.2.100 with 02:00:00:00:00:01'],
  [
    'a split brain',
    'vip n1; vip n2',
    ['--expect', 'one'],
    'CRITICAL',
    '192.0.2.100: split brain: 2 MACs answer from here',
  ],
  ['another MAC than asked for', told, ['--mac', '01:23:45:67:89:cd'], 'CRITICAL', 'from here, not 01:23:45:67:89:cd'],
  [
    'a card’s own MAC for a shared VIP',
    'vip n1',
    [],
    'CRITICAL',
    '02:00:00:00:00:01, which answers from here, is unicast',
  ],
  ['nobody', '', ['--expect', 'one'], 'CRITICAL', '192.0.2.100: nobody answers from here'],
  ['nobody, as expected', '', ['--expect', 'none'], 'OK', 'nobody answers for 192.0.2.100 on the link of eth0'],
  [
    'somebody, unexpected',
    'vip n1',
    ['--expect', 'none'],
    'CRITICAL',
    '02:00:00:00:00:01 answers from here, expected nobody',
  ],
  [
    'removed a second ago',
    'vip n1; on mon arping -q -c 1 $VIP; ip -n n1 addr del $VIP/24 dev eth0; sleep 1',
    ['--expect', 'one'],
    'CRITICAL',
    'nobody answers',
  ],
  ['a poller that has it itself', `${told}; vip mon`, [], 'UNKNOWN', 'this host has it itself'],
  [
    'a router between',
    `${told}; ip -n mon route add $VIP via 192.0.2.11`,
    [],
    'UNKNOWN',
    'the router 192.0.2.11 is in between',
  ],
  ['no route', 'ip -n mon addr flush dev eth0', [], 'UNKNOWN', 'this host has no route to it'],
];

const stale = 'on mon sh -c "echo 1000 >/proc/sys/net/ipv4/neigh/eth0/base_reachable_time_ms"';
const known = 'on mon arping -q -c 1 $VIP; on mon ping -q -c 1 -W 1 $VIP >/dev/null';

const byDatagram: readonly Row[] = [
  ['a first answer', told, [], 'OK', 'is answered by 01:23:45:67:89:ab, confirmed within'],
  [
    'an answer after the kernel has asked again',
    `vip n1; ${stale}; ${known}; sleep 3`,
    ['--expect', 'one'],
    'OK',
    'is answered by 02:00:00:00:00:01, confirmed within',
  ],
  [
    'another MAC than asked for',
    'vip n1',
    ['--mac', '01:23:45:67:89:ab'],
    'CRITICAL',
    '02:00:00:00:00:01 answers from here, not 01:23:45:67:89:ab',
  ],
  ['nobody', '', ['--expect', 'one'], 'CRITICAL', 'nobody answers from here'],
  [
    'an entry that is still fresh',
    `vip n1; ${known}`,
    ['--expect', 'one'],
    'UNKNOWN',
    'names 02:00:00:00:00:01, but that is',
  ],
  [
    'an entry made by hand',
    'ip -n mon neigh add $VIP lladdr 01:23:45:67:89:ab dev eth0',
    [],
    'UNKNOWN',
    'was set by hand',
  ],
  [
    'a firewall that lets no datagram out',
    'vip n1; on mon nft add table inet f; on mon nft add chain inet f o "{ type filter hook output priority 0; policy drop; }"',
    [],
    'UNKNOWN',
    'no datagram can be sent',
  ],
];

describe.skipIf(why !== null)(`what the poller sees, as nobody${why === null ? '' : ` (skipped: ${why})`}`, () => {
  /** Runs a test on a cluster of its own: they wait most of the time, and several may at once. */
  async function upon(setup: string, work: (lab: ClusterLab) => Promise<void>) {
    const lab = await openCluster('check_cluster_vip');
    try {
      lab.build(setup);
      await work(lab);
    } finally {
      await lab.close();
    }
  }

  const judged =
    (path?: string) =>
    async ([, setup, args, state, says]: Row) =>
      upon(setup, async (lab) => {
        const { code, stdout, stderr } = await lab.check('mon', ['--vip', '192.0.2.100', '--from-here', ...args], path);
        expect(stdout).toContain(`[${state}] 192.0.2.100: `);
        expect(stdout).toContain(says);
        expect({ code, stderr }).toEqual({ code: exitCode[state], stderr: '' });
      });

  describe.concurrent('by ARP', () => {
    test.each(byArp)('%s', (...row) => judged()(row));

    test('with nodes, the number of answers is theirs', () =>
      upon('vip n1; vip n2; ip -n n2 link set eth0 arp off', async (lab) => {
        const specs = await Promise.all(
          ['n1', 'n2'].map(async (node) => `${node}=file:${await lab.snapshot(node, [])}`),
        );
        const nodes = specs.flatMap((spec) => ['-N', spec]);
        const { stdout } = await lab.check('mon', ['--vip', '192.0.2.100', '--from-here', '--skip', 'mac', ...nodes]);
        // Why n2 does not answer is seen on n2 itself, and is worse.
        expect(stdout).toMatch(/^\[CRITICAL\] 192\.0\.2\.100: n2.*NOARP/);
        expect(stdout).toMatch(/\[WARNING\] .*1 node answers ARP for 192\.0\.2\.100, expected 2/);
      }));

    test('with nodes, the MAC of a failover VIP is that of its holder', () =>
      upon('vip n1', async (lab) => {
        const node = `n1=file:${await lab.snapshot('n1', [])}`;
        const ask = () => lab.check('mon', ['--vip', '192.0.2.100', '--from-here', '--expect', 'one', '-N', node]);
        expect((await ask()).stdout).toContain('[OK] 192.0.2.100: n1 has it on eth0');
        lab.sh('ip -n n1 addr del $VIP/24 dev eth0; vip n2');
        expect((await ask()).stdout).toContain('02:00:00:00:00:02 answers from here, not 02:00:00:00:00:01');
      }));

    test('two holders with one virtual MAC are a split brain all the same', () => {
      const vrrp = (node: string) =>
        `ip -n ${node} link add link eth0 name vrrp.51 address 00:00:5e:00:01:33 type macvlan mode private; ip -n ${node} link set vrrp.51 up; vip ${node} 32 vrrp.51; on ${node} sh -c "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore"`;
      return upon(`${vrrp('n1')}; ${vrrp('n2')}`, async (lab) => {
        const { stdout } = await lab.check('mon', ['--vip', '192.0.2.100', '--from-here', '--expect', 'one']);
        expect(stdout).toContain('[CRITICAL] 192.0.2.100: split brain: 2 nodes answer from here');
      });
    });
  });

  describe.concurrent('by the neighbour table, without arping', () => {
    test.each(byDatagram)('%s', (...row) => judged(noArping)(row));

    test('an arping without its right is done without', () =>
      upon('vip n1', async (lab) => {
        const folder = lab.sh('d=$(mktemp -d); cp /usr/bin/arping $d/; chmod 755 $d; echo $d').trim();
        const args = ['--vip', '192.0.2.100', '--from-here', '--expect', 'one'];
        const { stdout, stderr } = await lab.check('mon', args, folder);
        lab.sh(`rm -r ${folder}`);
        expect(stdout).toMatch(
          /^\[OK\] .*\n.*confirmed within .*how many nodes answer is not known \(arping: .*not permitted\)/,
        );
        expect(stderr).toBe('');
      }));

    test('IPv6 is seen that way, too', () =>
      upon('ip -n n1 addr add 2001:db8::100/64 dev eth0 nodad', async (lab) => {
        const { stdout } = await lab.check('mon', ['--vip', '2001:db8::100', '--from-here', '--expect', 'one']);
        expect(stdout).toContain('[OK] 2001:db8::100: 02:00:00:00:00:01 answers from here');
      }));

    test(
      'a VIP removed a second ago is never OK, whatever state its entry is in, and CRITICAL in the end',
      () =>
        upon(`vip n1; ${stale}; ${known}; ip -n n1 addr del $VIP/24 dev eth0`, async (lab) => {
          const states: string[] = [];
          // In a short time it often proves nothing; the last look has the time that the kernel needs to give up.
          for (const limit of ['4', '3', '4', '3', '10']) {
            const args = ['--vip', '192.0.2.100', '--from-here', '--expect', 'one', '-t', limit];
            const { stdout } = await lab.check('mon', args, noArping);
            states.push(/^\[(\w+)\]/.exec(stdout)?.[1] ?? stdout);
          }
          expect(states).not.toContain('OK');
          expect(states).not.toContain('WARNING');
          expect(states[0]).toBe('UNKNOWN');
          expect(states.at(-1)).toBe('CRITICAL');
        }),
      40_000,
    );
  });
});
