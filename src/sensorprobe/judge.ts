import { formatNumber, formatRange, judge, type Metric, type Range, type State } from '../plugin/index.ts';
import { type Limits, mapLimits } from './measure.ts';
import type { Sensor } from './sensor.ts';
import { contactState, isLimitStatus, outputState, statusState } from './status.ts';
import { convert, isTemperature } from './unit.ts';
import { rangeFor, type Wishes } from './wishes.ts';

/** What is said of one sensor. */
export type Verdict = {
  readonly sensor: Sensor;
  readonly state: State;
  /** The sensor and what is the matter with it, for the first line. */
  readonly short: string;
  /** The same with limits and who decided. */
  readonly text: string;
  readonly decidedBy: 'device' | 'range';
  readonly metric?: Metric;
};

/** The sensor in the wanted scale of temperature; as it is where it measures something else. */
export function inUnit(sensor: Sensor, unit: 'C' | 'F' | undefined): Sensor {
  const from = sensor.unit;
  if (unit === undefined || !isTemperature(from) || from === unit) return sensor;
  const change = (value: number) => convert(value, from, unit);
  return {
    ...sensor,
    unit,
    value: sensor.value === null ? null : change(sensor.value),
    limits: mapLimits(sensor.limits, change),
  };
}

/** Judges a sensor that is online, or of which the probe does not say whether it is. */
export function judgeSensor(sensor: Sensor, wishes: Wishes): Verdict {
  const { title, status, missing } = sensor;
  const plain = (state: State, what: string): Verdict => ({
    sensor,
    state,
    short: `${title}, ${what}`,
    text: `${title}: ${what} (${notes(sensor, state, 'device')})`,
    decidedBy: 'device',
  });
  if (missing.length > 0 || sensor.online === null || status === null) {
    if (missing.length === 0) return plain('UNKNOWN', 'the probe does not say whether it is online');
    return plain('UNKNOWN', `its ${missing.join(', ')} missing in the probe's answer`);
  }
  const inDegrees = sensor.kind === 'temperature' || sensor.kind === 'thermostat';
  if (wishes.unit !== undefined && inDegrees && sensor.unit !== wishes.unit)
    return plain('UNKNOWN', `its unit "${sensor.unit}" cannot be turned into ${wishes.unit}`);
  const warning = rangeFor(wishes.warning, sensor.kind);
  const critical = rangeFor(wishes.critical, sensor.kind);
  const ranged = sensor.value !== null && (warning !== undefined || critical !== undefined);
  if (ranged && isLimitStatus(sensor.scale, status)) {
    if (inDegrees && sensor.unit === '')
      return plain(
        'UNKNOWN',
        'the probe does not say of which scale its degrees are, so no range can be held against it',
      );
    return judgeByRange(sensor, sensor.value, warning, critical);
  }
  return judgeByDevice(sensor, status, wishes);
}

function judgeByRange(sensor: Sensor, value: number, warning: Range | undefined, critical: Range | undefined): Verdict {
  const state = judge(value, { warning, critical });
  const broken = state === 'CRITICAL' ? critical : state === 'WARNING' ? warning : undefined;
  const what = broken === undefined ? 'in range' : `${broken.inside ? 'inside' : 'outside'} ${formatRange(broken)}`;
  const says = (level: string, range: Range | undefined) =>
    range === undefined ? `${level} not judged` : `${level} ${formatRange(range)}`;
  const ranges = `${says('warning', warning)}, ${says('critical', critical)}; device says ${sensor.word}`;
  return {
    sensor,
    state,
    short: `${sensor.title} ${reading(sensor)}, ${what}`,
    text: `${sensor.title}: ${reading(sensor)}, ${what} (${notes(sensor, state, 'range', ranges)})`,
    decidedBy: 'range',
    metric: { ...metricOf(sensor, value), warn: warning, crit: critical },
  };
}

function judgeByDevice(sensor: Sensor, status: number, wishes: Wishes): Verdict {
  const { state, what } = deviceState(sensor, status, wishes);
  const broken = isSensorError(sensor);
  const value = broken ? null : (sensor.value ?? switchValue(sensor, status));
  const measured = broken || sensor.value === null ? '' : `${reading(sensor)}, `;
  return {
    sensor,
    state,
    short: `${sensor.title} ${measured}${what}${limitText(sensor)}`,
    text: `${sensor.title}: ${measured}${what} (${notes(sensor, state, 'device', limitsText(sensor.limits))})`,
    decidedBy: 'device',
    ...(value === null ? {} : { metric: deviceMetric(sensor, value) }),
  };
}

/** The limit that a status is about. */
function limitText({ limits, word }: Sensor): string {
  const limit = Object.entries(limits).find(([name]) => name === word)?.[1] ?? null;
  return limit === null ? '' : ` (limit ${formatNumber(limit)})`;
}

/** Then a value may still stand there, and is none. */
function isSensorError({ word }: Sensor): boolean {
  return word === 'sensorError' || word === 'error';
}

