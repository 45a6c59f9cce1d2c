import { readFileSync } from 'node:fs';
import { processAt } from '../plugin/index.ts';
import type { Owner } from '../trap/index.ts';

/** A process that runs, with what tells it from any other that ever has its number, after a reboot too; null where there is none. */
export function ownerOf(pid: number): Owner | null {
  const found = processAt(pid);
  try {
    return found && { ...found, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() };
  } catch {
    return null;
  }
}

/** Whether a process is still there. */
export function lives({ pid, started, boot }: Owner): boolean {
  const now = ownerOf(pid);
  return now?.started === started && now.boot === boot;
}
