import { readFileSync } from 'node:fs';

/** A process, with when it began in the kernel's ticks since boot: the number alone may belong to another one by now. */
export type Process = { readonly pid: number; readonly started: number };

/**
 * The process of a number; null where there is none, or only its exit code is left. Source: proc(5), the fields `state` and
 * `starttime` of /proc/PID/stat.
 */
export function processAt(pid: number): Process | null {
  const fields = statOf(pid);
  if (fields === null || /^[ZXx]$/.test(fields[0] ?? '')) return null;
  const started = Number(fields[19]);
  return Number.isSafeInteger(started) ? { pid, started } : null;
}

/** The parent of the process of a number; null where there is none. */
export function parentOf(pid: number): number | null {
  const fields = statOf(pid);
  return fields === null ? null : Number(fields[1]);
}

/** The fields of /proc/PID/stat from the third on: state, parent, ... The second, a name, may hold anything. */
function statOf(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
