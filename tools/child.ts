import { spawn } from 'node:child_process';

/** What a run of a plugin came to. */
export type Outcome = { readonly stdout: string; readonly stderr: string; readonly code: number | null };

/** Runs a script by this Node, and collects what it writes. */
export function runScript(args: readonly string[], env = process.env): Promise<Outcome> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ stdout, stderr, code })));
}
