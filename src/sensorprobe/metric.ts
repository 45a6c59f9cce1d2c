import type { Metric, Range, Series } from '../plugin/index.ts';
import type { Limits } from './measure.ts';
import type { Sensor } from './sensor.ts';
import { contactState, isOutput, outputState, statusState } from './status.ts';
import { isTemperature } from './unit.ts';

/** A sensor's metric, with the device's limits; undefined where its status says nothing about a switch. */
export function deviceMetric(sensor: Sensor): Metric | undefined {
  // Then there may still be a value, which is not valid.
  if (isSensorError(sensor)) return undefined;
  if (sensor.value === null) {
    const value = sensor.status === null ? null : switchValue(sensor, sensor.status);
    const help = 'A contact, switch or output: 0 as it should be or off, 1 not as it should be or on';
    const series = { name: 'sensor_switch', help, labels: labelsOf(sensor) };
    return value === null ? undefined : { label: sensor.label, value, min: 0, max: 1, series };
  }
  return { ...metricOf(sensor, sensor.value), ...thresholds(sensor.limits) };
}

/** Whether the device says that the sensor itself is broken. */
export function isSensorError({ word }: Sensor): boolean {
  return word === 'sensorError' || word === 'error';
}

/** A measured value with its unit, without limits. */
export function metricOf(sensor: Sensor, value: number): Metric {
  const { label, unit } = sensor;
  const series = seriesOf(sensor);
  if (unit === '%') return { label, value, uom: '%', min: 0, max: 100, series };
  return isTemperature(unit) ? { label, value, uom: unit, series } : { label, value, series };
}

/** What is measured, by its unit: names of metrics with their units cannot be mixed. */
function seriesOf(sensor: Sensor): Series {
  const { unit, kind } = sensor;
  const labels = labelsOf(sensor);
  if (unit === '%' && kind === 'humidity')
    return { name: 'sensor_humidity', help: 'A relative humidity, 1 is saturated', labels };
  const { name, help } = quantities.find(({ units }) => units.includes(unit)) ?? anything;
  return { name, help, labels, unit };
}

const quantities: readonly { readonly units: readonly string[]; readonly name: string; readonly help: string }[] = [
  { units: ['C', 'F'], name: 'sensor_temperature', help: 'A temperature' },
  { units: ['%'], name: 'sensor', help: 'A part of the whole, 1 is all' },
  { units: ['V', 'mV'], name: 'sensor_voltage', help: 'A voltage' },
  { units: ['A', 'mA'], name: 'sensor_current', help: 'A current' },
  { units: ['W', 'kW'], name: 'sensor_power', help: 'A power' },
  { units: ['Wh', 'kWh'], name: 'sensor_energy', help: 'An energy' },
];
const anything = { name: 'sensor_value', help: 'A value in the unit that the device gives' };

function labelsOf({ title, kind, port }: Sensor) {
  return { sensor: title, kind, port: String(port) };
}

/** A switch as a number: 0 as it should be (an output: off), 1 not; null where its status says neither. */
function switchValue({ scale, normalState }: Sensor, status: number): number | null {
  if (scale === 'analog' || scale === 'custom') return null;
  const output = outputState(scale, status);
  if ((isOutput(scale) || scale === 'display') && output !== undefined) return output === 'on' ? 1 : 0;
  const state =
    scale === 'contact' && (status === 8 || status === 9)
      ? contactState(status, normalState)
      : statusState(scale, status);
  return state === 'UNKNOWN' || status === 7 ? null : state === 'OK' ? 0 : 1;
}

function thresholds({ lowCritical, lowWarning, highWarning, highCritical }: Limits): Pick<Metric, 'warn' | 'crit'> {
  return {
    warn: limitRange(lowWarning, highWarning) ?? undefined,
    crit: limitRange(lowCritical, highCritical) ?? undefined,
  };
}

/** Two limits as a range; undefined where there is none, null where the low one is above the high one. */
export function limitRange(low: number | null, high: number | null): Range | undefined | null {
  if (low === null && high === null) return undefined;
  const range = { low: low ?? Number.NEGATIVE_INFINITY, high: high ?? Number.POSITIVE_INFINITY, inside: false };
  return range.low > range.high ? null : range;
}
