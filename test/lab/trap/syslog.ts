import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Lab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';

/** A real syslogd, and a place where programs find it at /dev/log. */
export type Syslog = {
  /** Comes before a command that is to log there. */
  readonly wrapper: readonly string[];
  /** What `akcp_trap` has logged, line by line, without times and numbers of processes. */
  lines(): readonly string[];
  /** All that was logged, as it stands in the file. */
  raw(): string;
};

/** Starts it; it ends with the lab. */
export async function startSyslog(lab: Lab): Promise<Syslog> {
  const folder = lab.sub('syslog');
  mkdirSync(path.join(folder, 'dev'));
  const daemon = spawn('unshare', ['--mount', 'sh', 'test/lab/trap/syslog.sh', folder], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve());
  });
  lab.undo(async () => {
    daemon.kill('SIGKILL');
    await ended;
  });
  const file = path.join(folder, 'lines');
  await until('syslogd', 10, () => existsSync(file));
  const raw = () => readFileSync(file, 'latin1');
  return {
    wrapper: ['nsenter', `--mount=/proc/${daemon.pid}/ns/mnt`, '--'],
    lines: () =>
      raw()
        .split('\n')
        .flatMap((line) => / (\w+\.\w+) akcp_trap\[\d+\]: (.*)$/.exec(line)?.slice(1).join(' ') ?? []),
    raw,
  };
}
