import { readdirSync, readFileSync } from 'node:fs';
import { now, type Process, parentOf, processAt } from '../plugin/index.ts';

/** How long processes may take to end by themselves, and then to vanish, in milliseconds. */
const grace = 100;

/**
 * Ends a process and all its descendants: SIGTERM, and after 100 ms SIGKILL for what is left. Resolves when they are
 * gone, after 200 ms at the latest (what hangs in the kernel, or runs as another user, cannot be ended).
 * Source: proc(5), /proc/PID/task/TID/children.
 */
export async function endTree(root: number): Promise<void> {
  const first = processAt(root);
  if (first === null) return;
  const tree = freeze([first]);
  for (const one of tree) send(one, 'SIGTERM');
  for (const one of tree) send(one, 'SIGCONT');
  await gone(tree);
  const rest = freeze(tree.filter(alive));
  for (const one of rest) send(one, 'SIGKILL');
  await gone(rest);
}

/**
 * Stops processes and all their descendants, and returns them all. Stopped first, none can fork unnoticed; if it were
 * killed first, its children would go to init, where they could not be found.
 */
function freeze(roots: readonly Process[]): readonly Process[] {
  const found = new Map(roots.map((one) => [one.pid, one]));
  for (let news = roots; news.length > 0; ) {
    for (const one of news) send(one, 'SIGSTOP');
    // All of them once more: one may have forked between the last look and its stop.
    const children = [...found.keys()].flatMap(childrenOf).filter((pid) => !found.has(pid));
    news = [...new Set(children)].map(processAt).filter((one) => one !== null);
    for (const one of news) found.set(one.pid, one);
  }
  return [...found.values()];
}

/** The numbers of a process's children; none when it is gone. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    // Gone meanwhile, or a kernel without CONFIG_PROC_CHILDREN.
    return alive(processAt(pid)) ? childrenByParent(pid) : [];
  }
}

function childrenByParent(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === parent)
    .map(Number);
}

/**
 * When a process was started, in milliseconds after the kernel was; null when there is none. It is counted in hundredths
 * of a second on every machine that Node runs on (USER_HZ).
 */
export function startOf(pid: number): number | null {
  const found = processAt(pid);
  return found === null ? null : found.started * 10;
}

function alive(one: Process | null): boolean {
  return one !== null && processAt(one.pid)?.started === one.started;
}

async function gone(tree: readonly Process[]): Promise<void> {
  const end = now() + grace;
  while (now() < end && tree.some(alive)) await new Promise((resolve) => setTimeout(resolve, 5));
}

function send(one: Process, signal: NodeJS.Signals): void {
  try {
    if (alive(one)) process.kill(one.pid, signal);
  } catch {
    // Gone meanwhile, or another user's (sudo).
  }
}
