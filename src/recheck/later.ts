/** Tells a program that was left behind which turn is its own. */
const variable = 'AKCP_TRAP_TURN';

/** The number of the turn that this process was left behind for; null for one that was called by somebody else. */
export function ownTurn(): number | null {
  const text = process.env[variable];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/**
 * Leaves a process behind that runs this program again with these arguments, and knows that a turn is its own. It is in a
 * session of its own and holds nothing of this one: snmptrapd waits for the program that it has called, and takes no other
 * trap meanwhile.
 */
export async function leaveBehind(args: readonly string[], turn: number): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  const [, program = ''] = process.argv;
  const child = spawn(process.execPath, [program, ...args], {
    ...{ detached: true, stdio: 'ignore', cwd: '/' },
    env: { ...process.env, [variable]: String(turn) },
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

/** Waits until a time (milliseconds since 1970), or until it is asked to end, which makes it `hurried`. */
export function waitUntil(due: number): Promise<'due' | 'hurried'> {
  return new Promise((resolve) => {
    setTimeout(() => resolve('due'), Math.max(0, due - Date.now()));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => resolve('hurried'));
  });
}
