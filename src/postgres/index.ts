export { accountName } from './account.ts';
export { now } from './clock.ts';
export { accessOf, postgresOptions, postgresTrouble } from './options.ts';
export { findPassword } from './passfile.ts';
export { openPcp, type Pcp, type PcpAccess, type PcpOutput } from './pcp.ts';
export type { Access, Patience, Session, Target } from './session.ts';
export type { Trouble } from './trouble.ts';
