import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';
import { type Namespaces, openNamespaces, whyNoNamespaces } from './namespaces.ts';
import { sourceScenarios } from './source_scenarios.ts';

const why = whyNoNamespaces();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the address lab cannot run: ${why}`);

describe.skipIf(why !== null)(
  `check_source_address on real routes, as nobody${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let lab: Namespaces;
    const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-source-'));
    const plugin = path.join(folder, 'check_source_address');
    beforeAll(async () => {
      lab = await openNamespaces();
      bundle('plugins/check_source_address.ts', plugin);
      lab.sh(`chmod 755 ${folder}`);
    });
    afterAll(async () => {
      await lab.close();
      rmSync(folder, { recursive: true });
    });

    test.each(sourceScenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
      const { setup, source = '192.0.2.100', targets, args = [], state, says, node = says } = scenario;
      lab.sh(`ip netns del n1 2>/dev/null || true; ${fresh}\n${setup}`);
      const ask = ['--source', source, ...targets.flatMap((target) => ['--target', target]), ...args];
      const here = await lab.run('n1', [process.execPath, plugin, ...ask]);
      expect(here.stdout.split('\n')[0]).toContain(`[${state}] `);
      expect(here.stdout).toContain(says);
      expect(here).toMatchObject({ code: { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 }[state], stderr: '' });
      // The same kernel, asked through the snapshot.
      const saved = path.join(folder, `${name.replaceAll(/\W+/g, '-')}.txt`);
      const routes = targets.flatMap((target) => ['--route', target]);
      const script = ['sh', path.resolve('plugins/cluster_node_snapshot'), '--addresses-only', ...routes];
      writeFileSync(saved, (await lab.run('n1', script)).stdout);
      const there = await lab.run('n1', [process.execPath, plugin, ...ask, '--node', `n1=file:${saved}`]);
      expect(there.stdout).toContain(`[${state}] n1: ${node}`.replace('n1: n1 ', 'n1 '));
      expect(there.code).toBe(here.code);
    });

    test('a multipath route that goes by ports has several sources, and that is CRITICAL though one is right', async () => {
      lab.sh(`ip netns del n1 2>/dev/null || true; ${fresh}
ip netns exec n1 sh -c 'echo 1 >/proc/sys/net/ipv4/fib_multipath_hash_policy'
ip -n n1 route del default
ip -n n1 route add default nexthop via 192.0.2.1 dev eth0 nexthop via 198.51.100.1 dev eth1`);
      const targets = Array.from({ length: 12 }, (_, i) => ['--target', `203.0.113.${i + 1}`]).flat();
      const { code, stdout } = await lab.run('n1', [process.execPath, plugin, '-s', '192.0.2.11', ...targets]);
      expect(stdout).toMatch(/is reached from 192\.0\.2\.11 or 198\.51\.100\.11, expected 192\.0\.2\.11/);
      expect(stdout).not.toMatch(/\[OK\] \S+ is reached from 192\.0\.2\.11 or/);
      expect(code).toBe(2);
    });

    test('of two hosts without the address, nothing is OK', async () => {
      lab.sh(`ip netns del n1 2>/dev/null || true; ${fresh}\nip -n n1 addr del 192.0.2.100/24 dev eth0`);
      const saved = path.join(folder, 'passive.txt');
      const script = ['sh', path.resolve('plugins/cluster_node_snapshot'), '--route', '198.51.100.1'];
      writeFileSync(saved, (await lab.run('n1', script)).stdout);
      const args = ['-s', '192.0.2.100', '--target', '198.51.100.1', '--if-active', '192.0.2.100'];
      const both = ['-N', `n1=file:${saved}`, '-N', `n2=file:${saved}`];
      const { code, stdout } = await lab.run('n1', [process.execPath, plugin, ...args, ...both]);
      expect(stdout).toContain('[UNKNOWN] 192.0.2.100 is on none of n1 and n2');
      expect(code).toBe(3);
    });
  },
);

/** A host with an own address and the VIP, a second network, and a default route without a source. */
const fresh = `
ip netns add n1
ip -n n1 link add eth0 type veth peer name peer0
ip -n n1 link add eth1 type veth peer name peer1
for link in lo peer0 peer1 eth0 eth1; do ip -n n1 link set $link up; done
ip -n n1 addr add 192.0.2.11/24 dev eth0
ip -n n1 addr add 192.0.2.100/24 dev eth0
ip -n n1 addr add 198.51.100.11/24 dev eth1
ip -n n1 addr add 2001:db8::11/64 dev eth0 nodad
ip -n n1 route add default via 192.0.2.1`;
