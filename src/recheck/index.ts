export type { Api } from './api.ts';
export { answerTrap, type End, keepTurn, type Setting } from './asking.ts';
export { readInput } from './input.ts';
export { journals, note, type Severity } from './journal.ts';
export { heedSignals, ownTurn } from './later.ts';
export { ownerOf } from './owner.ts';
export { type Taken, Turns } from './turns.ts';
