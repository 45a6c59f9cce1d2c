import type { Finding, State } from '../plugin/index.ts';
import { textOf } from './cell.ts';
import { type Computed, judgeDewPoints } from './dewpoint.ts';
import { inUnit, judgeSensor, type Verdict } from './judge.ts';
import { type Sensor, sensorsOf } from './sensor.ts';
import type { Survey } from './survey.ts';
import { isSelected, type Wishes } from './wishes.ts';

/** What came of asking one probe. */
export type Answer = {
  readonly host: string;
  /** undefined: nothing came at all. */
  readonly survey: Survey | undefined;
  /** Why there is no more: a sentence fragment that follows the host's name and a colon, and how bad that is. */
  readonly trouble: { readonly state: State; readonly text: string } | undefined;
  readonly requests: number;
  readonly milliseconds: number;
};

/** One line of a verdict: about a sensor, about what is computed of two, or about the probe itself. */
export type Item = Verdict | Computed;

/** Everything that is said of one probe. */
export type ProbeVerdict = {
  readonly host: string;
  readonly answer: Answer;
  /** What the device calls itself. */
  readonly description: string;
  /** Sensors that the selection takes, offline ones too. */
  readonly sensors: readonly Sensor[];
  readonly all: readonly Sensor[];
  /** Judged sensors in the order of the device. */
  readonly items: readonly Item[];
  /** What is wrong with the probe as a whole. */
  readonly faults: readonly Finding[];
};

/** Judges what one probe told. */
export function judgeProbe(answer: Answer, wishes: Wishes): ProbeVerdict {
  const { host, survey, trouble } = answer;
  const all = survey === undefined ? [] : sensorsOf(survey).map((sensor) => inUnit(sensor, wishes.unit));
  const sensors = all.filter((sensor) => isSelected(sensor, wishes));
  const judged = sensors.flatMap((sensor) => judgeSelected(sensor, wishes));
  const items = [...judged, ...(wishes.dewPoint ? judgeDewPoints(sensors, wishes) : [])];
  const description = textOf(survey?.description);
  const faults = trouble === undefined ? faultsOf() : [{ state: trouble.state, text: `${host}: ${trouble.text}` }];
  return { host, answer, description, sensors, all, items, faults };

  function faultsOf(): readonly Finding[] {
    const unknown = (text: string): readonly Finding[] => [{ state: 'UNKNOWN', text: `${host}: ${text}` }];
    if (survey?.family === undefined)
      return unknown(`no AKCP sensor probe${description === '' ? '' : `; it calls itself "${description}"`}`);
    if (survey.strange !== undefined)
      return unknown(`its answers cannot be true: there is no sensor row ${survey.strange.slice(0, 40)}`);
    if (all.length === 0) return unknown('an AKCP device without any sensor table that is known here');
    const online = judged.filter(({ sensor }) => sensor.online !== false).length;
    if (sensors.length === 0) return unknown(`none of its ${all.length} sensor rows is selected`);
    const least = wishes.leastSensors;
    const few: readonly Finding[] =
      least === undefined || online >= least
        ? []
        : [{ state: 'CRITICAL', text: `${host}: ${online} sensors online, at least ${least} are wanted` }];
    const dry = wishes.dewPoint && items.length === judged.length;
    const pairs = dry ? unknown('no port has both temperature and humidity online for a dew point') : [];
    const none = online === 0 && few.length === 0 && judged.length === 0;
    return [...few, ...pairs, ...(none ? unknown(`all ${sensors.length} selected rows are offline`) : [])];
  }
}

/** Rows of the common table alone (a buzzer) count when they are asked for by kind, or when they cry. */
function judgeSelected(sensor: Sensor, wishes: Wishes): readonly Verdict[] {
  if (sensor.online === false) return judgeOffline(sensor, wishes);
  const verdict = judgeSensor(sensor, wishes);
  const wanted = !sensor.aside || wishes.kinds.includes('other') || verdict.state === 'CRITICAL';
  return wanted ? [verdict] : [];
}

function judgeOffline(sensor: Sensor, { offline, kinds }: Wishes): readonly Verdict[] {
  if (offline === 'ignore' || (sensor.aside && !kinds.includes('other'))) return [];
  const { title, kind, port } = sensor;
  return [
    {
      sensor,
      state: offline === 'warning' ? 'WARNING' : 'CRITICAL',
      short: `${title} offline`,
      text: `${title}: offline (device; ${kind}, port ${port})`,
      decidedBy: 'device',
    },
  ];
}

/** What is said of the sensors that must be there: one that is online on any of the probes is. */
export function judgeExpected(probes: readonly ProbeVerdict[], { expected }: Wishes): readonly Finding[] {
  return expected.flatMap((name): readonly Finding[] => {
    const found = probes.flatMap(({ host, all }) =>
      all.filter((sensor) => sensor.name === name).map((sensor) => ({ host, sensor })),
    );
    if (found.some(({ sensor }) => sensor.online === true)) return [];
    const [first] = found;
    const where = probes.length === 1 ? `${probes[0]?.host}` : `any of ${probes.length} probes`;
    const text =
      first === undefined
        ? `expected sensor "${name}" is not on ${where}`
        : `expected sensor "${name}" is offline on ${first.host} (${first.sensor.kind}, port ${first.sensor.port})`;
    return [{ state: 'CRITICAL', text }];
  });
}
