import type { SpawnSyncOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { sanitise } from '../plugin/index.ts';

/** Where lines go. */
export const journals = ['syslog', 'stderr'] as const;

/** How much a line matters, by syslog's own words. */
export type Severity = 'info' | 'warning' | 'err';

const loggers = ['/usr/bin/logger', '/bin/logger'];

/** How long a line may take, in milliseconds: a log that takes nothing must not stop snmptrapd. */
const patience = 2000;

/**
 * Writes one line: to syslog, since what a program of snmptrapd prints is seen by nobody, or to standard error. The line
 * is made safe here, whatever is in it. Node has no datagram sockets of the system's own, so `logger` sends it.
 */
export async function note(name: string, where: (typeof journals)[number], severity: Severity, text: string) {
  const line = sanitise(text);
  // Nobody may read standard error, and the wait for that can be ended in a child alone.
  if (where === 'stderr') return runShortly('cat', [], { stdio: ['pipe', 2, 'ignore'], input: `${name}: ${line}\n` });
  const logger = loggers.find((file) => existsSync(file));
  if (logger === undefined) return;
  const args = ['-t', `${name}[${process.pid}]`, '-p', `daemon.${severity}`, '--', line];
  await runShortly(logger, args, { stdio: 'ignore', env: {} });
}

async function runShortly(program: string, args: readonly string[], how: SpawnSyncOptions): Promise<void> {
  const { spawnSync } = await import('node:child_process');
  const run = () => spawnSync(program, args, { ...how, timeout: patience, killSignal: 'SIGKILL' });
  // Whoever ends all that snmptrapd has called ends this, too.
  if (run().signal === 'SIGTERM') run();
}
