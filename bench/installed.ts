import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from './pairs.ts';

/** A folder with the plugins as `npm run install-plugins` puts them, an empty program, and room for more. */
export type Installed = {
  file(name: string): string;
  /** A plugin with its arguments. */
  plugin(name: string, ...args: readonly string[]): Command;
  /** Node on an empty CommonJS file: what every program on it costs. */
  readonly empty: Command;
};

/** Installs into a new folder, and removes it when `work` is done. Expects a build. */
export async function installed<T>(work: (where: Installed) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-bench-'));
  const file = (name: string) => path.join(folder, name);
  try {
    const { status, stderr } = spawnSync(process.execPath, ['tools/run.mjs', 'tools/install.ts', folder], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`cannot install: ${stderr}`);
    writeFileSync(file('empty.cjs'), '');
    const node = (...args: readonly string[]): Command => ({ program: process.execPath, args });
    return await work({
      file,
      plugin: (name, ...args) => node(file(name), ...args),
      empty: node(file('empty.cjs')),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `--node` arguments for the recorded snapshots of a situation. */
export function recorded(situation: string): readonly string[] {
  const folder = path.resolve('test/fixtures/clusterip', situation);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .flatMap((file) => ['--node', `file:${path.join(folder, file)}`]);
}

/** The address of the recorded clusters. */
export const vip = '192.168.56.20';
