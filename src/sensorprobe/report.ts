import type { Finding } from '../findings/index.ts';
import { type Metric, type Report, severity } from '../plugin/index.ts';
import { selectedTable } from './list.ts';
import { type Item, judgeExpected, judgeRanges, judgeRelays, type ProbeVerdict } from './probe.ts';
import type { Wishes } from './wishes.ts';

/** How the report is laid out. */
export type Layout = {
  /** Labels from kind and port in place of names. */
  readonly byPort: boolean;
  /** Lists every row instead of one line per judged sensor. */
  readonly list: boolean;
};

/** Puts the verdicts on all probes into one report; `more` are lines for its end. */
export function reportProbes(
  probes: readonly ProbeVerdict[],
  wishes: Wishes,
  layout: Layout,
  more: readonly string[] = [],
): Report {
  const many = probes.length > 1;
  const faults = [
    ...probes.flatMap((probe) => probe.faults),
    ...judgeExpected(probes, wishes),
    ...judgeRelays(probes, wishes),
    ...judgeRanges(probes, wishes),
  ];
  const items = probes.flatMap((probe) => probe.items.map((item) => ({ probe, item })));
  const lines = items.map(
    ({ probe, item }): Finding => ({
      state: item.state,
      code: item.code,
      text: many ? `${probe.host}: ${item.text}` : item.text,
    }),
  );
  const findings = [...faults, ...lines];
  const shown = layout.list ? findings.filter(({ state }) => state !== 'OK') : findings;
  const problems = [
    ...faults,
    ...items
      .filter(({ item }) => item.state !== 'OK')
      .map(({ probe, item }) => ({ state: item.state, code: item.code, text: `${probe.host}: ${item.short}` })),
  ].filter(({ state }) => state !== 'OK');
  return {
    ...(findings.length > 0 && shown.length === 0 ? { state: 'OK' as const } : {}),
    summary: problems.length > 0 ? problemSummary(problems) : goodSummary(probes),
    findings: shown,
    perfdata: items.flatMap(({ probe, item }) => metricOf(probe.host, item, many ? `${probe.host}_` : '', layout)),
    details: [...(layout.list ? selectedTable(probes) : []), ...more],
    // Made when it is asked for: text needs none of it.
    get data() {
      return {
        probes: probes.map(probeData),
        sensors: probes.flatMap((probe) => sensorData(probe, layout.list)),
      };
    },
  };
}

function problemSummary(problems: readonly Finding[]): string {
  const worst = [...problems].sort((a, b) => severity[b.state] - severity[a.state]);
  const more = worst.length - 1;
  return `${worst[0]?.text ?? ''}${more === 0 ? '' : `, and ${more} more`}`;
}

function goodSummary(probes: readonly ProbeVerdict[]): string {
  const sensors = probes.flatMap(({ items }) => items.filter(({ sensor }) => sensor !== undefined)).length;
  const offline = probes.flatMap((probe) =>
    probe.sensors.filter(({ online, aside }) => online === false && !aside),
  ).length;
  const where = probes.length === 1 ? probes[0]?.host : `${probes.length} probes`;
  const ignored = offline === 0 ? '' : `, ${offline} offline ${offline === 1 ? 'row' : 'rows'} ignored`;
  return `${where}: ${sensors} ${sensors === 1 ? 'sensor' : 'sensors'} OK${ignored}`;
}

function metricOf(host: string, item: Item, prefix: string, { byPort }: Layout): readonly Metric[] {
  const { metric } = item;
  if (metric === undefined) return [];
  const place = item.sensor === undefined ? item.place : item.sensor.place;
  const { series } = metric;
  const label = `${prefix}${byPort && place !== undefined ? place : metric.label}`;
  if (series === undefined) return [{ ...metric, label }];
  return [{ ...metric, label, series: { ...series, labels: { probe: host, ...series.labels } } }];
}

function probeData({ host, answer, description }: ProbeVerdict) {
  const { survey, trouble, requests, milliseconds } = answer;
  const told = { host, family: survey?.family ?? null, description, trouble: trouble?.text ?? null };
  return { ...told, unknownTables: survey?.unknown ?? [], requests, milliseconds };
}

function sensorData({ host, sensors, items }: ProbeVerdict, list: boolean) {
  const verdicts = new Map(items.flatMap((item) => (item.sensor === undefined ? [] : [[item.sensor, item] as const])));
  return sensors
    .filter((sensor) => list || !sensor.aside || verdicts.has(sensor))
    .map((sensor) => {
      const verdict = verdicts.get(sensor);
      return {
        host,
        family: sensor.family,
        kind: sensor.kind,
        port: sensor.port,
        index: sensor.index,
        name: sensor.name,
        value: sensor.value,
        unit: sensor.unit,
        status: sensor.word,
        statusNumber: sensor.status,
        text: sensor.text,
        state: verdict?.state ?? null,
        online: sensor.online,
        limits: sensor.limits,
        decidedBy: verdict?.decidedBy ?? null,
        acknowledged: sensor.acknowledged,
        unproven: sensor.unproven,
      };
    });
}
