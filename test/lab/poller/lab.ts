import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * What this machine lacks for a lab that runs daemons as accounts of their own and needs these files, as a sentence
 * fragment; null when it has everything. Throws it where the lab is required.
 */
export function whyNoLab(files: readonly string[]): string | null {
  const missing = files.filter((file) => !existsSync(file));
  const why = missing.length === 0 ? needsRoot() : `${missing.join(', ')} missing`;
  if (why !== null && process.env['RACKWATCH_LAB'] === 'required') throw new Error(`this lab cannot run here: ${why}`);
  return why;
}

function needsRoot(): string | null {
  return process.getuid?.() === 0 ? null : 'it runs commands as other accounts, which needs root';
}

/** PATH of a daemon: the plugins find their Node in it, wherever this machine has it. */
export const daemonPath = `${path.dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`;

/** A folder for one lab, and what has to be undone when it closes, the last thing first. */
export type Lab = {
  readonly folder: string;
  /** The plugins as `npm run install-plugins` puts them. */
  readonly plugins: string;
  /** Makes a folder in it. */
  sub(name: string): string;
  undo(work: () => unknown): void;
  close(): Promise<void>;
};

/** Opens a lab in a new folder below /tmp, with the plugins installed from dist/, or copied, which is quicker. */
export function openLab(name: string, how: 'installed' | 'copied' = 'installed'): Lab {
  const folder = mkdtempSync(path.join(tmpdir(), `rackwatch-${name}-`));
  chmodSync(folder, 0o755);
  const works: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const sub = (one: string) => {
    const made = path.join(folder, one);
    mkdirSync(made);
    return made;
  };
  const plugins = path.join(folder, 'plugins');
  if (how === 'copied') cpSync('dist', plugins, { recursive: true });
  else execFileSync(process.execPath, ['tools/run.mjs', 'tools/install.ts', plugins], { stdio: 'pipe' });
  const close = async () => {
    while (works.length > 0) await works.pop()?.();
  };
  return { folder, plugins, sub, undo: (work) => works.push(work), close };
}
