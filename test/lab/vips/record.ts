import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runOnClusterip, runSituations } from './lab.ts';
import { clusterip, denied, lostAddresses, network, partlyDenied, situations, unnamed } from './situations.ts';

// Records what the nodes of every situation say, as root: node tools/run.mjs test/lab/vips/record.ts
const folder = 'test/fixtures/vips';

async function record(): Promise<void> {
  const outcomes = [
    ...(await runSituations([...situations, ...lostAddresses, network, denied, ...partlyDenied, unnamed])),
    [clusterip.name, await runOnClusterip(clusterip)] as const,
  ];
  rmSync(folder, { recursive: true, force: true });
  for (const [name, { snapshots }] of outcomes) {
    mkdirSync(path.join(folder, name), { recursive: true });
    for (const [node, text] of Object.entries(snapshots)) writeFileSync(path.join(folder, name, `${node}.txt`), text);
  }
  console.log(`${outcomes.length} situations recorded`);
}

record().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
