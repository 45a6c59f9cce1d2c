import { readFileSync } from 'node:fs';
import type { Owner } from '../trap/index.ts';

/**
 * A process that runs, with what tells it from any other that ever has its number; null where there is none, or only
 * what is left of one. Source: proc(5), the fields `state` and `starttime` of /proc/PID/stat.
 */
export function ownerOf(pid: number): Owner | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets, which may have blanks and brackets in it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = ''] = fields;
    const started = Number(fields[19]);
    if (/^[ZXx]?$/.test(state) || !Number.isSafeInteger(started)) return null;
    return { pid, started, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() };
  } catch {
    return null;
  }
}

/** Whether a process is still there. */
export function lives({ pid, started, boot }: Owner): boolean {
  const now = ownerOf(pid);
  return now?.started === started && now.boot === boot;
}
