import { formatNumber, sanitise, tableLines } from '../plugin/index.ts';
import type { ProbeVerdict } from './probe.ts';
import type { Sensor } from './sensor.ts';

/** The table of `--list`: the rows that the selection takes, each with kind, port, name, value, limits and status. */
export function selectedTable(probes: readonly ProbeVerdict[]): readonly string[] {
  const head = ['kind', 'port', 'name', 'value', 'limits', 'status'];
  return probes.flatMap(({ sensors, ...probe }) => [
    titleOf(probe),
    ...tableLines([head, ...sensors.map((sensor) => [sensor.kind, ...cellsOf(sensor)])]),
  ]);
}

/** The table of `-vv`: every row that the device gave, and besides what `--list` shows its index and its label. */
export function wholeTable(probes: readonly ProbeVerdict[]): readonly string[] {
  const head = ['index', 'kind', 'port', 'name', 'value', 'limits', 'status', 'label'];
  return probes.flatMap(({ all, ...probe }) => [
    titleOf(probe),
    ...tableLines([
      head,
      ...all.map((one) => [one.index, one.kind, ...cellsOf(one), `${sanitise(one.label)}${notesOf(one)}`]),
    ]),
  ]);
}

function titleOf({ host, answer, description }: Pick<ProbeVerdict, 'host' | 'answer' | 'description'>): string {
  return `${host}: ${answer.survey?.family ?? 'no probe'}${description === '' ? '' : `, ${sanitise(description)}`}`;
}

function cellsOf(sensor: Sensor): readonly string[] {
  const { port, name, value, unit, online, word, status, unproven } = sensor;
  return [
    String(port),
    sanitise(name) || '-',
    value === null ? '-' : sanitise(`${formatNumber(value)} ${unit}`),
    limitsOf(sensor),
    `${online === false ? 'offline' : (word ?? 'missing')}${word === 'unknown' && online !== false ? ` (${status})` : ''}${unproven ? ' (unproven)' : ''}`,
  ];
}

/** What else the device said of a row. */
function notesOf({ text, missing, acknowledged, aside, leak }: Sensor): string {
  const notes = [
    ...(text === '' ? [] : [`says ${sanitise(text)}`]),
    ...(leak === '' ? [] : [`leak at ${sanitise(leak)}`]),
    ...(acknowledged ? ['acknowledged'] : []),
    ...(missing.length === 0 ? [] : [`without ${missing.join(' ')}`]),
    ...(aside ? ['measures nothing'] : []),
  ];
  return notes.length === 0 ? '' : ` (${notes.join(', ')})`;
}

function limitsOf({ limits: { lowCritical, lowWarning, highWarning, highCritical } }: Sensor): string {
  const all = [lowCritical, lowWarning, highWarning, highCritical];
  return all.every((limit) => limit === null)
    ? '-'
    : all.map((limit) => (limit === null ? '-' : formatNumber(limit))).join(' ');
}
