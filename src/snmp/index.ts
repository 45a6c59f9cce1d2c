export type { Access } from './access.ts';
export { Agent, type Patience, type Reading } from './agent.ts';
export { readCredentials, type Secrets } from './credentials.ts';
export { accessOf, snmpOptions, snmpTrouble } from './options.ts';
export type { Value } from './session.ts';
export type { Trouble } from './trouble.ts';
export { inTurns } from './turns.ts';
export type { Wanted } from './walk.ts';
