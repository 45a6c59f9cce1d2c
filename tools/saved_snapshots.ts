import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSituation } from '../test/lab/wholeway/recordings.ts';
import { situations } from '../test/lab/wholeway/situations.ts';

/**
 * Puts the snapshots of situations that the whole-way lab has recorded (with the script of today) into a folder while the
 * work is done, which gets the `--node` arguments for each situation. Nodes are named apart: `n1-0`, `n1-1`. Throws for a
 * situation that is not recorded.
 */
export async function withSnapshots<T>(
  names: readonly string[],
  work: (nodes: readonly (readonly string[])[]) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-saved-'));
  try {
    return await work(names.map((name, i) => saved(name, (node) => path.join(folder, `${node}-${i}`))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function saved(name: string, fileOf: (node: string) => string): readonly string[] {
  const situation = situations.find((one) => one.name === name);
  const recording = situation === undefined ? null : readSituation(situation);
  if (recording === null) throw new Error(`${name} is not recorded`);
  return Object.entries(recording.snapshots).flatMap(([node, text]) => {
    writeFileSync(fileOf(node), text);
    return ['--node', `file:${fileOf(node)}`];
  });
}
