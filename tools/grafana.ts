/** Where Grafana reads from. */
type Source = 'graphite' | 'influxdb';

/** One or more lines of a panel: metrics of a check by their labels, and the field that is drawn. */
type Lines = {
  /** Labels, with `*` for any text. */
  readonly metric: string;
  /** A word in labels that are left out. */
  readonly without?: string;
  readonly field: 'value' | 'warn' | 'crit';
};

type Panel = {
  readonly title: string;
  readonly description: string;
  /** Grafana's word for it. */
  readonly unit: string;
  readonly lines: readonly Lines[];
  /** Several lines on top of each other. */
  readonly stacked?: boolean;
};

/** What one dashboard shows: the metrics of one CheckCommand. */
type Dashboard = {
  readonly name: string;
  readonly title: string;
  readonly command: string;
  readonly panels: readonly Panel[];
  /** Metrics whose rise is a mark on every panel. */
  readonly mark?: { readonly name: string; readonly metric: string };
};

const value = (metric: string): Lines => ({ metric, field: 'value' });
const limits = (metric: string, without?: string): readonly Lines[] =>
  (['value', 'warn', 'crit'] as const).map((field) => ({
    ...{ metric, field },
    ...(without === undefined ? {} : { without }),
  }));

const dashboards: readonly Dashboard[] = [
  {
    name: 'cluster',
    title: 'Rackwatch: cluster',
    command: 'cluster_buckets',
    // A check of several VIPs has the VIP before each label.
    mark: { name: 'Takeovers', metric: '*held_*' },
    panels: [
      {
        title: 'Buckets lost and doubled',
        description: 'Buckets on no node (their clients get no answer), and on several (they get several). Both are 0.',
        ...{ unit: 'none', lines: [value('*buckets_lost'), value('*buckets_doubled')] },
      },
      {
        title: 'Buckets of each node',
        description: 'A takeover moves them; the mark names the node that got more.',
        ...{ unit: 'none', stacked: true, lines: [value('*held_*')] },
      },
      {
        title: 'Buckets in all',
        description: 'How many there must be.',
        ...{ unit: 'none', lines: [value('*buckets_total')] },
      },
    ],
  },
  {
    name: 'sensorprobe',
    title: 'Rackwatch: sensor probe',
    command: 'sensorprobe',
    panels: [
      {
        title: 'Temperature',
        description: 'With its limits, where they are plain numbers.',
        ...{ unit: 'none', lines: limits('temperature_*', 'dew') },
      },
      {
        title: 'Humidity',
        description: 'With its limits, where they are plain numbers.',
        ...{ unit: 'percent', lines: limits('humidity_*') },
      },
      {
        title: 'Dew point',
        description: 'The temperature at which water condenses (--dew-point).',
        ...{ unit: 'none', lines: [value('*_dewpoint')] },
      },
      {
        title: 'Distance to the dew point',
        description: 'How far the temperature is above it: at 0 it is wet.',
        ...{ unit: 'none', lines: [value('*_dewspread')] },
      },
    ],
  },
  {
    name: 'pgpool',
    title: 'Rackwatch: Pgpool-II',
    command: 'pgpool',
    panels: [
      {
        title: 'Delay of the standbys',
        description: 'In bytes or in seconds, as Pgpool measures it.',
        ...{ unit: 'short', lines: limits('delay_*') },
      },
      {
        title: 'Children',
        description: 'What clients use, and what they can use at once.',
        ...{ unit: 'none', lines: [value('children_used'), value('children')] },
      },
      {
        title: 'Backends',
        description: 'Configured, and up.',
        ...{ unit: 'none', lines: [value('backends'), value('backends_up')] },
      },
    ],
  },
];

/** The dashboards for Grafana by their files, for each of the two databases that Icinga 2 itself writes to. */
export function renderDashboards(): ReadonlyMap<string, string> {
  return new Map(
    (['graphite', 'influxdb'] as const).flatMap((source) =>
      dashboards.map(
        (one) => [`${one.name}-${source}.json`, `${JSON.stringify(render(one, source), null, 2)}\n`] as const,
      ),
    ),
  );
}

