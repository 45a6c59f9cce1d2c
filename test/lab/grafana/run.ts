import { deepStrictEqual, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { renderDashboards } from '../../../tools/grafana.ts';
import { startInfluxdb } from './influxdb.ts';

// Asks every query of the dashboards of a real InfluxDB and of a real graphite-web, which hold an hour with one takeover.
// Ends with an exception at the first that is refused or gives nothing. test/release/grafana runs it. Which names Icinga
// writes is tested in test/lab/icinga2/grafana.test.ts.

type Target = { readonly target?: string; readonly query?: string };
type Board = {
  readonly panels: readonly { readonly targets: readonly Target[] }[];
  readonly annotations: { readonly list: readonly { readonly target?: Target; readonly query?: string }[] };
};

/** The metrics of each command, and what they are at a minute of the hour. */
const metrics: Readonly<Record<string, Readonly<Record<string, (minute: number) => number>>>> = {
  cluster_buckets: {
    buckets_total: () => 2,
    buckets_lost: () => 0,
    buckets_doubled: () => 0,
    // n2 takes over the bucket of n1.
    held_n1: (minute) => (minute < 30 ? 1 : 0),
    held_n2: (minute) => (minute < 30 ? 1 : 2),
  },
  sensorprobe: {
    temperature_1: () => 21.5,
    humidity_1: () => 42,
    temperature_1_dewpoint: () => 8,
    temperature_1_dewspread: () => 13.5,
  },
  pgpool: { backends: () => 2, backends_up: () => 2, delay_1: () => 0, children: () => 32, children_used: () => 3 },
};
const limited = new Set(['temperature_1', 'humidity_1', 'delay_1']);
const now = Math.floor(Date.now() / 60_000) * 60;

async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-grafana-'));
  try {
    await askInfluxdb(path.join(folder, 'influxdb'));
    askGraphite(path.join(folder, 'graphite'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function askInfluxdb(folder: string): Promise<void> {
  mkdirSync(folder);
  const server = await startInfluxdb(folder);
  try {
    await server.write(
      points().map(
        ({ command, label, time, fields }) =>
          `${command},hostname=host1,metric=${label},service=s ${Object.entries(fields)
            .map(([field, value]) => `${field}=${value}`)
            .join(',')} ${time}`,
      ),
    );
    const ask = (query: string) =>
      server.query(
        query
          .replaceAll('$host', 'host1')
          .replaceAll('$timeFilter', 'time > now() - 70m')
          .replaceAll('$__interval', '1m'),
      );
    const { targets, marks } = queriesOf('influxdb');
    for (const { query = '' } of targets) ok((await ask(query)).length > 0, `nothing for ${query}`);
    for (const { query = '' } of marks) {
      const series = await ask(query);
      deepStrictEqual(
        series.flatMap(({ values }) => values.map(([, ...rest]) => rest)),
        [[1, 'held_n2']],
      );
    }
    console.log(`InfluxDB: ${targets.length} queries and ${marks.length} annotation answered`);
  } finally {
    await server.close();
  }
}

function askGraphite(folder: string): void {
  mkdirSync(folder);
  const series: Record<string, [number, number][]> = {};
  for (const { command, label, time, fields } of points())
    for (const [field, value] of Object.entries(fields)) {
      const name = `icinga2.host1.services.s.${command}.perfdata.${label}.${field}`;
      series[name] = [...(series[name] ?? []), [time, value]];
    }
  const { targets, marks } = queriesOf('graphite');
  const asked = [...targets, ...marks].map(({ target = '' }) => target.replaceAll('$host', 'host1'));
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', ['test/lab/grafana/evaluate.py', folder], {
    ...{ encoding: 'utf8', input: JSON.stringify({ now, series, targets: asked }) },
  });
  if (status !== 0) throw new Error(stderr);
  const answers: readonly (readonly { readonly name: string; readonly values: readonly number[] }[])[] =
    JSON.parse(stdout);
  answers.slice(0, targets.length).forEach((answer, i) => {
    ok(answer.length > 0 && answer.every(({ values }) => values.length > 30), `nothing for ${asked[i]}`);
  });
  const takeovers = answers.slice(targets.length).flat();
  deepStrictEqual(
    takeovers.filter(({ values }) => values.length > 0),
    [{ name: 'held_n2', values: [1] }],
  );
  console.log(`Graphite: ${targets.length} targets and ${marks.length} annotation evaluated`);
}

/** A point a minute for every metric. */
function points() {
  return Object.entries(metrics).flatMap(([command, labels]) =>
    Object.entries(labels).flatMap(([label, value]) =>
      Array.from({ length: 60 }, (_, minute) => ({
        ...{ command, label, time: now - (60 - minute) * 60 },
        fields: { value: value(minute), ...(limited.has(label) ? { warn: 50, crit: 60 } : {}) },
      })),
    ),
  );
}

function queriesOf(source: string): { readonly targets: readonly Target[]; readonly marks: readonly Target[] } {
  const boards: readonly Board[] = [...renderDashboards()]
    .filter(([file]) => file.endsWith(`-${source}.json`))
    .map(([, text]) => JSON.parse(text));
  return {
    targets: boards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets)),
    marks: boards.flatMap(({ annotations }) =>
      annotations.list.map(({ target, query }) => target ?? (query === undefined ? {} : { query })),
    ),
  };
}

run().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
