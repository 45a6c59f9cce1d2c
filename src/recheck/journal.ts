import type { SpawnSyncOptions } from 'node:child_process';
import { constants, existsSync, openSync, writeSync } from 'node:fs';
import { sanitise } from '../plugin/index.ts';

/** Where lines go. */
export const journals = ['syslog', 'stderr'] as const;
type Journal = (typeof journals)[number];

/** How much a line matters, by syslog's own words. */
export type Severity = 'info' | 'warning' | 'err';

const loggers = ['/usr/bin/logger', '/bin/logger'];

/** How long a line may take, in milliseconds: a log that takes nothing must not stop snmptrapd. */
const patience = 2000;

/**
 * Writes one line, and gives where it went: to syslog, since few look for what a program of snmptrapd prints, or to
 * standard error, which is snmptrapd's own, where syslog does not take it or by wish. The line is made safe here, whatever
 * is in it. Node has no datagram sockets of the system's own, so `logger` sends it.
 */
export async function note(name: string, where: Journal, severity: Severity, text: string): Promise<Journal> {
  const line = sanitise(text);
  if (where === 'syslog' && (await writeToSyslog(name, severity, line))) return 'syslog';
  await writeToStderr(`${name}: ${line}\n`);
  return 'stderr';
}

async function writeToSyslog(name: string, severity: Severity, line: string): Promise<boolean> {
  const logger = loggers.find((file) => existsSync(file));
  if (logger === undefined) return false;
  // Without systemd, logger keeps it to itself when nobody is at /dev/log.
  const args = ['--socket-errors=on', '-t', `${name}[${process.pid}]`, '-p', `daemon.${severity}`, '--', line];
  const { status } = await runShortly(logger, args, { stdio: 'ignore', env: {} });
  return status === 0;
}

async function writeToStderr(line: string): Promise<void> {
  // Nobody may read standard error, and the wait for that can be ended in a child alone.
  const { pid } = await runShortly('cat', [], { stdio: ['pipe', 2, 'ignore'], input: line });
  if (pid !== 0) return;
  // Out of processes, memory or open files.
  try {
    writeAtOnce(line);
  } catch {
    // There is nobody left to say it to.
  }
}

/** Without waiting where that can be had: of a socket it cannot. */
function writeAtOnce(line: string): void {
  let opened = 2;
  try {
    opened = openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    // A socket, a file of another account, or one file too many.
  }
  writeSync(opened, line);
}

async function runShortly(program: string, args: readonly string[], how: SpawnSyncOptions) {
  const { spawnSync } = await import('node:child_process');
  const run = () => spawnSync(program, args, { ...how, timeout: patience, killSignal: 'SIGKILL' });
  // Whoever ends all that snmptrapd has called ends this, too.
  const ended = run();
  return ended.signal === 'SIGTERM' ? run() : ended;
}