function render(dashboard: Dashboard, source: Source) {
  const { name, title, command, panels, mark } = dashboard;
  const datasource = { type: source, uid: '$source' };
  return {
    ...{ title, uid: `rackwatch-${name}-${source}`, tags: ['rackwatch'], schemaVersion: 39, version: 1 },
    ...{ editable: true, timezone: 'browser', refresh: '1m', time: { from: 'now-24h', to: 'now' }, graphTooltip: 1 },
    annotations: {
      list:
        mark === undefined
          ? []
          : [{ ...annotation(mark, command, source), datasource, enable: true, iconColor: 'orange' }],
    },
    templating: { list: [sourceVariable(source), hostVariable(command, source)] },
    panels: panels.map((panel, i) => ({
      ...{ id: i + 1, type: 'timeseries', title: panel.title, description: panel.description, datasource },
      gridPos: { h: 8, w: 12, x: (i % 2) * 12, y: Math.floor(i / 2) * 8 },
      fieldConfig: {
        defaults: {
          ...{ unit: panel.unit, min: panel.unit === 'none' && name === 'sensorprobe' ? null : 0 },
          custom: { lineWidth: 1, spanNulls: 300000, stacking: { mode: panel.stacked ? 'normal' : 'none' } },
        },
        overrides: panel.lines.some(({ field }) => field !== 'value') ? limitColours : [],
      },
      options: { legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi' } },
      targets: panel.lines.map((lines, j) => ({
        ...{ refId: String.fromCharCode(65 + j), datasource },
        ...(source === 'graphite' ? { target: graphite(lines, command) } : influx(lines, command)),
      })),
    })),
  };
}

/** Lines of limits are dashed, in the colour of their state. */
const limitColours = [
  ['warn', 'orange'],
  ['crit', 'red'],
].map(([field, colour]) => ({
  matcher: { id: 'byRegexp', options: `/${field}$/` },
  properties: [
    { id: 'color', value: { mode: 'fixed', fixedColor: colour } },
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
  ],
}));

function sourceVariable(source: Source) {
  return { name: 'source', label: 'Source', type: 'datasource', query: source, hide: 0 };
}

function hostVariable(command: string, source: Source) {
  const query = source === 'graphite' ? 'icinga2.*' : `SHOW TAG VALUES FROM "${command}" WITH KEY = "hostname"`;
  return {
    ...{ name: 'host', label: 'Host', type: 'query', datasource: { type: source, uid: '$source' } },
    ...{ query, refresh: 2, sort: 1, includeAll: false, multi: false },
  };
}

/** `icinga2.HOST.services.SERVICE.COMMAND.perfdata.LABEL.FIELD`, as the GraphiteWriter makes it. */
function path({ metric, field }: Lines, command: string): string {
  return `icinga2.$host.services.*.${command}.perfdata.${metric}.${field}`;
}

function graphite(lines: Lines, command: string): string {
  const { without, field } = lines;
  const series = without === undefined ? path(lines, command) : `exclude(${path(lines, command)}, '${without}')`;
  return `aliasByNode(${series}, 6${field === 'value' ? '' : ', 7'})`;
}

/** The measurement is the command, host and label are tags, as the InfluxdbWriter makes them unless told otherwise. */
function influx(lines: Lines, command: string) {
  const { field } = lines;
  const query = `SELECT max("${field}") FROM "${command}" WHERE ${chosen(lines)} AND $timeFilter GROUP BY time($__interval), "metric" fill(none)`;
  return {
    query,
    rawQuery: true,
    resultFormat: 'time_series',
    alias: `$tag_metric${field === 'value' ? '' : ` ${field}`}`,
  };
}

function chosen({ metric, without }: Lines): string {
  const labels = `"metric" =~ /^${metric.replaceAll('*', '.*')}$/`;
  return [`"hostname" =~ /^$host$/`, labels, ...(without === undefined ? [] : [`"metric" !~ /${without}/`])].join(
    ' AND ',
  );
}

function annotation({ name, metric }: NonNullable<Dashboard['mark']>, command: string, source: Source) {
  const lines = value(metric);
  if (source === 'graphite') {
    // Every point that is left is a mark.
    const rise = `nonNegativeDerivative(${path(lines, command)})`;
    return { name, target: { target: `aliasByNode(removeBelowValue(${rise}, 1), 6)`, queryType: 'target' } };
  }
  const rise = `SELECT difference("value") AS "gained" FROM "${command}" WHERE ${chosen(lines)} AND $timeFilter GROUP BY "metric"`;
  const query = `SELECT "gained", "metric" FROM (${rise}) WHERE "gained" > 0`;
  return { name, query, textColumn: 'metric', titleColumn: 'metric' };
}
