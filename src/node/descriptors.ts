import { closeSync, openSync } from 'node:fs';

/** What a poller lacks when it is allowed too few open files (`ulimit -n`): a reason of its own, not the node's. */
export const tooFewFiles = 'too few open files allowed (ulimit -n)';

/** How long to wait for another one's file to be closed, in milliseconds. */
const pause = 10;

/**
 * Does something that opens files; if no more may be open at the moment, retries for as long as another
 * one may still be closed. Passes on a rejection.
 */
export async function patiently<T>(work: () => Promise<T>, mayWait: () => boolean): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isShortage(error) || !mayWait()) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Whether an error says that no more files may be open, in this process or on this host. */
export function isShortage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE');
}

/** A pipe for each of the three standard streams, and one by which the child tells that it was started. */
const descriptorsNeeded = 10;

/**
 * Throws where a child's pipes cannot be made. Without room for them Node emits an error at a process that was never
 * made whole (nodejs/node lib/internal/child_process.js, UV_EMFILE), where nobody can listen yet.
 */
export function needDescriptors(): void {
  const taken: number[] = [];
  try {
    while (taken.length < descriptorsNeeded) taken.push(openSync('/dev/null', 'r'));
  } finally {
    for (const one of taken) closeSync(one);
  }
}
