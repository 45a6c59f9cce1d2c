import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runPlugin } from '../../run_plugin.ts';
import { expectNear } from '../netns/expect_traffic.ts';
import { whyNoNamespaces } from '../netns/netns.ts';
import { measure } from '../netns/traffic.ts';
import { whyNoKernel } from '../uml/uml.ts';
import { runOnClusterip, runSituations, type Several } from './lab.ts';
import {
  clusterip,
  denied,
  lostAddresses,
  network,
  partlyDenied,
  type SeveralSituation,
  situations,
  unnamed,
  type VipSituation,
} from './situations.ts';

type Said = { readonly vip: string; readonly state: string; readonly summary: string };

/** What the built plugin says of the nodes' snapshots, as JSON. */
async function ask(snapshots: Several['snapshots'], ...vips: readonly string[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-vips-'));
  try {
    const nodes = Object.entries(snapshots).flatMap(([node, text]) => {
      const file = path.join(folder, `${node}.txt`);
      writeFileSync(file, text);
      return ['--node', `${node}=file:${file}`];
    });
    const named = vips.flatMap((vip) => ['--vip', vip]);
    const args = [...named, '--skip', 'arp', '--output-format', 'json', ...nodes];
    const { stdout, code } = await runPlugin('dist/check_cluster_buckets', args);
    const said = JSON.parse(stdout);
    expect(code).toBe(said.exitCode);
    const data: readonly Said[] = said.data;
    return { state: String(said.state), summary: String(said.summary), findings: said.findings, data };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `--vip all` finds exactly these VIPs; each has the verdict that its clients confirm. */
async function expectVerdicts({ vips }: SeveralSituation, { snapshots, traffic }: Several, clients: number) {
  const { data } = await ask(snapshots, 'all');
  expect(data.map(({ vip }) => vip).sort()).toEqual(vips.map(({ vip }) => vip).sort());
  for (const { vip, state, says, tcp } of vips) {
    const said = data.find((one) => one.vip === vip);
    expect(said?.summary).toMatch(says);
    expect(said?.state).toBe(state);
    const probes = (traffic.get(vip) ?? []).filter(({ protocol }) => protocol === 'tcp80');
    expect(probes).toHaveLength(clients);
    expectNear(measure(probes), tcp, clients, vip);
  }
}

/** Named one by one, the VIPs have the verdicts that `all` gives them. */
async function expectSameByName(vips: readonly VipSituation[], snapshots: Several['snapshots']) {
  const all = await ask(snapshots, 'all');
  const named = await ask(snapshots, ...all.data.map(({ vip }) => vip));
  expect(named).toEqual(all);
  expect(named.data).toHaveLength(vips.length);
}

const why = whyNoNamespaces();
const whyNot = whyNoKernel();
for (const reason of [why, whyNot])
  if (reason !== null && process.env['RACKWATCH_LAB'] === 'required')
    throw new Error(`the lab of several VIPs cannot run: ${reason}`);

describe.skipIf(why !== null)(
  `several VIPs on the running kernel, with real packets to each${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let outcomes: ReadonlyMap<string, Several> = new Map();
    beforeAll(async () => {
      outcomes = await runSituations([...situations, ...lostAddresses, network, denied, ...partlyDenied, unnamed]);
    }, 600_000);
    const of = (name: string) => {
      const outcome = outcomes.get(name);
      if (outcome === undefined) throw new Error('the namespaces gave no result');
      return outcome;
    };

    test.each([...situations, ...lostAddresses, denied].map((situation) => [situation.name, situation] as const))(
      '%s',
      async (name, situation) => {
        await expectVerdicts(situation, of(name), 256);
        await expectSameByName(situation.vips, of(name).snapshots);
      },
    );

    test.each(partlyDenied.map((situation) => [situation.name, situation] as const))('%s', async (name, situation) => {
      await expectVerdicts(situation, of(name), 256);
    });

    test('an address that only n1 has, and only a rule of n2 for its network: said, and CRITICAL once it is named', async () => {
      const { snapshots } = of(network.name);
      await expectVerdicts(network, of(network.name), 256);
      const { state, summary, findings } = await ask(snapshots, 'all');
      expect(state).toBe('WARNING');
      expect(summary).toMatch(/^n2: a cluster rule takes in 10\.99\.0\.1, which of the reached nodes only n1 has; /);
      expect(JSON.stringify(findings)).toMatch(/vip-unnamed.*n2: a cluster rule names 10\.99\.0\.0\/24, and takes in/);
      expect(JSON.stringify(findings)).toMatch(
        /"OK","code":"vip-unlisted","text":"n2: a cluster rule names 10\.99\.0\.0\/24/,
      );
      const { state: named } = await ask(snapshots, 'all', '10.99.0.1');
      expect(named).toBe('CRITICAL');
    });

    test('a rule that names no address takes in what several nodes have; of the rest it is said', async () => {
      await expectVerdicts(unnamed, of(unnamed.name), 256);
      const { state, findings } = await ask(of(unnamed.name).snapshots, 'all');
      expect(state).toBe('WARNING');
      expect(JSON.stringify(findings)).toMatch(/vip-unnamed.*192\.168\.56\.11.*vip-unnamed.*192\.168\.56\.12/);
    });
  },
);

describe.skipIf(whyNot !== null)(
  `several VIPs of CLUSTERIP, each with a file of the kernel${whyNot === null ? '' : ` (skipped: ${whyNot})`}`,
  () => {
    test(clusterip.name, { timeout: 600_000 }, async () => {
      const outcome = await runOnClusterip(clusterip);
      await expectVerdicts(clusterip, outcome, 64);
      await expectSameByName(clusterip.vips, outcome.snapshots);
    });
  },
);
