import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCode } from '../../../src/plugin/index.ts';
import { type ClusterLab, openCluster } from './lab.ts';
import { whyNoNamespaces } from './namespaces.ts';
import { vipScenarios } from './vip_scenarios.ts';

const why = whyNoNamespaces();
if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`the address lab cannot run: ${why}`);

describe.skipIf(why !== null)(
  `check_cluster_vip on nodes as namespaces, as nobody${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let lab: ClusterLab;
    beforeAll(async () => {
      lab = await openCluster('check_cluster_vip');
    });
    afterAll(() => lab.close());

    test.each(vipScenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
      const { setup, args, state, first, says = [], as, vip = '192.0.2.100' } = scenario;
      lab.build(setup);
      const asked = ['--vip', vip.replace(/\/.*/, '')];
      const specs = await Promise.all(
        ['n1', 'n2'].map(async (node) => `${node}=file:${await lab.snapshot(node, asked, as)}`),
      );
      const nodes = specs.flatMap((spec) => ['--node', spec]);
      const { code, stdout, stderr } = await lab.check('mon', ['--vip', vip, ...nodes, ...args]);
      expect(stdout.split(' | ')[0]).toBe(`[${state}] ${first}`);
      for (const part of says) expect(stdout).toContain(part);
      expect({ code, stderr }).toEqual({ code: exitCode[state], stderr: '' });
    });

    test('a node checks itself as nobody, and asks sudo for nothing', async () => {
      lab.build('vip n1');
      const { code, stdout } = await lab.check('n1', ['--vip', '192.0.2.100/24', '--expect', 'one', '-vvv']);
      expect(stdout.split(' | ')[0]).toBe('[OK] 192.0.2.100: local has it on eth0');
      expect(stdout).not.toMatch(/sudo|== (?:iptables|ip6tables|arptables|ebtables|nft)/);
      expect(code).toBe(0);
    });

    test('BusyBox reads the same', async () => {
      lab.build('vip n1 24; ip -n n1 addr add $VIP/32 dev lo');
      const tools = lab
        .sh(
          'd=$(mktemp -d); for t in ip cat awk sed grep timeout uname id sh env; do ln -s /usr/bin/busybox $d/$t; done; echo $d',
        )
        .trim();
      // The script puts the system's own folders first, so they are hidden from it.
      const script = lab.sh(
        `sed 's|^  PATH=/usr.*|  PATH=${tools}|' ${path.resolve('plugins/cluster_node_snapshot')} >${tools}/snapshot; chmod 755 ${tools}; echo ${tools}/snapshot`,
      );
      const file = `${tools}/n1.txt`;
      lab.sh(`on n1 busybox sh ${script.trim()} --vip $VIP >${file}`);
      expect(lab.sh(`cat ${file}`)).toContain('== link: ip -o link show');
      const { stdout } = await lab.check('mon', ['--vip', '192.0.2.100', '--expect', 'one', '-N', `n1=file:${file}`]);
      expect(stdout.split(' | ')[0]).toBe('[WARNING] 192.0.2.100: n1 has it 2 times');
      lab.sh(`rm -r ${tools}`);
    });

    test('an unreachable node is judged by what the others prove', async () => {
      lab.build('vip n1; vip n2; cluster_mac n1; cluster_mac n2');
      const n1 = `n1=file:${await lab.snapshot('n1', [])}`;
      const asked = (...args: readonly string[]) =>
        lab.check('mon', ['--vip', '192.0.2.100', '-N', n1, '-N', 'n2=file:/nowhere', ...args]);
      const failover = await asked('--expect', 'one');
      expect(failover.stdout).toContain('[WARNING] 192.0.2.100: n2 is unreachable');
      expect(failover.stdout).toContain('It is not proven that n2 does not have 192.0.2.100 as well');
      const sharing = await asked();
      expect(sharing.stdout).toContain('[CRITICAL] 192.0.2.100: n2 is unreachable');
      expect(sharing.stdout).toContain('It is not proven that n2 has 192.0.2.100');
      expect((await asked('--unreachable', 'warning')).code).toBe(1);
      lab.sh('ip -n n1 addr del $VIP/24 dev eth0');
      await lab.snapshot('n1', []);
      const gone = await asked('--expect', 'one');
      expect(gone.stdout).toContain('[CRITICAL] 192.0.2.100: no reached node has it (+1 more)');
    });
  },
);
