import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from '../../../tools/bundle.ts';

/** What a run of the plugin came to, as Icinga would see it. */
export type Outcome = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
};

/** Runs the built plugin with arguments and, beside PATH, this environment. */
export type Run = (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Outcome>;

/** For a probe that answers: on a busy machine the lab's own may take its time. */
export const patient = ['-t', '60', '--snmp-timeout', '15', '--snmp-retries', '2'] as const;

/** Builds check_sensorprobe as it is shipped, and gives the way to run it. */
export function buildPlugin(): Run {
  const plugin = path.join(mkdtempSync(path.join(tmpdir(), 'rackwatch-')), 'check_sensorprobe');
  bundle('plugins/check_sensorprobe.ts', plugin);
  return (args, env = {}) => run(plugin, args, env);
}

function run(plugin: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  const start = performance.now();
  const child = spawn(process.execPath, [plugin, ...args], {
    env: { PATH: '/usr/bin:/bin', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: { readonly stdout: Buffer[]; readonly stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout.on('data', (chunk) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk) => chunks.stderr.push(chunk));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const text = (of: 'stdout' | 'stderr') => Buffer.concat(chunks[of]).toString('utf8');
      resolve({ code, stdout: text('stdout'), stderr: text('stderr'), milliseconds: performance.now() - start });
    });
  });
}
