import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import checkSourceAddress from '../../../plugins/check_source_address.ts';
import { type Ask, askInside, type Said, spoken } from '../netns/ask.ts';
import { type Outcome, readOutcome } from '../uml/uml.ts';
import { type Leaving, leavings, targetOf, vipOf, ways } from './leaving.ts';
import { runHere } from './stage.ts';

const folder = 'test/fixtures/leaving';
const inside: Ask = askInside(checkSourceAddress);

/** Sets all of them up on the running kernel, and those again that are not as they are laid down. */
export async function measureLeavings(attempts = 3, wanted = leavings): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = await runHere(wanted);
  const unlike = wanted.filter((leaving) => {
    const outcome = outcomes.get(leaving.name);
    return outcome === undefined || unlikeSeen(leaving, outcome).length > 0;
  });
  if (unlike.length === 0 || attempts === 1) return outcomes;
  return new Map([...outcomes, ...(await measureLeavings(attempts - 1, unlike))]);
}

/** Where the target saw something else than is laid down. */
export function unlikeSeen({ seen }: Leaving, { traffic }: Outcome): readonly string[] {
  return ways.flatMap((way) => {
    const source = traffic.find(({ protocol }) => protocol === way)?.source ?? null;
    return source === seen[way] ? [] : [`${way}: from ${source}, ${seen[way]} is right`];
  });
}

/** What check_source_address has wrong about it; empty where all is right. */
export async function unlikeSaid(leaving: Leaving, { snapshots }: Outcome): Promise<readonly string[]> {
  const place = mkdtempSync(path.join(tmpdir(), 'rackwatch-leaving-'));
  try {
    const file = path.join(place, 'n1.txt');
    writeFileSync(file, snapshots['n1'] ?? '');
    const args = ['--source', vipOf(leaving), '--target', targetOf(leaving), '--node', `n1=file:${file}`];
    const said: Said = await inside([...args, '--output-format', 'json']);
    const text = spoken(said);
    return [
      ...(leaving.state.some((state) => state === said.state)
        ? []
        : [`${said.state}, ${leaving.state.join(' or ')} is right: ${text}`]),
      ...(leaving.says.test(text) ? [] : [`does not say ${leaving.says}: ${text}`]),
    ];
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Writes their recordings anew. */
export function writeLeavings(outcomes: ReadonlyMap<string, Outcome>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, { snapshots, traffic }] of outcomes) {
    const place = path.join(folder, name);
    mkdirSync(place, { recursive: true });
    for (const [node, text] of Object.entries(snapshots)) writeFileSync(path.join(place, `${node}.txt`), text);
    writeFileSync(
      path.join(place, 'traffic'),
      traffic.map(({ protocol, source }) => `${protocol} ${source}\n`).join(''),
    );
  }
}

/** Reads the recording of one. */
export function readLeaving({ name }: Leaving): Outcome {
  return readOutcome(path.join(folder, name));
}
