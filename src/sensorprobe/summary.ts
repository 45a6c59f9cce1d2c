import type { Finding } from '../findings/index.ts';
import { listOf, type State } from '../plugin/index.ts';
import type { Sensor } from './sensor.ts';
import { statusState, statusWord } from './status.ts';
import type { Reading } from './survey.ts';
import { akcp } from './table.ts';

/** A device's summary of several sensors: the worst status of all that `of` names. */
export type Summary = { readonly of: string; readonly word: string; readonly rank: Rank };

/** How bad, from 0 for normal or nothing: see `rankOfWord`. */
type Rank = number;
const rankOfWord = { warning: 1, critical: 2, sensorError: 3 } as const;

/** The statuses of a summary, which are not those of sensors. */
const statuses: Readonly<Record<number, readonly [word: string, rank: Rank]>> = {
  1: ['noStatus', 0],
  2: ['normal', 0],
  3: ['warning', rankOfWord.warning],
  4: ['critical', rankOfWord.critical],
  5: ['sensorError', rankOfWord.sensorError],
};

const overall = `${akcp}.1.1.2`;
const modules = `${akcp}.1.1.10`;
/** What is under `modules`, by number. */
const moduleNames = [
  'sensors on its ports',
  'missing video signals',
  'sound detectors',
  'virtual sensors',
  'camera motion detectors',
] as const;

/** OIDs whose successors are all of a device's summaries. */
export const summaryHeads: readonly string[] = [overall, ...moduleNames.map((_, i) => `${modules}.${i + 1}`)];

/** Where each summary is, and what it is of. */
const places = ['all its sensors', ...moduleNames.map((name) => `its ${name}`)].map((of, i) => {
  return { of, oid: `${summaryHeads[i]}.0` };
});

/** What a device sums up, as it was read. */
export function summariesOf({ cells }: Pick<Reading, 'cells'>): readonly Summary[] {
  return places.flatMap(({ of, oid }): readonly Summary[] => {
    const status = cells.get(oid);
    const [word, rank] = (typeof status === 'number' ? statuses[status] : undefined) ?? [];
    return word === undefined || rank === undefined ? [] : [{ of, word, rank }];
  });
}

/** A sensor, and the device's own verdict on it, whatever was selected. */
export type Seen = { readonly sensor: Sensor; readonly state: State };

/**
 * What is wrong with sensors that have no row here. A device knows the worst status of them all: where that is worse
 * than every row that was read, a sensor is overlooked: a table that is unknown to this plugin, or a row that was not
 * given. `unread` says what was there and not read.
 */
export function judgeSummaries(
  host: string,
  summaries: readonly Summary[],
  seen: readonly Seen[],
  unread: string | undefined,
): readonly Finding[] {
  const most = Math.max(0, ...seen.map(rankOf));
  const told = [...summaries, ...seen.flatMap(summaryOfBoard)];
  const worst = Math.max(0, ...told.map(({ rank }) => rank));
  // The narrowest says most: the one of all sensors comes first.
  const summary = told.filter(({ rank }) => rank === worst).at(-1);
  if (summary === undefined || worst <= most) return [];
  const text = `${host}: the probe's own summary of ${summary.of} is ${summary.word}, worse than any sensor that was read`;
  const state = unread !== undefined && worst >= rankOfWord.critical ? 'CRITICAL' : 'WARNING';
  return [{ state, code: 'sensor-overlooked', text: `${text}; ${unread ?? clueOf(seen)}` }];
}

/** Where to look when everything was read: at rows that are offline and in error, else at the device. */
function clueOf(seen: readonly Seen[]): string {
  const lost = seen.filter(({ sensor: { online, status, scale } }) => {
    return online === false && status !== null && statusState(scale, status) !== 'UNKNOWN' && status !== 2;
  });
  if (lost.length === 0) return 'look at its web page';
  const names = listOf(lost.slice(0, 5).map(({ sensor }) => `${sensor.title} (${sensor.word})`));
  return `offline with a bad status: ${names}`;
}

/** What a board says about the sensors on it. */
function summaryOfBoard({ sensor: { title, worst } }: Seen): readonly Summary[] {
  if (worst === null) return [];
  const rank = rankOfState(worst, statusState('analog', worst));
  return [{ of: `the sensors on ${title}`, word: statusWord('analog', worst), rank }];
}

/** How bad a device calls a sensor that is online: the worse of what its own table and the common one say. */
function rankOf({ sensor: { online, scale, status, overall }, state }: Seen): Rank {
  // A lost board is not a sensor.
  if (online === false || scale === 'board') return 0;
  const own = rankOfState(status, state);
  const common = overall === null ? 0 : rankOfState(overall, statusState('analog', overall));
  return Math.max(own, common);
}

function rankOfState(status: number | null, state: State): Rank {
  if (state === 'CRITICAL') return status === 7 ? rankOfWord.sensorError : rankOfWord.critical;
  return state === 'WARNING' ? rankOfWord.warning : 0;
}
