import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { installed, recorded, vip } from '../installed.ts';
import { type Command, median, plainEnvironment, type Row, type Subject } from '../pairs.ts';

/** The most memory that a run had at once, in MB: the median of a few runs. */
function peak({ program, args }: Command, hook: string, result: string): number {
  const env = { ...plainEnvironment(), NODE_OPTIONS: `--require=${hook}` };
  const runs = Array.from({ length: 5 }, () => {
    spawnSync(program, args, { stdio: 'ignore', env });
    return Number(readFileSync(result, 'utf8')) / 1024;
  });
  return median(runs);
}

export const subject: Subject = {
  title: 'check_cluster_buckets: memory',
  about: 'The largest resident size of the plugin’s own process (what ssh and the tools need comes on top).',
  measure: () =>
    installed(async ({ plugin, empty, file }) => {
      const [hook, result] = [file('hook.cjs'), file('peak')];
      writeFileSync(
        hook,
        `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(result)}, String(process.resourceUsage().maxRSS)))`,
      );
      const base = peak(empty, hook, result);
      const row = (what: string, ...args: readonly string[]): Row => {
        const own = peak(plugin('check_cluster_buckets', '--vip', vip, ...args), hook, result);
        return { what, figure: `${Math.round(own)} MB against ${Math.round(base)} MB`, ratio: own / base, limit: null };
      };
      return [row('two saved snapshots', ...recorded('healthy')), row('`--node local`', '--node', 'local')];
    }),
};
