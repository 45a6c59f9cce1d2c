import type { Code, Finding } from '../findings/index.ts';
import { listOf } from '../plugin/index.ts';
import { textOf } from './cell.ts';
import { type Computed, judgeDewPoints } from './dewpoint.ts';
import { deviceState, inUnit, judgeSensor, type Verdict } from './judge.ts';
import { type Sensor, sensorsOf } from './sensor.ts';
import { isOutput } from './status.ts';
import { judgeSummaries } from './summary.ts';
import type { Survey } from './survey.ts';
import { isMeasured, isSelective, type Measured, select, type Wishes } from './wishes.ts';

/** The outcome of asking one probe. */
export type Answer = {
  readonly host: string;
  /** undefined: nothing came at all. */
  readonly survey: Survey | undefined;
  /** Why there is no more: a sentence fragment that follows the host's name and a colon, and how bad that is. */
  readonly trouble: Finding | undefined;
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
  /** What is there and was not judged. */
  readonly unread: string | undefined;
};

/** Judges what one probe told. */
export function judgeProbe(answer: Answer, wishes: Wishes): ProbeVerdict {
  const { host, survey, trouble } = answer;
  const all = survey === undefined ? [] : sensorsOf(survey).map((sensor) => inUnit(sensor, wishes.unit));
  const { sensors, astray } = select(all, wishes);
  const judged = sensors.flatMap((sensor) => judgeSelected(sensor, wishes));
  const items = [...judged, ...(wishes.dewPoint ? judgeDewPoints(sensors, wishes) : [])];
  const description = textOf(survey?.description);
  const unread = survey === undefined || survey.unknown.length === 0 ? undefined : unreadText(survey.unknown);
  const overlooked = survey === undefined || isSelective(wishes) ? [] : overlookedBy(survey);
  const faults =
    trouble === undefined
      ? [...overlooked, ...faultsOf()]
      : [{ ...trouble, text: `${host}: ${trouble.text}` }, ...overlooked];
  return { host, answer, description, sensors, all, items, faults, unread };

  function overlookedBy({ summaries }: Survey): readonly Finding[] {
    const seen = all.map((sensor) => ({ sensor, state: deviceState(sensor).state }));
    return judgeSummaries(host, summaries, seen, trouble === undefined ? unread : 'it could not be read completely');
  }

  function faultsOf(): readonly Finding[] {
    const unknown = (code: Code, text: string): readonly Finding[] => [
      { state: 'UNKNOWN', code, text: `${host}: ${text}` },
    ];
    if (survey?.family === undefined)
      return unknown(
        'not-a-probe',
        `not an AKCP sensor probe${description === '' ? '' : `; it calls itself "${description}"`}`,
      );
    const online = judged.filter(({ sensor }) => sensor.online !== false).length;
    const least = wishes.leastSensors;
    const few: readonly Finding[] =
      least === undefined || online >= least
        ? []
        : [
            {
              state: 'CRITICAL',
              code: 'sensors-too-few',
              text: `${host}: ${counted(online)} online, at least ${least} needed`,
            },
          ];
    const lost = [
      ...(survey.strange === undefined
        ? []
        : unknown('probe-nonsense', `part of its answers cannot be true: there is no object ${survey.strange}`)),
      ...(astray === undefined
        ? []
        : unknown(
            'pattern-too-slow',
            `the pattern "${astray.text}" takes too long to match against its names and was not applied: simplify it`,
          )),
    ];
    const dry = wishes.dewPoint && items.length === judged.length;
    const pairs = dry
      ? unknown('dew-point-unknown', 'no port has both temperature and humidity online for a dew point')
      : [];
    if (few.length > 0 || lost.length > 0) return [...few, ...lost, ...pairs];
    if (all.length === 0)
      return unknown('probe-tables-unknown', 'an AKCP device without any sensor table that this plugin knows');
    if (sensors.length === 0) return unknown('nothing-selected', `none of its ${all.length} sensor rows is selected`);
    return judged.length === 0 ? unknown('nothing-judged', nothingOf(sensors)) : pairs;
  }
}

function unreadText(tables: readonly string[]): string {
  const plural = tables.length > 1;
  return `${plural ? 'tables' : 'table'} ${tables.join(', ')} ${plural ? 'are' : 'is'} unknown to this plugin and ${plural ? 'were' : 'was'} not read`;
}

function counted(sensors: number): string {
  return `${sensors} ${sensors === 1 ? 'sensor' : 'sensors'}`;
}

/** Why no sensor of those that were selected is judged. */
function nothingOf(sensors: readonly Sensor[]): string {
  const aside = sensors.filter((sensor) => sensor.online !== false);
  const kinds = [...new Set(aside.map(({ kind }) => kind))].join(',');
  const titles = listOf(aside.slice(0, 5).map(({ title }) => title));
  if (aside.length > 0) return `nothing is judged: ${titles} would count with --kind ${kinds}`;
  return sensors.length === 1
    ? `the one row selected, ${sensors[0]?.title}, is offline`
    : `all ${sensors.length} selected rows are offline`;
}

