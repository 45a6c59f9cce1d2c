import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { renderDashboards } from '../../../tools/grafana.ts';
import { nagios } from '../poller/account.ts';
import { whyNoLab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';
import { type Graphite, listenAsGraphite } from './graphite.ts';
import { type Influxdb, listenAsInfluxdb, type Point } from './influxdb.ts';
import { type Instance, icingaFiles, shippedConfiguration, startIcinga } from './instance.ts';

const why = whyNoLab(icingaFiles);
const healthy = ['n1', 'n2'].flatMap((name) => ['--node', `file:test/fixtures/clusterip/healthy/${name}.txt`]);
const ranges = ['-w', 'temperature=27', '-c', 'temperature=35', '-w', 'humidity=70', '-c', 'humidity=80'];

/** A run of the built plugin for each command whose metrics are drawn. */
const runs: Readonly<Record<string, readonly string[]>> = {
  cluster_buckets: ['dist/check_cluster_buckets', '--vip', '192.168.56.20', ...healthy],
  sensorprobe: [
    ...['tools/run.mjs', 'tools/check_probe.ts', 'test/fixtures/sensorprobe/sensorprobe4-six-sensors.snmp'],
    ...['--hostname', 'probe1', '--dew-point', '--label', 'port', ...ranges],
  ],
  pgpool: [
    ...['tools/run.mjs', 'tools/check_pgpool.ts', 'test/fixtures/pgpool/00-healthy.psv', '--hostname', 'pgpool1'],
    ...['-w', 'delay=16000000', '-c', 'delay=1e9'],
  ],
};

const configuration = (graphite: Graphite, influxdb: Influxdb) => `
include "commands.conf"
object Endpoint NodeName { }
object Zone "master" {
  endpoints = [ NodeName ]
}
object IcingaApplication "app" {
  enable_host_checks = false
  enable_service_checks = false
}
object GraphiteWriter "graphite" {
  port = ${graphite.port}
  enable_send_thresholds = true
}
object InfluxdbWriter "influxdb" {
  port = ${influxdb.port}
  enable_send_thresholds = true
  flush_interval = 1s
}
object Host "host1" {
  address = "127.0.0.1"
}
${Object.keys(runs)
  .map((command) => `object Service "${command}" {\n  host_name = "host1"\n  check_command = "${command}"\n}`)
  .join('\n')}
`;

type Target = { readonly target?: string; readonly query?: string };
type Board = {
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
  readonly annotations: { readonly list: readonly { readonly target?: Target; readonly query?: string }[] };
};

describe.skipIf(why !== null)(
  `the dashboards and what Icinga writes${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    const undo: (() => unknown)[] = [];
    let icinga: Instance;
    let graphite: Graphite;
    let influxdb: Influxdb;
    const labels: Record<string, readonly string[]> = {};

    beforeAll(async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-grafana-'));
      undo.push(() => rmSync(folder, { recursive: true, force: true }));
      graphite = await listenAsGraphite();
      undo.push(graphite.close);
      influxdb = await listenAsInfluxdb();
      undo.push(influxdb.close);
      icinga = await startIcinga({
        ...{ name: 'master1', folder, account: nagios(), plugins: path.resolve('dist') },
        files: {
          'commands.conf': shippedConfiguration('rackwatch-commands.conf'),
          'main.conf': configuration(graphite, influxdb),
        },
      });
      undo.push(icinga.stop);
      await until('the GraphiteWriter to connect', 20, async () =>
        (await icinga.api.text('status/GraphiteWriter')).includes('"connected":true'),
      );
      for (const [command, args] of Object.entries(runs)) {
        const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
        const [, perfdata = ''] = /\|\s*([^\n]*)/.exec(stdout) ?? [];
        labels[command] = [...perfdata.matchAll(/('[^']+'|[^ =]+)=/g)].map(([, label = '']) => label);
        await icinga.api.post('actions/process-check-result', {
          ...{ type: 'Service', service: `host1!${command}`, exit_status: status, plugin_output: 'by the lab' },
          performance_data: perfdata,
        });
      }
    }, 120_000);
    afterAll(async () => {
      while (undo.length > 0) await undo.pop()?.();
    });

    const boards = [...renderDashboards()].map(([file, text]) => {
      const board: Board = JSON.parse(text);
      const marks = board.annotations.list.map(
        ({ target, query }) => target ?? { ...(query === undefined ? {} : { query }) },
      );
      return [file, [...board.panels.flatMap(({ targets }) => targets), ...marks]] as const;
    });

    test.each(boards.filter(([file]) => file.endsWith('-graphite.json')))(
      '%s: every path is one',
      async (_, targets) => {
        for (const { target = '' } of targets) {
          const [drawn = ''] = /icinga2\.[^,()]+/.exec(target) ?? [];
          const [, command = ''] = /services\.\*\.(\w+)/.exec(drawn) ?? [];
          const wanted = new RegExp(
            `^${(drawn.split('.perfdata.')[1] ?? '').replaceAll('.', '\\.').replaceAll('*', '[^.]*')}$`,
          );
          // A metric is written as several values, and the last of them may be the one.
          await until(`a path for ${target}`, 10, async () => {
            const written = await graphite.below(`icinga2.host1.services.${command}.${command}.perfdata`, 1);
            return Object.keys(written).some((name) => wanted.test(name));
          });
        }
      },
    );

    test.each(boards.filter(([file]) => file.endsWith('-influxdb.json')))(
      '%s: every field is one',
      async (_, targets) => {
        for (const { query = '' } of targets) {
          const [, field = '', measurement = ''] = /\w+\("(\w+)"\)(?: AS "\w+")? FROM "(\w+)"/.exec(query) ?? [];
          await until(`a field for ${query}`, 10, async () => {
            const points = await influxdb.points(measurement, labels[measurement]?.length ?? 1);
            return points.some((point) => field in point.fields && chosen(query, point));
          });
        }
      },
    );
  },
);

/** Whether the conditions of a query choose a point. */
function chosen(query: string, { tags }: Point): boolean {
  const conditions = [...query.matchAll(/"(\w+)" (=~|!~) \/(.*?)\/(?= |$|\))/g)];
  return conditions.every(([, tag = '', how, pattern = '']) => {
    const matches = new RegExp(pattern.replace('$host', 'host1')).test(tags[tag] ?? '');
    return matches === (how === '=~');
  });
}
