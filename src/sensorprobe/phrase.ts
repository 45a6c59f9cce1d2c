import { formatNumber, formatRange, type State } from '../plugin/index.ts';
import type { Limits } from './measure.ts';
import { limitRange } from './metric.ts';
import type { Sensor } from './sensor.ts';

/** A value with its unit, as it is shown; empty where a sensor has none. */
export function reading({ value, unit }: Pick<Sensor, 'value' | 'unit'>): string {
  return value === null ? '' : `${formatNumber(value)}${unit === '' ? '' : ` ${unit}`}`;
}

/** Who decided, by which limits, and where the sensor is. */
export function notes(sensor: Sensor, state: State, by: 'device' | 'range', more = ''): string {
  const { kind, port, acknowledged } = sensor;
  const decided = more === '' ? by : `${by}: ${more}`;
  // A board's index is not a port.
  const place = kind === 'board' ? kind : `${kind}, port ${port}`;
  // The probe keeps the mark when all is well again.
  return [decided, ...(acknowledged && state !== 'OK' ? ['acknowledged'] : []), place].join('; ');
}

/** The limit that a status is about. */
export function limitText({ limits, word }: Sensor): string {
  const limit = Object.entries(limits).find(([name]) => name === word)?.[1] ?? null;
  return limit === null ? '' : ` (limit ${formatNumber(limit)})`;
}

/** The device's limits as ranges. */
export function limitsText(limits: Limits): string {
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

/** Words that a device has for a status unless its user gives it another. */
const factoryWords = /^(?:no status|normal|(?:high |low )?(?:warning|critical|normal)|sensor error|on|off|low|high)$/i;

/** The word for a status, with the user's own beside it where there is one. */
export function withText(word: string, { text }: Pick<Sensor, 'text'>): string {
  const own = text === '' || factoryWords.test(text) || text.toLowerCase() === word.toLowerCase();
  return own ? word : `${word}, "${text}"`;
}