/** What the device's own status means, in a word that says it. */
function deviceState(sensor: Sensor, status: number, wishes: Wishes): { readonly state: State; readonly what: string } {
  const { scale, normalState } = sensor;
  if (scale === 'output') return outputVerdict(sensor, status, wishes.relay);
  if (scale === 'display') return outputVerdict(sensor, status, undefined);
  if (scale === 'contact' && (status === 8 || status === 9)) {
    const normal = normalState === 0 ? ', normally closed' : normalState === 1 ? ', normally open' : '';
    const state = contactState(status, normalState);
    const level = status === 8 ? 'low (closed)' : 'high (open)';
    return {
      state,
      what: state === 'UNKNOWN' ? `${level}, and the probe does not say what is normal` : `${level}${normal}`,
    };
  }
  return knownState(sensor, status);
}

/** A status that speaks for itself. */
function knownState({ scale, word, kind }: Sensor, status: number): { readonly state: State; readonly what: string } {
  if (word === null || word === 'unknown')
    return { state: 'UNKNOWN', what: `status ${status}, which no MIB has for ${kind}` };
  if (word === 'noStatus') return { state: 'UNKNOWN', what: 'noStatus while online' };
  if (word === 'outputLow' || word === 'outputHigh')
    return { state: 'UNKNOWN', what: `${word}, which says neither good nor bad of ${kind}` };
  return { state: statusState(scale, status), what: word };
}

function outputVerdict(
  sensor: Sensor,
  status: number,
  expected: 'on' | 'off' | undefined,
): { readonly state: State; readonly what: string } {
  const is = outputState(status);
  // A contact that is driven has a level, low where a relay is on.
  const shown = sensor.kind === 'drycontact' ? `${is} (${status === 8 ? 'low' : 'high'})` : `${is}`;
  if (is !== undefined && expected !== undefined)
    return is === expected
      ? { state: 'OK', what: shown }
      : { state: 'CRITICAL', what: `${shown}, expected ${expected}` };
  if (is !== undefined) return { state: 'OK', what: `${shown}, for information` };
  const known = knownState(sensor, status);
  if (expected === undefined || known.state !== 'OK') return known;
  return { state: 'UNKNOWN', what: `${known.what}, which does not say whether it is ${expected}` };
}

/** A switch as a number: 0 as it should be (an output: off), 1 not; null where its status says neither. */
function switchValue({ scale, normalState }: Sensor, status: number): number | null {
  if (scale === 'analog') return null;
  const output = outputState(status);
  if ((scale === 'output' || scale === 'display') && output !== undefined) return output === 'on' ? 1 : 0;
  const state =
    scale === 'contact' && (status === 8 || status === 9)
      ? contactState(status, normalState)
      : statusState(scale, status);
  return state === 'UNKNOWN' || status === 7 ? null : state === 'OK' ? 0 : 1;
}

function reading({ value, unit }: Sensor): string {
  return value === null ? '' : `${formatNumber(value)}${unit === '' ? '' : ` ${unit}`}`;
}

/** Who decided, by what, and where the sensor is. */
function notes({ kind, port, acknowledged }: Sensor, state: State, by: 'device' | 'range', more = ''): string {
  const decided = more === '' ? by : `${by}: ${more}`;
  // The probe keeps the mark when all is well again.
  return [decided, ...(acknowledged && state !== 'OK' ? ['acknowledged'] : []), `${kind}, port ${port}`].join('; ');
}

function limitsText(limits: Limits): string {
  const { lowCritical, lowWarning, highWarning, highCritical } = limits;
  const all = [lowCritical, lowWarning, highWarning, highCritical];
  if (all.every((limit) => limit === null)) return '';
  const [warning, critical] = [limitRange(lowWarning, highWarning), limitRange(lowCritical, highCritical)];
  if (warning === null || critical === null)
    return `limits ${all.map((limit) => (limit === null ? '-' : formatNumber(limit))).join(' ')} are the wrong way round`;
  return [
    warning === undefined ? '' : `warning ${formatRange(warning)}`,
    critical === undefined ? '' : `critical ${formatRange(critical)}`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}

/** Two limits as a range; undefined where there is none, null where the low one is above the high one. */
function limitRange(low: number | null, high: number | null): Range | undefined | null {
  if (low === null && high === null) return undefined;
  const range = { low: low ?? Number.NEGATIVE_INFINITY, high: high ?? Number.POSITIVE_INFINITY, inside: false };
  return range.low > range.high ? null : range;
}

function deviceMetric(sensor: Sensor, value: number): Metric {
  if (sensor.value === null) return { label: sensor.label, value, min: 0, max: 1 };
  const { lowCritical, lowWarning, highWarning, highCritical } = sensor.limits;
  return {
    ...metricOf(sensor, value),
    warn: limitRange(lowWarning, highWarning) ?? undefined,
    crit: limitRange(lowCritical, highCritical) ?? undefined,
  };
}

function metricOf({ label, unit }: Sensor, value: number): Metric {
  if (unit === '%') return { label, value, uom: '%', min: 0, max: 100 };
  return isTemperature(unit) ? { label, value, uom: unit } : { label, value };
}
