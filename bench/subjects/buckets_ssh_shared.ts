import { mkdirSync, readFileSync } from 'node:fs';
import { endMasters, masters } from '../../test/lab/ssh/masters.ts';
import { cpuWithChildren } from '../cpu.ts';
import { type Command, median, type Row, rounded, type Subject } from '../pairs.ts';
import { withSshNodes } from '../ssh_nodes.ts';

const nodes = 16;

export const subject: Subject = {
  title: 'check_cluster_buckets: the poller’s processor time with --ssh-shared',
  about:
    'What 16 nodes over ssh cost the poller: the plugin and every ssh that it starts, and for open connections what their processes spend meanwhile; the nodes’ share is not counted. A real sshd on loopback stands for all nodes. Held against the same check that logs in each time, and against `xargs -P 16 ssh` that fetches the same snapshots and judges nothing. Memory is that of the processes that hold the connections open, as what is their own and their part of what they share (Pss), and as all that is resident (Rss).',
  measure: (rounds) =>
    withSshNodes(nodes, async ({ file, xargs, asking }) => {
      const runtime = file('r');
      mkdirSync(runtime, { mode: 0o700 });
      const folder = `${runtime}/rackwatch`;
      const shared = { ...asking('--ssh-shared', '300'), env: { XDG_RUNTIME_DIR: runtime } };
      try {
        return compare({ xargs, own: asking(), shared }, folder, Math.max(3, Math.round(rounds / 4)));
      } finally {
        await endMasters(folder);
      }
    }),
};

type Ways = { readonly xargs: Command; readonly own: Command; readonly shared: Command };

function compare({ xargs, own, shared }: Ways, folder: string, rounds: number): readonly Row[] {
  // Opens the connections.
  cpuWithChildren(shared);
  const open = masters(folder);
  if (open.length !== nodes) throw new Error(`${open.length} open connections for ${nodes} nodes`);
  const turns = Array.from({ length: rounds }, () => {
    const before = ticksOf(open);
    const over = cpuWithChildren(shared) + (ticksOf(open) - before) * msPerTick;
    return { over, alone: cpuWithChildren(own), xargs: cpuWithChildren(xargs) };
  });
  const row = (what: string, base: 'alone' | 'xargs', limit: number): Row => ({
    what,
    figure: `${rounded(median(turns.map(({ over }) => over)))} ms against ${rounded(median(turns.map((one) => one[base])))} ms`,
    ratio: median(turns.map((one) => one.over / one[base])),
    limit,
  });
  const memory = (field: string) => rounded(median(open.map((pid) => kilobytes(pid, field))) / 1000);
  return [
    row('over open connections, against a login each time', 'alone', 0.3),
    row('over open connections, against `xargs -P 16 ssh`', 'xargs', 0.3),
    {
      ...{ what: 'memory of one open connection on the poller', ratio: null, limit: null },
      figure: `${memory('Pss')} MB (Pss), ${memory('Rss')} MB (Rss)`,
    },
  ];
}

/** Source: proc(5): the 14th and 15th field of /proc/PID/stat, in clock ticks, of which Linux has 100 a second. */
const msPerTick = 10;

function ticksOf(pids: readonly number[]): number {
  return pids
    .map((pid) => readFileSync(`/proc/${pid}/stat`, 'latin1'))
    .map((stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' '))
    .reduce((sum, fields) => sum + Number(fields[11]) + Number(fields[12]), 0);
}

function kilobytes(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(text)?.[1]);
}
