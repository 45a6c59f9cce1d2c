import { existsSync, writeSync } from 'node:fs';
import { sanitise } from '../plugin/index.ts';

/** Where lines go. */
export const journals = ['syslog', 'stderr'] as const;

/** How much a line matters, by syslog's own words. */
export type Severity = 'info' | 'warning' | 'err';

const loggers = ['/usr/bin/logger', '/bin/logger'];

/** How long logger may take, in milliseconds: a log that takes nothing must not stop snmptrapd. */
const patience = 2000;

/**
 * Writes one line: to syslog, since what a program of snmptrapd prints is seen by nobody, or to standard error. The line
 * is made safe here, whatever is in it. Node has no datagram sockets of the system's own, so `logger` sends it.
 */
export async function note(name: string, where: (typeof journals)[number], severity: Severity, text: string) {
  const line = sanitise(text);
  if (where === 'stderr') {
    writeSync(2, `${name}: ${line}\n`);
    return;
  }
  const logger = loggers.find((file) => existsSync(file));
  if (logger === undefined) return;
  const { spawnSync } = await import('node:child_process');
  const args = ['-t', `${name}[${process.pid}]`, '-p', `daemon.${severity}`, '--', line];
  const write = () => spawnSync(logger, args, { stdio: 'ignore', env: {}, timeout: patience, killSignal: 'SIGKILL' });
  // Whoever ends all that snmptrapd has called ends logger, too.
  if (write().signal === 'SIGTERM') write();
}