/** What is normally left out (a buzzer) counts when it is asked for by kind, or when the device itself warns of it. */
function judgeSelected(sensor: Sensor, wishes: Wishes): readonly Verdict[] {
  if (sensor.online === false) return judgeOffline(sensor, wishes);
  if (!sensor.aside || isAsked(sensor, wishes)) return [judgeSensor(sensor, wishes)];
  const verdict = judgeSensor(sensor, { ...wishes, warning: [], critical: [] });
  // A buzzer without a status has nothing to say; a number that the MIB does not have may be anything.
  const isSilent =
    (sensor.status === null && sensor.kind !== 'board') || sensor.word === 'noStatus' || sensor.status === 0;
  return verdict.state === 'OK' || (verdict.state === 'UNKNOWN' && isSilent) ? [] : [verdict];
}

function isAsked({ kind }: Sensor, { kinds }: Wishes): boolean {
  return kinds.includes(kind);
}

function judgeOffline(sensor: Sensor, wishes: Wishes): readonly Verdict[] {
  const { offline } = wishes;
  if (offline === 'ignore' || sensor.placeholder || (sensor.aside && !isAsked(sensor, wishes))) return [];
  const { title, kind, port } = sensor;
  return [
    {
      sensor,
      state: offline === 'warning' ? 'WARNING' : 'CRITICAL',
      code: 'sensor-offline',
      short: `${title} offline`,
      text: `${title}: offline (device; ${kind}, port ${port})`,
      decidedBy: 'device',
    },
  ];
}

/**
 * The verdict on the sensors that must be there. `HOST:NAME` is looked for on that probe; a name alone must be online
 * on every probe that has a row of it, and on one at least.
 */
export function judgeExpected(probes: readonly ProbeVerdict[], { expected }: Wishes): readonly Finding[] {
  return expected.flatMap((text): readonly Finding[] => {
    const where = placeOf(text, probes);
    const found = where.probes.map((probe) => ({
      host: probe.host,
      sensors: probe.all.filter((sensor) => sensor.name.normalize() === where.name),
    }));
    const lost = found.flatMap(({ host, sensors }) => {
      const [first] = sensors.filter(({ online }) => online !== true);
      return first === undefined ? [] : [{ host, sensor: first }];
    });
    const missing = (what: string): Finding => ({
      state: 'CRITICAL',
      code: 'sensor-missing',
      text: `expected sensor "${where.name}" ${what}`,
    });
    if (lost.length > 0) return lost.map((one) => missing(lostText(one)));
    return found.some(({ sensors }) => sensors.length > 0) ? [] : [missing(absentText(where.probes))];
  });
}

/** The name in `HOST:NAME`, and where to look for it; a text that is a sensor's name as a whole is one. */
function placeOf(
  text: string,
  probes: readonly ProbeVerdict[],
): { readonly name: string; readonly probes: readonly ProbeVerdict[] } {
  const name = text.normalize();
  const isName = probes.some(({ all }) => all.some((sensor) => sensor.name.normalize() === name));
  const place = isName
    ? undefined
    : probes
        .flatMap((probe) => [`${probe.host}:`, `[${probe.host}]:`].map((prefix) => ({ probe, prefix })))
        .find(({ prefix }) => name.startsWith(prefix));
  return place === undefined ? { name, probes } : { name: name.slice(place.prefix.length), probes: [place.probe] };
}

function lostText({ host, sensor }: { readonly host: string; readonly sensor: Sensor }): string {
  const is = sensor.online === false ? 'is offline' : 'does not say whether it is online';
  return `${is} on ${host} (${sensor.kind}, port ${sensor.port})`;
}

function absentText(probes: readonly ProbeVerdict[]): string {
  const unread = probes.filter(({ answer }) => answer.trouble !== undefined).map(({ host }) => host);
  if (unread.length > 0) return `was not seen: ${listOf(unread)} could not be read`;
  return `is not on ${probes.length === 1 ? probes[0]?.host : `any of ${probes.length} probes`}`;
}

/** An expected state of outputs that had nothing to be compared with. */
export function judgeRelays(probes: readonly ProbeVerdict[], { relay }: Wishes): readonly Finding[] {
  if (relay === undefined || probes.some(({ answer }) => answer.trouble !== undefined)) return [];
  const outputs = probes.flatMap(({ items }) =>
    items.filter(({ sensor }) => sensor !== undefined && isOutput(sensor.scale)),
  );
  return outputs.length > 0
    ? []
    : [{ state: 'UNKNOWN', code: 'output-missing', text: `no output is online that could be ${relay} (--relay)` }];
}

/** Ranges that judge nothing at all: the sensor that they are for is lost. What is computed has a sentence of its own. */
export function judgeRanges(probes: readonly ProbeVerdict[], { warning, critical }: Wishes): readonly Finding[] {
  if (probes.some(({ answer }) => answer.trouble !== undefined)) return [];
  const sensors = probes
    .flatMap(({ items }) => items.flatMap(({ sensor }) => sensor ?? []))
    .filter(({ online, value, missing }) => online !== false && (value !== null || missing.length > 0));
  const idle = (kind: Measured | undefined) =>
    !sensors.some((sensor) => (kind === undefined ? isMeasured(sensor.kind) : sensor.kind === kind));
  const kinds = new Set([...warning, ...critical].map(({ kind }) => kind));
  return [...kinds]
    .filter((kind) => kind !== 'dewpoint' && kind !== 'dewspread' && idle(kind))
    .map((kind) => ({
      state: 'UNKNOWN',
      code: 'range-unused',
      text: `no ${kind === undefined ? 'sensor' : `${kind} sensor`} with a value is online, so the range ${kind === undefined ? '' : `for ${kind} `}judges nothing`,
    }));
}
