import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { type Namespaces, openNamespaces, whyNoNamespaces } from './namespaces.ts';

const why = whyNoNamespaces();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the NAT lab cannot run: ${why}`);

const [vip, own, target] = ['192.0.2.100', '192.0.2.11', '203.0.113.7'];
const lab = path.resolve('test/lab/wholeway');

/** A host n1 with the VIP, and a target t behind the wire that it sends to by its default route. */
const fresh = `
for name in n1 t; do ip netns del $name 2>/dev/null || true; ip netns add $name; ip -n $name link set lo up; done
ip -n n1 link add eth0 type veth peer name eth0 netns t
ip -n n1 link set eth0 up
ip -n t link set eth0 up
ip -n n1 addr add ${own}/24 dev eth0
ip -n n1 addr add ${vip}/24 dev eth0
ip -n t addr add 192.0.2.1/24 dev eth0
ip -n t addr add ${target}/32 dev eth0
`;
const byVip = `ip -n n1 route add default via 192.0.2.1 src ${vip}`;
const byOwn = 'ip -n n1 route add default via 192.0.2.1';
const nft = (rule: string) =>
  `printf 'table ip away { chain away { type nat hook postrouting priority srcnat; ${rule}; }; }' | ip netns exec n1 nft -f -`;
const iptables = (rule: string) => `ip netns exec n1 iptables -t nat -A POSTROUTING -o eth0 -j ${rule}`;

describe.skipIf(why !== null)(
  `check_source_address --nat on this host, beside what a target sees${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let namespaces: Namespaces;
    const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-nat-'));
    const plugin = path.join(folder, 'check_source_address');
    const ask = ['--source', vip, '--target', target];
    beforeAll(async () => {
      namespaces = await openNamespaces();
      bundle('plugins/check_source_address.ts', plugin);
      namespaces.sh(`chmod 755 ${folder}`);
    });
    afterAll(async () => {
      await namespaces.close();
      rmSync(folder, { recursive: true });
    });

    /** The sources that the target sees of UDP and TCP. */
    async function seen(): Promise<readonly string[]> {
      const ready = path.join(folder, 'ready');
      rmSync(ready, { force: true });
      const looking = namespaces.run('t', ['perl', `${lab}/seen.pl`, target, '2', '5', ready], 'root');
      for (let turn = 0; turn < 100 && !existsSync(ready); turn++) await pause(50);
      await namespaces.run('n1', ['perl', `${lab}/send.pl`, target, 'udp/514', 'tcp/443'], 'root');
      const { stdout } = await looking;
      const sources = stdout.trim().split('\n');
      expect(sources).toHaveLength(2);
      return [...new Set(sources.map((line) => line.split(' ')[1] ?? ''))];
    }

    test.each([
      ['no NAT, and the route has the VIP', byVip, 'OK', [vip], /is reached from 192\.0\.2\.100$/m],
      [
        'no NAT, and the route has none',
        byOwn,
        'CRITICAL',
        [own],
        /reached from 192\.0\.2\.11, expected 192\.0\.2\.100/,
      ],
      [
        'masqueraded by nft behind the route with the VIP',
        `${byVip}; ${nft('oifname "eth0" masquerade')}`,
        'CRITICAL',
        [own],
        /reached from 192\.0\.2\.11, expected .*masquerade/,
      ],
      [
        'SNAT by nft to the VIP in place of a route',
        `${byOwn}; ${nft(`snat to ${vip}`)}`,
        'OK',
        [vip],
        /hook postrouting: snat/,
      ],
      [
        'MASQUERADE of iptables behind the route with the VIP',
        `${byVip}; ${iptables('MASQUERADE')}`,
        'CRITICAL',
        [own],
        /reached from 192\.0\.2\.11, expected .*MASQUERADE/,
      ],
      [
        'SNAT of iptables to the VIP in place of a route',
        `${byOwn}; ${iptables(`SNAT --to-source ${vip}`)}`,
        'OK',
        [vip],
        /SNAT --to-source/,
      ],
    ] as const)('%s', async (_, setup, state, sources, says) => {
      namespaces.sh(`${fresh}${setup}`);
      expect(await seen()).toEqual(sources);
      const run = [process.execPath, plugin, ...ask, '--nat'];
      const here = await namespaces.run('n1', ['env', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...run], 'root');
      expect(here.stdout).toMatch(says);
      expect(here).toMatchObject({ code: { OK: 0, CRITICAL: 2 }[state], stderr: '' });
    });

    test('without --nat the masqueraded packets pass for right, and -v says what was not judged', async () => {
      namespaces.sh(`${fresh}${byVip}; ${iptables('MASQUERADE')}`);
      const run = async (...more: readonly string[]) =>
        (await namespaces.run('n1', [process.execPath, plugin, ...ask, ...more])).stdout;
      expect(await run()).not.toContain('NAT');
      expect(await run('-v')).toMatch(/^\[OK\] .*\n(?:.*\n)*not judged: whether NAT .* with --nat the rules are read/);
    });

    test('an account that may not read the rules is told what sudo has to allow', async () => {
      namespaces.sh(`${fresh}${byVip}; ${iptables('MASQUERADE')}`);
      const { code, stdout } = await namespaces.run('n1', [process.execPath, plugin, ...ask, '--nat']);
      expect(stdout).toMatch(/\[UNKNOWN\] NAT on the way to .* is not known: .*NOPASSWD: /);
      expect(code).toBe(3);
    });
  },
);
