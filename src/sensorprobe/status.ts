import type { State } from '../plugin/index.ts';

/**
 * How a table counts its statuses. 0 stands in none of them and occurs all the same; numbers that a scale does not have
 * are UNKNOWN, never OK.
 */
export type Scale = 'analog' | 'switch' | 'contact' | 'output' | 'display' | 'door';

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

// A level says nothing of a sensor, and of a contact what is normal for it decides: see `contactState`.
const levels: Words = { 8: ['outputLow', 'UNKNOWN'], 9: ['outputHigh', 'UNKNOWN'] };

/** The words of AKCP's MIBs, and what they mean for a sensor that is online. */
const words: Readonly<Record<Scale, Words>> = {
  analog,
  switch: { ...withoutWarning, ...levels },
  contact: { ...withoutWarning, ...levels },
  // On and off are facts, not faults, unless one of them is expected.
  output: { ...withoutWarning, 8: ['relayOn', 'OK'], 9: ['relayOff', 'OK'] },
  // Buzzers, lights, locks, flow: measured or switched, nobody knows which.
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

/** Whether an output is on or off; undefined where its status does not tell. */
export function outputState(status: number): 'on' | 'off' | undefined {
  return status === 8 ? 'on' : status === 9 ? 'off' : undefined;
}

/** The state of a contact's level: low (8) is a closed contact, high (9) an open one; `normalState` is 0 closed, 1 open. */
export function contactState(status: 8 | 9, normalState: number | null): State {
  if (normalState !== 0 && normalState !== 1) return 'UNKNOWN';
  return (status === 8) === (normalState === 0) ? 'OK' : 'CRITICAL';
}
