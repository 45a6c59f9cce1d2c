import { type Finding, listOf, type State } from '../plugin/index.ts';
import { textOf } from './cell.ts';
import { type Computed, judgeDewPoints } from './dewpoint.ts';
import { inUnit, judgeSensor, type Verdict } from './judge.ts';
import { type Sensor, sensorsOf } from './sensor.ts';
import type { Survey } from './survey.ts';
import { select, type Wishes } from './wishes.ts';

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
  const { sensors, astray } = select(all, wishes);
  const judged = sensors.flatMap((sensor) => judgeSelected(sensor, wishes));
  const items = [...judged, ...(wishes.dewPoint ? judgeDewPoints(sensors, wishes) : [])];
  const description = textOf(survey?.description);
  const faults = trouble === undefined ? faultsOf() : [{ state: trouble.state, text: `${host}: ${trouble.text}` }];
  return { host, answer, description, sensors, all, items, faults };

  function faultsOf(): readonly Finding[] {
    const unknown = (text: string): readonly Finding[] => [{ state: 'UNKNOWN', text: `${host}: ${text}` }];
    if (survey?.family === undefined)
      return unknown(`no AKCP sensor probe${description === '' ? '' : `; it calls itself "${description}"`}`);
    const online = judged.filter(({ sensor }) => sensor.online !== false).length;
    const least = wishes.leastSensors;
    const few: readonly Finding[] =
      least === undefined || online >= least
        ? []
        : [{ state: 'CRITICAL', text: `${host}: ${counted(online)} online, at least ${least} wanted` }];
    const lost = [
      ...(survey.strange === undefined
        ? []
        : unknown(`part of its answers cannot be true: there is no sensor row ${survey.strange.slice(0, 40)}`)),
      ...(astray === undefined
        ? []
        : unknown(
            `the pattern "${astray.text}" takes too long on its names and was not held against them: simplify it`,
          )),
    ];
    const dry = wishes.dewPoint && items.length === judged.length;
    const pairs = dry ? unknown('no port has both temperature and humidity online for a dew point') : [];
    if (few.length > 0 || lost.length > 0) return [...few, ...lost, ...pairs];
    if (all.length === 0) return unknown('an AKCP device without any sensor table that is known here');
    if (sensors.length === 0) return unknown(`nothing is selected of its ${all.length} sensor rows`);
    return judged.length === 0 ? unknown(nothingOf(sensors)) : pairs;
  }
}

function counted(sensors: number): string {
  return `${sensors} ${sensors === 1 ? 'sensor' : 'sensors'}`;
}

/** Why no sensor of those that were selected is judged. */
function nothingOf(sensors: readonly Sensor[]): string {
  const aside = sensors.filter((sensor) => sensor.online !== false).map(({ title }) => title);
  if (aside.length > 0) return `nothing is judged: ${listOf(aside.slice(0, 5))} would count with --kind other`;
  return sensors.length === 1
    ? `the one row selected, ${sensors[0]?.title}, is offline`
    : `all ${sensors.length} selected rows are offline`;
}

/** What stands aside (a buzzer) counts when it is asked for by kind, or when the device itself cries about it. */
function judgeSelected(sensor: Sensor, wishes: Wishes): readonly Verdict[] {
  if (sensor.online === false) return judgeOffline(sensor, wishes);
  if (!sensor.aside || wishes.kinds.includes('other')) return [judgeSensor(sensor, wishes)];
  const verdict = judgeSensor(sensor, { ...wishes, warning: [], critical: [] });
  return verdict.state === 'CRITICAL' ? [verdict] : [];
}

function judgeOffline(sensor: Sensor, { offline, kinds }: Wishes): readonly Verdict[] {
  if (offline === 'ignore' || sensor.placeholder || (sensor.aside && !kinds.includes('other'))) return [];
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

/** What is said of the sensors that must be there: one of the probes must have it, and all that it calls so online. */
export function judgeExpected(probes: readonly ProbeVerdict[], { expected }: Wishes): readonly Finding[] {
  return expected.flatMap((name): readonly Finding[] => {
    const found = probes.map(({ host, all }) => ({
      host,
      sensors: all.filter((sensor) => sensor.name === name),
    }));
    const isThere = ({ sensors }: (typeof found)[number]) =>
      sensors.length > 0 && sensors.every(({ online }) => online === true);
    if (found.some(isThere)) return [];
    const [first] = found.flatMap(({ host, sensors }) =>
      sensors.filter(({ online }) => online !== true).map((sensor) => ({ host, sensor })),
    );
    return [{ state: 'CRITICAL', text: `expected sensor "${name}" ${whereabouts(first, probes)}` }];
  });
}

function whereabouts(
  found: { readonly host: string; readonly sensor: Sensor } | undefined,
  probes: readonly ProbeVerdict[],
): string {
  if (found !== undefined) {
    const is = found.sensor.online === false ? 'is offline' : 'does not say whether it is online';
    return `${is} on ${found.host} (${found.sensor.kind}, port ${found.sensor.port})`;
  }
  const unread = probes.filter(({ answer }) => answer.trouble !== undefined).map(({ host }) => host);
  if (unread.length > 0) return `was not seen: ${listOf(unread)} could not be read`;
  return `is not on ${probes.length === 1 ? probes[0]?.host : `any of ${probes.length} probes`}`;
}

/** An expected state of outputs that was held against nothing at all. */
export function judgeRelays(probes: readonly ProbeVerdict[], { relay }: Wishes): readonly Finding[] {
  if (relay === undefined || probes.some(({ answer }) => answer.trouble !== undefined)) return [];
  const outputs = probes.flatMap(({ items }) => items.filter(({ sensor }) => sensor?.scale === 'output'));
  return outputs.length > 0 ? [] : [{ state: 'UNKNOWN', text: `no output is online that could be ${relay} (--relay)` }];
}
