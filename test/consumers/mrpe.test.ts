import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCode, renderText, stateOf } from '../../src/plugin/index.ts';
import { plugins } from '../../tools/plugins.ts';
import { recordedReports } from '../recorded_reports.ts';
import { shippedLines, understood } from './shipped_lines.ts';

// Checkmk's agent writes what a plugin says on one line, `(PLUGIN) ITEM STATUS OUTPUT`, with \1 for each line break. The
// server splits the line at blanks, joins the output again, and then splits what stands behind its | at blanks.

type Service = {
  readonly item: string;
  readonly status: number;
  readonly text: string;
  readonly metrics: readonly string[];
};

function sent(plugin: string, item: string, status: number, output: string): string {
  // As by $(...), the last line breaks go.
  return `(${plugin}) ${item} ${status} ${output.replace(/\n+$/, '')}`.replaceAll('\n', '\x01');
}

function received(line: string): Service {
  const [, item = '', status = '', ...words] = line.split(/ +/);
  const [first = '', ...rest] = words.join(' ').split('\x01');
  const [summary = '', perfdata = ''] = first.split(/\|(.*)/s);
  const metrics = perfdata.split(' ').filter((one) => one !== '');
  // Perfdata may begin on a later line, too; none of ours may be taken for it.
  for (const one of rest) expect(one).not.toContain('|');
  return {
    item: decodeURIComponent(item),
    status: Number(status),
    text: [summary.trim(), ...rest].join('\n'),
    metrics,
  };
}

/** What Checkmk takes for a metric: a name, and a number with what may follow it. */
const metric = /^([A-Za-z0-9]\w*)=(-?\d+(?:\.\d+)?)(?:%|[A-Za-z]{1,3})?(?:;[^;]*){0,4}$/;

describe('what Checkmk’s MRPE makes of --label-style plain', () => {
  // Many recordings are replayed for it.
  test('every metric of every recording arrives, each under a name of its own', { timeout: 600_000 }, async () => {
    const all = await recordedReports();
    for (const { name, plugin, report } of all) {
      const { metrics, status, text } = received(
        sent(plugin, 'x', exitCode[stateOf(report)], renderText(report, undefined, 'plain')),
      );
      const names = metrics.map((one) => metric.exec(one)?.[1] ?? `not a metric: ${one}`);
      expect(
        names.filter((one) => one.startsWith('not')),
        name,
      ).toEqual([]);
      expect(metrics, name).toHaveLength(report.perfdata?.length ?? 0);
      expect(new Set(names).size, name).toBe(names.length);
      expect(metrics.map((one) => Number(metric.exec(one)?.[2]))).toEqual(report.perfdata?.map(({ value }) => value));
      expect(status).toBe(exitCode[stateOf(report)]);
      expect(text.split('\n')[0]).toMatch(/^\[(OK|WARNING|CRITICAL|UNKNOWN)\] \S/);
    }
    // Quoted labels, the default, come apart there.
    const torn = all.filter(({ report }) =>
      received(sent('x', 'x', 0, renderText(report))).metrics.some((one) => !metric.test(one)),
    );
    expect(torn.length).toBeGreaterThan(10);
  });
});

describe('the shipped lines of mrpe.cfg', () => {
  const lines = shippedLines('icinga-conf/checkmk/mrpe.cfg', /^#(\S+) (?:\(interval=\d+\) )?(\/\S+ .*)$/gm);

  test('have an example of each plugin', () => {
    const named = new Set(lines.map(([, , command = '']) => path.basename(command.split(' ')[0] ?? '')));
    expect([...named].sort()).toEqual(plugins.map(({ name }) => name).sort());
  });

  test.each(lines.map(([, item = '', command = '']) => [item, command] as const))('%s: %s', (_, command) => {
    // The agent puts a line with an interval in quotes of its own.
    expect(command).not.toMatch(/['"\\$`]/);
    expect(understood(command)).toMatchObject({ kind: 'run', labelStyle: 'plain' });
  });

  test('one of them, run by a shell as the agent does', () => {
    const [, item = '', command = ''] = lines[0] ?? [];
    const nodes = ['n1', 'n2'].map((name) => `--node ${name}=file:test/fixtures/clusterip/bucket-lost/${name}.txt`);
    const real = command
      .replace('/usr/lib/nagios/plugins/', `${process.execPath} dist/`)
      .replace('--node node1 --node admin@node2', nodes.join(' '));
    const { stdout, status } = spawnSync(
      'bash',
      ['-c', 'OUTPUT="$(eval "$1")"; S=$?; printf "%s" "$OUTPUT"; exit $S', 'x', real],
      { encoding: 'utf8' },
    );
    expect(received(sent('check_cluster_buckets', item, status ?? 255, stdout))).toMatchObject({
      item: 'Cluster cluster1',
      status: 2,
      text: expect.stringMatching(
        /^\[CRITICAL\] 192\.168\.56\.20: bucket 2 of 2 on no node.*\n\\_ \[CRITICAL\] bucket 2/,
      ),
      metrics: expect.arrayContaining(['buckets_lost=1;;0;0;2', 'held_n2=0;;;0;2']),
    });
  });
});
