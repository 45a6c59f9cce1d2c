import { formatNumber, formatRange, judge, type State } from '../plugin/index.ts';
import { sensorCode, type Verdict } from './judge.ts';
import type { Sensor } from './sensor.ts';
import { convert, convertDifference, isTemperature, tenths } from './unit.ts';
import { type Measured, rangeFor, type Wishes } from './wishes.ts';

/** What is computed from a port's temperature and humidity. */
export type Computed = Omit<Verdict, 'sensor' | 'decidedBy'> & {
  readonly sensor?: undefined;
  /** The label of its metric by kind and port. */
  readonly place?: string;
};

/**
 * The dew point in degrees Celsius of air at `celsius` and `percent` relative humidity (above 0): the Magnus formula
 * over water with Sonntag's constants of 1990, as in WMO No. 8 (CIMO guide), annex 4.B; good to 0.1 degrees from -45 to
 * 60 °C.
 */
export function dewPoint(celsius: number, percent: number): number {
  const [b, c] = [17.62, 243.12];
  const gamma = Math.log(percent / 100) + (b * celsius) / (c + celsius);
  return (c * gamma) / (b - gamma);
}

/** The dew point and the temperature's distance to it, for every port that has both sensors. */
export function judgeDewPoints(sensors: readonly Sensor[], wishes: Wishes): readonly Computed[] {
  const present = sensors.filter(({ online, aside }) => online !== false && !aside);
  return present.flatMap((humidity) => {
    if (humidity.kind !== 'humidity') return [];
    const partner = partnerOf(humidity, present);
    if (partner === undefined) return [];
    return 'why' in partner ? [untold(humidity, partner.why, wishes)] : judgePair(partner, humidity, wishes);
  });
}

/**
 * The temperature measured at the place of a humidity: the only one on its port; with as many temperatures as
 * humidities, the one of the same rank; otherwise the nearest by its place on the port.
 */
function partnerOf(humidity: Sensor, sensors: readonly Sensor[]): Sensor | { readonly why: string } | undefined {
  const atPort = sensors.filter((one) => one.port === humidity.port && module_(one) === module_(humidity));
  const temperatures = atPort.filter(({ kind }) => kind === 'temperature');
  const humidities = atPort.filter(({ kind }) => kind === 'humidity');
  const [only] = temperatures;
  if (only === undefined || temperatures.length === 1) return only;
  if (temperatures.length === humidities.length) return temperatures[humidities.indexOf(humidity)];
  const comparable = temperatures.filter((one) => partsOf(one) === partsOf(humidity));
  const distance = (one: Sensor) => Math.abs(placeOnPort(one) - placeOnPort(humidity));
  const [near, next] = [...comparable].sort((a, b) => distance(a) - distance(b));
  if (near !== undefined && (next === undefined || distance(near) < distance(next))) return near;
  return {
    why: `${temperatures.length} temperatures are on this port, and none of them is nearest to ${humidity.title}`,
  };
}

function partsOf({ index }: Sensor): number {
  return index.split('.').length;
}

function placeOnPort({ index }: Sensor): number {
  return Number(index.slice(index.lastIndexOf('.') + 1));
}

/** A sentence about a port whose dew point cannot be known; a range for it would judge nothing. */
function untold({ port }: Sensor, why: string, { warning, critical }: Wishes): Computed {
  const isWanted = [...warning, ...critical].some(({ kind }) => kind === 'dewpoint' || kind === 'dewspread');
  const what = `dew point at port ${port} not computed`;
  return { state: isWanted ? 'UNKNOWN' : 'OK', code: 'dew-point-unknown', short: what, text: `${what}: ${why}` };
}

/** What the port's number belongs to: the parts of a dotted index before it. */
function module_({ index }: Sensor): string {
  return index.split('.').slice(0, -2).join('.');
}

function judgePair(temperature: Sensor, humidity: Sensor, wishes: Wishes): readonly Computed[] {
  const { value, unit, port } = temperature;
  const where = `dew point at port ${port}`;
  const unknown = (why: string): readonly Computed[] => [
    { state: 'UNKNOWN', code: 'dew-point-unknown', short: `${where} unknown`, text: `${where}: unknown, ${why}` },
  ];
  if (value === null || !isTemperature(unit) || !isSound(temperature))
    return unknown(`${temperature.title} has no temperature`);
  if (humidity.value === null || !isSound(humidity)) return unknown(`${humidity.title} has no humidity`);
  if (humidity.value <= 0 || humidity.value > 100) return unknown(`${humidity.title} says ${humidity.value} %`);
  const celsius = unit === 'C' ? value : ((value - 32) * 5) / 9;
  const point = dewPoint(celsius, humidity.value);
  const shown = tenths(unit === 'C' ? point : convert(point, 'C', 'F'));
  const spread = tenths(unit === 'C' ? celsius - point : convertDifference(celsius - point, 'C', 'F'));
  return [
    computed('dewpoint', shown, `${where}`, `of ${temperature.title} and ${humidity.title}`),
    computed('dewspread', spread, `distance to the ${where}`, `${temperature.title} above it`),
  ];

  function computed(
    kind: Measured & ('dewpoint' | 'dewspread'),
    number: number,
    what: string,
    source: string,
  ): Computed {
    const [warning, critical] = [rangeFor(wishes.warning, kind), rangeFor(wishes.critical, kind)];
    const state: State = judge(number, { warning, critical });
    const broken = state === 'CRITICAL' ? critical : warning;
    const is = `${formatNumber(number)} ${unit}`;
    const result =
      state === 'OK' || broken === undefined ? '' : `, ${broken.inside ? 'inside' : 'outside'} ${formatRange(broken)}`;
    const labels = { sensor: temperature.title, port: String(port) };
    const series = { ...computedSeries[kind], labels };
    const label = `${temperature.label}_${kind}`;
    const metric = { label, value: number, uom: unit, warn: warning, crit: critical, series };
    const place = `${temperature.place}_${kind}`;
    return {
      state,
      code: sensorCode(state),
      short: `${what} ${is}${result}`,
      text: `${what}: ${is}${result} (${source})`,
      metric,
      place,
    };
  }
}

/** What is computed, for Prometheus. */
const computedSeries = {
  dewpoint: { name: 'sensor_dew_point', help: 'Dew point where the sensor measures' },
  dewspread: {
    name: 'sensor_dew_point_distance',
    help: 'How far a temperature is above the dew point',
    distance: true,
  },
} as const;

/**
 * A sensor whose value can be believed: the probe does not say that it is broken, and leaves out nothing that is
 * needed.
 */
function isSound({ missing, online, status, word }: Sensor): boolean {
  return online === true && missing.length === 0 && status !== null && status >= 2 && status <= 6 && word !== 'unknown';
}
