import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { exitCode, type Report, renderOpenMetrics, stateOf } from '../../../src/plugin/index.ts';
import { ownLabels } from '../../../src/plugin/metric_label.ts';
import { integer, text } from '../../fixtures/sensorprobe/recording.ts';
import { type Recorded, recordedReports } from '../../recorded_reports.ts';
import { answerOf, recorded, reportOn } from '../../sensorprobe/replay.ts';
import { whyNoLab } from '../poller/lab.ts';

const promtool = '/usr/bin/promtool';
const python = '/usr/bin/python3';
const why = whyNoLab([promtool, python, '/usr/lib/python3/dist-packages/prometheus_client']);

type Sample = readonly [name: string, labels: Readonly<Record<string, string>>, value: number];

/** What the strict parser of the Python client makes of expositions; throws what it complains of. */
function parsed(texts: readonly string[]): readonly (readonly Sample[])[] {
  const input = texts.map((one) => JSON.stringify(one)).join('\n');
  const { stdout, stderr } = spawnSync(python, ['test/lab/prometheus/parse.py'], {
    input,
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const said = stdout.trimEnd().split('\n');
  if (said.length !== texts.length) throw new Error(stderr);
  return said.map((one, i): readonly Sample[] => {
    const samples: unknown = JSON.parse(one);
    if (!Array.isArray(samples)) throw new Error(`${samples}:\n${texts[i]}`);
    return samples;
  });
}

/** What `promtool check metrics` says of an exposition, of its form and of its names: nothing at best. */
function linted(exposition: string): string {
  const { stdout, stderr, status } = spawnSync(promtool, ['check', 'metrics'], { input: exposition, encoding: 'utf8' });
  return `${stdout}${stderr}${status === 0 ? '' : `exit ${status}`}`;
}

/** Many expositions as one, as a collector puts its files together: each name once with all of its samples. */
function merged(texts: readonly string[]): string {
  const families = new Map<string, { readonly head: readonly string[]; readonly samples: string[] }>();
  for (const one of texts) {
    for (const part of one.split(/^(?=# HELP )/m)) {
      const lines = part.split('\n').filter((line) => line !== '' && line !== '# EOF');
      const head = lines.filter((line) => line.startsWith('#'));
      const name = head[0]?.split(' ')[2] ?? '';
      const family = families.get(name) ?? { head, samples: [] };
      // A name means the same wherever it stands.
      expect(head).toEqual(family.head);
      family.samples.push(...lines.filter((line) => !line.startsWith('#')));
      families.set(name, family);
    }
  }
  return [...families.values()].flatMap(({ head, samples }) => [...head, ...samples, '']).join('\n');
}

describe.skipIf(why !== null || !existsSync(promtool))(
  `--output-format openmetrics as Prometheus reads it${why ? ` (skipped: ${why})` : ''}`,
  () => {
    let all: readonly Recorded[];
    let texts: readonly string[];
    let samples: readonly (readonly Sample[])[];
    beforeAll(async () => {
      all = await recordedReports();
      texts = all.map(({ report, plugin }, i) => renderOpenMetrics(report, { plugin, recording: String(i) }));
      samples = parsed(texts);
      // Many recordings are replayed for it.
    }, 120_000);

    test('what all plugins say of every recording is OpenMetrics, and promtool has nothing to say of its names', () => {
      expect(new Set(all.map(({ plugin }) => plugin)).size).toBe(5);
      expect(all.length).toBeGreaterThan(200);
      expect(linted(merged(texts))).toBe('');
      for (const one of texts) expect(one.endsWith('\n# EOF\n')).toBe(true);
    });

    test('the state is there, and no metric is lost, nor is one without a name of its own', () => {
      for (const [i, { report, name }] of all.entries()) {
        const found = samples[i] ?? [];
        const state = found.filter(([one]) => one === 'rackwatch_check_state');
        expect(
          state.map(([, , value]) => value),
          name,
        ).toEqual([exitCode[stateOf(report)]]);
        const metrics = found.filter(([one]) => !/^rackwatch_check_|_limit(_|$)/.test(one));
        expect(metrics.length, name).toBe(report.perfdata?.length ?? 0);
        expect(metrics.filter(([one]) => one === 'rackwatch_value')).toEqual([]);
      }
    });

    test('every metric has its place in the document', () => {
      const document = readFileSync('docs/prometheus.md', 'utf8');
      const table = new Set([...document.matchAll(/`(rackwatch_\w+)`/g)].map(([, name]) => name));
      const names = new Set(samples.flat().map(([name]) => name.replace(/_limit(?=_|$)/, '')));
      expect([...names].filter((name) => !table.has(name))).toEqual([]);
      // All but those of a silent node, of a delay in time, and of a look from here.
      const unseen = [...table].filter((name) => name !== undefined && !names.has(name));
      expect(unseen.sort()).toEqual([
        ...['rackwatch_cluster_buckets_unproven', 'rackwatch_pgpool_backend_delay_seconds', 'rackwatch_vip_arp_macs'],
      ]);
    });

    test('labels of one’s own cannot be taken for those of the plugins', () => {
      const names = new Set(samples.flat().flatMap(([, labels]) => Object.keys(labels)));
      names.delete('recording');
      expect([...names].filter((name) => !ownLabels.some((own) => own === name))).toEqual([]);
    });

    test('names of sensors come as they are, whatever stands in them', () => {
      const names = Object.keys(shown);
      const expositions = names.map((name, i) => renderOpenMetrics(named(name), { plugin: 'x', recording: String(i) }));
      expect(linted(merged(expositions))).toBe('');
      const sensors = parsed(expositions).map((found) =>
        found.flatMap(([metric, { sensor }]) => (metric === 'rackwatch_sensor_temperature_celsius' ? sensor : [])),
      );
      expect(sensors).toEqual(names.map((name) => [shown[name] ?? name, 'Rack 2']));
    });
  },
);

/** Names, and what is left of those with something that no line may have: the same as in the text. */
const shown: Readonly<Record<string, string | null>> = {
  'the "quoted" one': null,
  'C:\\new\\table': null,
  'Tür, naïve, 50 %': null,
  'a="b",c="d"} 1 # {e="f"} 2': null,
  '\\': null,
  '\\"': null,
  'two\nlines\r\nand\ttabs': 'two lines and tabs',
  "it's; a|b <b>c</b>": "it's; a¦b ‹b›c‹/b›",
  '\x1b[31mred\x07': 'red',
  '': 'temperature 1',
};

/** The report on a probe with two temperatures, the first of which has this name. */
function named(name: string): Report {
  const entry = '1.3.6.1.4.1.3854.1.2.2.1.16.1';
  const row = (index: number, called: string) => [
    text(`${entry}.1.${index}`, called),
    ...Object.entries({ 3: 20, 4: 2, 5: 1, 7: 28, 8: 32, 9: 15, 10: 5, 12: 1, 14: 200 }).map(([column, value]) =>
      integer(`${entry}.${column}.${index}`, value),
    ),
  ];
  const cells = recorded('sensorprobe2-too-warm').filter(({ oid }) => !oid.startsWith(`${entry}.`));
  return reportOn([answerOf([...cells, ...row(0, name), ...row(1, 'Rack 2')])]);
}
