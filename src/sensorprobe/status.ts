import type { State } from '../plugin/index.ts';

/**
 * How a table counts its statuses. 0 is in none of them except that of boards, but occurs all the same; numbers that a
 * scale does not have are UNKNOWN, never OK. `information` has none at all.
 */
export type Scale =
  | 'analog'
  | 'switch'
  | 'contact'
  | 'output'
  | 'outlet'
  | 'display'
  | 'door'
  | 'board'
  | 'custom'
  | 'information';

type Word = readonly [word: string, state: State];

type Words = Readonly<Record<number, Word>>;

const analog: Words = {
  1: ['noStatus', 'UNKNOWN'],
  2: ['normal', 'OK'],
  3: ['highWarning', 'WARNING'],
  4: ['highCritical', 'CRITICAL'],
  5: ['lowWarning', 'WARNING'],
  6: ['lowCritical', 'CRITICAL'],
  7: ['sensorError', 'CRITICAL'],
};

// A switch has no warning: 3 and 5 are unknown numbers there.
const { 3: _, 5: __, ...withoutWarning } = analog;

/** A custom sensor's statuses have texts, and the MIB does not say which of them are good. */
const customStatuses: Words = Object.fromEntries(
  Array.from({ length: 16 }, (___, i): [number, Word] => [16 + i, [`customStatus${i}`, 'UNKNOWN']]),
);

/** The words of AKCP's MIBs, and what they mean for a sensor that is online. */
const words: Readonly<Record<Scale, Words>> = {
  analog,
  // Sensors with a relay of their own report water, smoke or motion by it.
  switch: { ...withoutWarning, 8: ['relayOn', 'CRITICAL'], 9: ['relayOff', 'OK'] },
  // A level alone says nothing about a contact; what is normal for it decides: see `contactState`.
  contact: { ...withoutWarning, 8: ['outputLow', 'UNKNOWN'], 9: ['outputHigh', 'UNKNOWN'] },
  // On and off are facts, not faults, unless one of them is expected.
  output: { ...withoutWarning, 8: ['relayOn', 'OK'], 9: ['relayOff', 'OK'] },
  outlet: { 1: ['noStatus', 'UNKNOWN'], 2: ['on', 'OK'], 3: ['off', 'OK'], 7: ['sensorError', 'CRITICAL'] },
  // Buzzers, lights, locks, flow: whether they are measured or switched is not known.
  display: { ...analog, 8: ['outputOn', 'OK'], 9: ['outputOff', 'OK'] },
  door: {
    1: ['noStatus', 'UNKNOWN'],
    2: ['closed', 'OK'],
    3: ['heldOpen', 'WARNING'],
    4: ['fire', 'CRITICAL'],
    5: ['opened', 'WARNING'],
    6: ['forceOpened', 'CRITICAL'],
    7: ['error', 'CRITICAL'],
  },
  board: { 0: ['offline', 'CRITICAL'], 1: ['starting', 'WARNING'], 2: ['normal', 'OK'] },
  custom: { ...analog, ...customStatuses },
  information: {},
};

/** The MIB's word for a status number; `unknown` for a number that no MIB has. */
export function statusWord(scale: Scale, status: number): string {
  return words[scale][status]?.[0] ?? 'unknown';
}

/** What a status number means while the sensor is online. */
export function statusState(scale: Scale, status: number): State {
  return words[scale][status]?.[1] ?? 'UNKNOWN';
}

/** Whether a status tells where a value lies (2 to 6): these, and only these, give way to ranges of the user's own. */
export function isLimitStatus(scale: Scale, status: number): boolean {
  return status >= 2 && status <= 6 && statusWord(scale, status) !== 'unknown';
}

/** Whether a scale is that of what is switched, not measured or watched. */
export function isOutput(scale: Scale): boolean {
  return scale === 'output' || scale === 'outlet';
}

/** Whether an output is on or off; undefined where its status does not tell. */
export function outputState(scale: Scale, status: number): 'on' | 'off' | undefined {
  const [on, off] = scale === 'outlet' ? [2, 3] : [8, 9];
  return status === on ? 'on' : status === off ? 'off' : undefined;
}

/** The state of a contact's level: low (8) is a closed contact, high (9) an open one; `normalState` is 0 closed, 1 open. */
export function contactState(status: 8 | 9, normalState: number | null): State {
  if (normalState !== 0 && normalState !== 1) return 'UNKNOWN';
  return (status === 8) === (normalState === 0) ? 'OK' : 'CRITICAL';
}
