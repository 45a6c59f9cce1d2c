import { readdirSync, readFileSync } from 'node:fs';

/** The processes that hold connections open whose sockets are below a folder: ssh says so in place of its arguments. */
export function masters(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && commandOf(pid).startsWith(`ssh: ${folder}/`))
    .map(Number);
}

/** Kills them, stopped ones too, and waits until they are gone. */
export async function endMasters(folder: string): Promise<void> {
  for (const pid of masters(folder)) process.kill(pid, 'SIGKILL');
  await until(() => masters(folder).length === 0);
}

/** Waits until something holds, for 10 s at the most; throws then. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 500) throw new Error(`it did not come about: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
