import type { Code } from '../findings/index.ts';
import { formatRange, judge, type Metric, type Range, type State, severity } from '../plugin/index.ts';
import { mapLimits, noLimits } from './measure.ts';
import { deviceMetric, isSensorError, metricOf } from './metric.ts';
import { limitsText, limitText, notes, reading, withText } from './phrase.ts';
import type { Sensor } from './sensor.ts';
import { contactState, isLimitStatus, outputState, statusState, statusWord } from './status.ts';
import { convert, isTemperature } from './unit.ts';
import { rangeFor, type Wishes } from './wishes.ts';

/** The verdict on one sensor. */
export type Verdict = {
  readonly sensor: Sensor;
  readonly state: State;
  readonly code: Code;
  /** The sensor and what is wrong with it, for the first line. */
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

/** Judges a sensor that is online, or for which the probe does not say whether it is. */
export function judgeSensor(sensor: Sensor, wishes: Wishes): Verdict {
  const warning = rangeFor(wishes.warning, sensor.kind);
  const critical = rangeFor(wishes.critical, sensor.kind);
  const { value, scale, status } = sensor;
  const isBare = sensor.kind === 'temperature' && sensor.unit === '';
  const gives = scale === 'information' || (status !== null && isLimitStatus(scale, status));
  const ranged = value !== null && (warning !== undefined || critical !== undefined) && gives && isPresent(sensor);
  if (ranged && !isBare && lostCells(sensor).length === 0) return judgeByRange(sensor, value, warning, critical);
  const why = obstacleOf(sensor, wishes, ranged && isBare);
  if (why === undefined) return judgeByDevice(sensor, wishes);
  return judgeInPart(sensor, wishes, why);
}

/** Cells that were not given and would be needed beside the limits, which ranges replace. */
function lostCells({ missing }: Sensor): Sensor['missing'] {
  return missing.filter((field) => !(field in noLimits));
}

function isPresent({ online }: Sensor): boolean {
  return online === true;
}

/** Why a sensor cannot be judged in full, if so. */
function obstacleOf(sensor: Sensor, { unit }: Wishes, isBare: boolean): string | undefined {
  const { missing, online, kind } = sensor;
  if (missing.length > 0) return `${missing.join(', ')} missing from the probe's answer`;
  if (online === null) return 'the probe does not say whether it is online';
  if (unit !== undefined && kind === 'temperature' && sensor.unit !== unit)
    return sensor.unit === ''
      ? `the probe does not say Celsius or Fahrenheit, so it cannot be converted to ${unit}`
      : `its unit "${sensor.unit}" cannot be converted to ${unit}`;
  if (isBare) return 'the probe does not say Celsius or Fahrenheit, so no range can be applied';
  return undefined;
}

/**
 * A sensor about which something is not known is UNKNOWN; but nothing missing softens a critical status, and a missing
 * limit does not soften a warning.
 */
function judgeInPart(sensor: Sensor, wishes: Wishes, why: string): Verdict {
  const { status, overall, title } = sensor;
  // The common table has the same status.
  const known =
    status === null && overall !== null ? { ...sensor, status: overall, word: statusWord('analog', overall) } : sensor;
  const verdict = judgeByDevice(known, wishes, `; ${why}`);
  const warns = verdict.state === 'WARNING' && status !== null && lostCells(sensor).length === 0 && isPresent(sensor);
  const state = verdict.state === 'CRITICAL' || warns ? verdict.state : 'UNKNOWN';
  if (state === 'UNKNOWN') {
    const text = `${title}: ${why} (${notes(sensor, state, 'device')})`;
    return { sensor, state, code: 'sensor-unknown', short: `${title}, ${why}`, text, decidedBy: 'device' };
  }
  return { ...verdict, sensor, state, code: sensorCode(state) };
}

function judgeByRange(sensor: Sensor, value: number, warning: Range | undefined, critical: Range | undefined): Verdict {
  const state = judge(value, { warning, critical });
  const broken = state === 'CRITICAL' ? critical : state === 'WARNING' ? warning : undefined;
  const what = broken === undefined ? 'in range' : `${broken.inside ? 'inside' : 'outside'} ${formatRange(broken)}`;
  const says = (level: string, range: Range | undefined) =>
    range === undefined ? `${level} not judged` : `${level} ${formatRange(range)}`;
  const device = sensor.word === null ? 'device says nothing' : `device says ${withText(sensor.word, sensor)}`;
  const ranges = `${says('warning', warning)}, ${says('critical', critical)}; ${device}`;
  return {
    sensor,
    state,
    code: sensorCode(state),
    short: `${sensor.title} ${reading(sensor)}, ${what}`,
    text: `${sensor.title}: ${reading(sensor)}, ${what} (${notes(sensor, state, 'range', ranges)})`,
    decidedBy: 'range',
    metric: { ...metricOf(sensor, value), warn: warning, crit: critical },
  };
}

/** By the device's own status; `more` is what else there is to say about it. */
function judgeByDevice(sensor: Sensor, wishes: Wishes, more = ''): Verdict {
  const { state, what, unexpected } = deviceState(sensor, wishes.relay);
  const measured = isSensorError(sensor) || sensor.value === null ? '' : `${reading(sensor)}, `;
  const leak = sensor.leak !== '' && sensor.word === 'highCritical' ? `, leak at ${sensor.leak}` : '';
  const metric = deviceMetric(sensor);
  return {
    sensor,
    state,
    code: unexpected ? 'output-unexpected' : sensorCode(state),
    short: `${sensor.title} ${measured}${what}${leak}${limitText(sensor)}${more}`,
    text: `${sensor.title}: ${measured}${what}${leak}${more} (${notes(sensor, state, 'device', limitsText(sensor.limits))})`,
    decidedBy: 'device',
    ...(metric === undefined ? {} : { metric }),
  };
}

/** The code of a sensor's state, whoever decided it. */
export function sensorCode(state: State): Code {
  return sensorCodes[state];
}

const sensorCodes = {
  OK: 'sensor-ok',
  WARNING: 'sensor-warning',
  CRITICAL: 'sensor-critical',
  UNKNOWN: 'sensor-unknown',
} as const;

/** What a device says about a sensor; `unexpected`: an output that is not in the state of --relay. */
type Said = { readonly state: State; readonly what: string; readonly unexpected?: true };

/** What the device says about a sensor, in words. `relay` is the state that its outputs must be in. */
export function deviceState(sensor: Sensor, relay?: 'on' | 'off'): Said {
  const { scale, normalState, status } = sensor;
  if (scale === 'information') return { state: 'OK', what: 'for information' };
  if (status === null) return { state: 'UNKNOWN', what: 'no status' };
  if (scale === 'output' || scale === 'outlet') return outputVerdict(sensor, status, relay);
  if (scale === 'display') return outputVerdict(sensor, status, undefined);
  if (scale === 'custom' && sensor.overall !== null) return customState(sensor, sensor.overall);
  if (scale === 'contact' && (status === 8 || status === 9)) {
    const normal = normalState === 0 ? ', normally closed' : normalState === 1 ? ', normally open' : '';
    const state = contactState(status, normalState);
    const level = withText(status === 8 ? 'low (closed)' : 'high (open)', sensor);
    return {
      state,
      what: state === 'UNKNOWN' ? `${level}, and the probe does not say what is normal` : `${level}${normal}`,
    };
  }
  return knownState(sensor, status);
}

/** A custom status is called what its user calls it; the common table knows how bad it is. */
function customState(sensor: Sensor, overall: number): Said {
  const own = knownState(sensor, sensor.status ?? 0);
  const common = knownState({ ...sensor, scale: 'analog', text: '' }, overall);
  return severity[common.state] >= severity[own.state] || sensor.word?.startsWith('customStatus') === true
    ? { state: common.state, what: `${withText(sensor.word ?? '', sensor)} (${common.what})` }
    : own;
}

function knownState(sensor: Sensor, status: number): Said {
  const { scale, kind } = sensor;
  const word = statusWord(scale, status);
  const state = statusState(scale, status);
  if (word === 'unknown')
    return { state: 'UNKNOWN', what: `status ${status}, which the MIB does not define for ${kind}` };
  if (word === 'noStatus') return { state: 'UNKNOWN', what: 'noStatus while online' };
  const shown = withText(word, sensor);
  return {
    state,
    what: state === 'UNKNOWN' ? `${shown}, and the probe does not say whether that is good or bad` : shown,
  };
}

function outputVerdict(sensor: Sensor, status: number, expected: 'on' | 'off' | undefined): Said {
  const is = outputState(sensor.scale, status);
  // A contact that is driven has a level, low where a relay is on.
  const level = sensor.kind === 'drycontact' ? ` (${status === 8 ? 'low' : 'high'})` : '';
  const shown = withText(`${is}${level}`, sensor);
  if (is !== undefined && expected !== undefined)
    return is === expected
      ? { state: 'OK', what: shown }
      : { state: 'CRITICAL', what: `${shown}, expected ${expected}`, unexpected: true };
  if (is !== undefined) return { state: 'OK', what: `${shown}, for information` };
  const known = knownState(sensor, status);
  if (expected === undefined || known.state !== 'OK') return known;
  return { state: 'UNKNOWN', what: `${known.what}, which does not say whether it is ${expected}` };
}
