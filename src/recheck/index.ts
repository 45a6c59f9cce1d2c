export { type Api, askRecheck } from './api.ts';
export { readInput } from './input.ts';
export { journals, note, type Severity } from './journal.ts';
export { leaveBehind, ownTurn, waitUntil } from './later.ts';
export { type Taken, Turns } from './turns.ts';
