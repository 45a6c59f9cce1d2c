import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from '../../../tools/bundle.ts';
import { until } from '../poller/until.ts';
import { type Pgpool, pcpPassword } from './pgpool.ts';

/** What a run of the plugin came to. */
export type Run = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
};

/** The built plugin, ready to be run. */
export class Plugin {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'rwpg-plugin-'));
  readonly #file = path.join(this.#folder, 'check_pgpool');

  constructor() {
    bundle('plugins/check_pgpool.ts', this.#file);
  }

  /** Removes it, and all files of secrets. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A credentials file with these lines. */
  secrets(text: string, mode = 0o600): string {
    const file = path.join(this.#folder, `secrets-${Math.random().toString(36).slice(2)}`);
    writeFileSync(file, text, { mode });
    return file;
  }

  /** Runs it with an environment of its own. */
  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
    const began = performance.now();
    const child = spawn(process.execPath, [this.#file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', HOME: this.#folder, PGUSER: 'monitor', ...env },
    });
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (chunk) => {
        texts[stream] += chunk;
      });
    return new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, ...texts, seconds: (performance.now() - began) / 1000 }));
    });
  }

  /** Asks a Pgpool of the lab by SQL alone. */
  sql(pgpool: Pgpool, ...args: readonly string[]): Promise<Run> {
    return this.run(['-H', '127.0.0.1', '-p', String(pgpool.port), ...args]);
  }

  /** Asks it by PCP too. */
  both(pgpool: Pgpool, ...args: readonly string[]): Promise<Run> {
    const file = this.secrets(`PCPPASSWORD=${pcpPassword}\n`);
    const pcp = ['--pcp-port', String(pgpool.pcpPort), '--pcp-username', 'pcpadmin', '--credentials', file];
    return this.sql(pgpool, ...pcp, ...args);
  }

  /** Runs it again and again until its first line fits, and gives that run; what it said last where it never does. */
  async until(line: RegExp, seconds: number, run: () => Promise<Run>): Promise<Run> {
    let last = '';
    return until(`a first line like ${line}`, seconds, async () => {
      const one = await run();
      last = one.stdout;
      if (line.test(one.stdout.split('\n')[0] ?? '')) return one;
      // A run costs the machine more than what is waited for.
      await new Promise((resolve) => setTimeout(resolve, 300));
      throw new Error(last);
    });
  }
}
