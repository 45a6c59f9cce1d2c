import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Outcome, readOutcome } from '../uml/uml.ts';

/** Tests and tools run in the project's folder. */
const root = process.cwd();
const folder = path.join(root, 'test/lab/netns');

/** Why this kernel cannot run the lab, or null: every part that the scenarios need is tried once. */
export function whyNoNamespaces(): string | null {
  if (process.getuid?.() !== 0) return 'the lab needs root';
  const tried = spawnSync('unshare', ['-n', '-m', 'sh', path.join(folder, 'probe')], { encoding: 'utf8' });
  if (tried.error !== undefined) return tried.error.message;
  return tried.status === 0 ? null : `${tried.stdout}${tried.stderr}`.trim();
}

/** What is to be set up, in words of the shell. */
export type Setup = { readonly name: string; readonly setup: string };

/** Lists of clients' addresses, by the name of the file they go to, and the file of the words that a setup is written in. */
export type Stage = { readonly words: string; readonly sources: Readonly<Record<string, readonly string[]>> };

/** Runs the scenarios, split over that many shells at once, each in namespaces of its own. */
export async function runScenarios(
  scenarios: readonly Setup[],
  shells = 4,
  stage: Stage = { words: path.join(folder, 'words.sh'), sources: { sources, sources6 } },
): Promise<ReadonlyMap<string, Outcome>> {
  const parts = Array.from({ length: shells }, (_, shell) => scenarios.filter((_, i) => i % shells === shell));
  const outcomes = await Promise.all(parts.filter((part) => part.length > 0).map((part) => runShell(part, stage)));
  return new Map(outcomes.flatMap((outcome) => [...outcome]));
}

async function runShell(scenarios: readonly Setup[], stage: Stage): Promise<ReadonlyMap<string, Outcome>> {
  const lab = mkdtempSync(path.join(tmpdir(), 'rackwatch-netns-'));
  try {
    for (const part of ['scenarios', 'results']) mkdirSync(path.join(lab, part));
    for (const [name, list] of Object.entries(stage.sources))
      writeFileSync(path.join(lab, name), `${list.join('\n')}\n`);
    for (const { name, setup } of scenarios) writeFileSync(path.join(lab, 'scenarios', `${name}.sh`), `${setup}\n`);
    const said = await start(lab, stage.words);
    const log = existsSync(path.join(lab, 'guest.log')) ? readFileSync(path.join(lab, 'guest.log'), 'utf8') : said;
    return new Map(scenarios.map(({ name }) => [name, resultOf(path.join(lab, 'results', name), log)]));
  } finally {
    rmSync(lab, { recursive: true, force: true });
  }
}

function start(lab: string, words: string): Promise<string> {
  const shell = spawn('unshare', ['-n', '-m', path.join(folder, 'run')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, which ends as one.
    detached: true,
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LAB: lab,
      TOOLS: path.join(root, 'test/lab/uml'),
      WORDS: words,
      SCRIPT: path.join(root, 'plugins/cluster_node_snapshot'),
      QUIET: '0.7',
    },
  });
  let said = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.on('data', (data) => {
      said += data;
    });
  const limit = setTimeout(() => shell.pid !== undefined && process.kill(-shell.pid, 'SIGKILL'), 2_700_000);
  return new Promise((resolve, reject) => {
    shell.on('error', reject);
    shell.on('close', () => {
      clearTimeout(limit);
      resolve(said);
    });
  });
}

function resultOf(result: string, log: string): Outcome {
  if (!existsSync(path.join(result, 'traffic'))) throw new Error(`no result in ${result}: ${log}`);
  return { ...readOutcome(result), log };
}

/** 256 client addresses in four networks, the same in every run. */
export const sources: readonly string[] = Array.from({ length: 256 }, (_, i) => {
  const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0;
  const [b = 0, c = 0, d = 0] = [24, 16, 8].map((bits) => ((mixed >>> bits) % 254) + 1);
  return [`10.${b}.${c}.${d}`, `172.${b}.${c}.${d}`, `198.18.${c}.${d}`, `203.${b}.${c}.${d}`][i % 4] ?? '';
});

/** 256 client addresses of IPv6: 248 in as many /32 networks, 8 in one, which xt_cluster takes for one client. */
export const sources6: readonly string[] = Array.from({ length: 256 }, (_, i) => {
  const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0;
  const [a, b] = [((mixed >>> 20) | 0x2000).toString(16), ((mixed >>> 4) & 0xffff).toString(16)];
  return i < 248 ? `${a}:${b}:${i.toString(16)}::${(i + 1).toString(16)}` : `2001:db8:${i.toString(16)}::1`;
});
