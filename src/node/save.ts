import { join } from 'node:path';
import { type Fault, fault } from '../findings/index.ts';
import { type Context, listOf, now, type Report, withFaults } from '../plugin/index.ts';
import type { Answer } from './ask.ts';
import { patiently, tooFewFiles } from './descriptors.ts';

/** The most snapshots that a folder may hold, so that a forgotten option does not fill the disk. */
export const mostSaved = 1000;

/** The outcome of saving: a line of `-v` for each file, and a fault where something should have been saved and was not. */
export type Saved = { readonly lines: readonly string[]; readonly faults: readonly Fault[] };

/**
 * Writes what each node said, whole or not, into a folder, which is made if only its last part is missing: one file per
 * node, `NODE-20261129T021500Z.txt`, readable only by its owner, never over an existing one. A node that said nothing
 * has no file. Never rejects, and gives up after `limitMs`: a disk that does not answer must not take the verdict with
 * it.
 */
export async function saveAnswers(answers: readonly Answer[], folder: string, limitMs: number): Promise<Saved> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Saved>((resolve) => {
    timer = setTimeout(() => resolve(notSaved(folder, 'the file system did not answer in time')), limitMs);
  });
  const deadline = now() + limitMs;
  const saving = saveAll(answers, folder, deadline).catch((error: unknown) => notSaved(folder, wordsOf(error)));
  return Promise.race([saving, late]).finally(() => clearTimeout(timer));
}

/**
 * A report, with what came of saving the answers where `folder` asks for it, and with what was asked of ssh and could not
 * be done; the last 300 ms of the run are left for the report.
 */
export async function keepAnswers(
  answers: readonly Answer[],
  folder: string | undefined,
  report: Report,
  { verbosity, timeLeft }: Context,
): Promise<Report> {
  const unshared = notShared(answers);
  if (folder === undefined) return unshared.length === 0 ? report : withFaults(report, unshared, []);
  const { faults, lines } = await saveAnswers(answers, folder, Math.max(0, timeLeft() - 300));
  return withFaults(report, [...unshared, ...faults], verbosity >= 1 ? lines : []);
}

/** Connections that do not stay open (`--ssh-shared`), each reason once: it nearly always is the same for all nodes. */
export function notShared(answers: readonly Pick<Answer, 'unshared'>[]): readonly Fault[] {
  const reasons = new Set(answers.map(({ unshared }) => unshared).filter((why) => why !== undefined));
  const brief = 'ssh connections are not shared';
  return [...reasons].map((why) =>
    fault('WARNING', 'connection-not-shared', brief, `${brief} (--ssh-shared), every check logs in: ${why}`),
  );
}

async function saveAll(answers: readonly Answer[], folder: string, deadline: number): Promise<Saved> {
  // Loaded only when asked for: that takes longer than writing the answers.
  const { mkdir, readdir } = await import('node:fs/promises');
  await mkdir(folder, { mode: 0o700 }).catch(unlessThere);
  const there = (await readdir(folder)).filter((name) => isSaved.test(name)).length;
  const said = answers.filter(({ text }) => text !== '');
  if (there + said.length > mostSaved)
    return notSaved(folder, `it already holds ${there}, and ${mostSaved} is the limit: move some of them away`);
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const lines: string[] = [];
  const failed: string[] = [];
  for (const { name, text } of said) {
    await patiently(
      () => saveOne(join(folder, `${fileName(name)}-${time}`), text),
      () => now() < deadline,
    ).then(
      (file) => lines.push(`${name}: saved as ${file}`),
      (error: unknown) => failed.push(`that of ${name}: ${wordsOf(error)}`),
    );
  }
  return { lines, faults: failed.length === 0 ? [] : notSaved(folder, listOf(failed)).faults };
}

const isSaved = /-\d{8}T\d{6}Z(?:-\d+)?\.txt$/;

/** A node's name as part of a file's name: it may be an IPv6 address with its zone, or have come from a file's name. */
function fileName(node: string): string {
  return node
    .replaceAll(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^[.-]/, '_')
    .slice(0, 100);
}

/** Writes under a name that is still free, and returns it: several services may ask a node within a second. */
async function saveOne(stem: string, text: string): Promise<string> {
  const { open, unlink } = await import('node:fs/promises');
  for (let count = 1; ; count++) {
    const file = `${stem}${count === 1 ? '' : `-${count}`}.txt`;
    // Follows no symbolic link and opens nothing that is there.
    const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
      if (count < 100 && codeOf(error) === 'EEXIST') return null;
      throw error;
    });
    if (handle === null) continue;
    try {
      await handle.writeFile(text);
      await handle.close();
      return file;
    } catch (error) {
      await handle.close().catch(() => undefined);
      // Half a snapshot would look like a node that was cut off.
      await unlink(file).catch(() => undefined);
      throw error;
    }
  }
}

function notSaved(folder: string, why: string): Saved {
  const brief = 'the snapshots were not saved';
  return {
    lines: [],
    faults: [fault('WARNING', 'snapshot-not-saved', brief, `${brief} in ${folder} (--save-snapshots): ${why}`)],
  };
}

function unlessThere(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such folder',
  ENOTDIR: 'not a folder',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
  EDQUOT: 'the quota is used up',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'symbolic links that lead nowhere',
  EMFILE: tooFewFiles,
};

function wordsOf(error: unknown): string {
  return words[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}
