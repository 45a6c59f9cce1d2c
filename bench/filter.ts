import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { vip } from './rulesets.ts';

/**
 * The lines of a snapshot that the script's own filter leaves of what a tool would have printed: the script without its
 * last line, `main "$@"`.
 */
export function filtered(name: 'rules' | 'ruleset', text: string): readonly string[] {
  const script = readFileSync('plugins/cluster_node_snapshot', 'utf8').replace(/\nmain "\$@"\n$/, '\n');
  const { stdout, stderr, status } = spawnSync(
    'dash',
    ['-c', `${script}\nvips=' ${vip}' families=4\n${name} | finish`],
    {
      input: text,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  if (status !== 0 || stderr !== '') throw new Error(`${name}: ${stderr}`);
  if (!stdout.includes('cluster')) throw new Error(`${name} has lost the cluster's rules`);
  const lines = stdout.split('\n');
  return lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('== end ')),
  );
}
