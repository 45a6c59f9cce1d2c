import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** A variable for the environment of processes whose whole offspring shall be found again. */
export type Mark = { readonly name: string; readonly value: string };

/** A process that has not ended. */
export type Marked = { readonly pid: number; readonly command: string };

export function newMark(): Mark {
  return { name: 'RACKWATCH_TEST_MARK', value: randomUUID() };
}

/** The processes that were started with a mark, or by one that was, and have not ended. */
export function marked({ name, value }: Mark): readonly Marked[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/environ`).split('\0').includes(`${name}=${value}`))
    .map((pid) => ({ pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
