import { closeSync, writeSync } from 'node:fs';

/** Tells a program that was left behind which turn is its own. */
const variable = 'AKCP_TRAP_TURN';

/** Where a program that was left behind says that it waits. */
const ready = 3;

/** Whether this process has been told to end. */
export type Hurry = { told(): boolean; readonly whenTold: Promise<void> };

/**
 * From now on being told to end ends nothing, but is noted: what a process does here is bounded, and it has a trap in its
 * hands that nobody else will take up.
 */
export function heedSignals(): Hurry {
  let told = false;
  const whenTold = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
      process.on(signal, () => {
        told = true;
        resolve();
      });
  });
  return { told: () => told, whenTold };
}

/** The number of the turn that this process was left behind for; null for one that was called by somebody else. */
export function ownTurn(): number | null {
  const text = process.env[variable];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** What came of leaving a process behind: it waits; it ended before it did; there is none. */
export type Left = 'waits' | 'ended' | 'failed';

/** What a process that is left behind needs: its arguments and its turn. */
type Errand = { readonly args: readonly string[]; readonly turn: number };

/**
 * Leaves a process behind that runs this program again with these arguments, and knows that a turn is its own. It is in a
 * session of its own and holds nothing of this one: snmptrapd waits for the program that it has called, and takes no other
 * trap meanwhile. Ends when the other one waits, since until then a signal ends it: Node catches none at first. One that
 * does not come to that within `patience` (milliseconds) is slow, and left alone.
 */
export async function leaveBehind({ args, turn }: Errand, hurry: Hurry, patience: number): Promise<Left> {
  const { spawn } = await import('node:child_process');
  const [, program = ''] = process.argv;
  return new Promise((resolve) => {
    try {
      const child = spawn(process.execPath, [program, ...args], {
        ...{ detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'], cwd: '/' },
        env: { ...process.env, [variable]: String(turn) },
      });
      child.once('error', () => resolve('failed'));
      // Not by "exit", which may come before what it has said.
      child.once('close', () => resolve('ended'));
      child.stdio[ready]?.once('data', () => resolve('waits'));
      setTimeout(() => resolve('waits'), patience);
      // Whoever tells this process to end may have looked for others before there was this one.
      hurry.whenTold.then(() => child.kill('SIGTERM'));
    } catch {
      resolve('failed');
    }
  });
}

/** Says to the process that has left this one behind that it waits now. */
export function sayReady(): void {
  try {
    writeSync(ready, '.');
    closeSync(ready);
  } catch {
    // Nobody listens any more.
  }
}

/** Waits until a time (milliseconds since 1970), or until it is told to end: `hurried`. */
export function waitUntil(due: number, hurry: Hurry): Promise<'due' | 'hurried'> {
  return new Promise((resolve) => {
    setTimeout(() => resolve('due'), Math.max(0, due - Date.now()));
    hurry.whenTold.then(() => resolve('hurried'));
  });
}
