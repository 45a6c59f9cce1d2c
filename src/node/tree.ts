import { readdirSync, readFileSync } from 'node:fs';

/** How long a process may take to end by itself, in milliseconds. */
const grace = 100;

/** Ends a process and all its descendants, first kindly, then for good; resolves when they are gone. */
export async function endTree(root: number): Promise<void> {
  const tree = [root, ...descendants(root)];
  for (const pid of tree) send(pid, 'SIGTERM');
  await pause(grace);
  for (const pid of tree) for (const one of [pid, ...descendants(pid)]) send(one, 'SIGKILL');
  await pause(20);
}

function descendants(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // Gone meanwhile.
    }
  }
  const found = new Set([root]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  found.delete(root);
  return [...found];
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile, or not ours to signal.
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
