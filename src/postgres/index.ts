export { askPcp, type Watched } from './by_pcp.ts';
export { type Asked, askSql } from './by_sql.ts';
export { accessOf, postgresOptions, postgresTrouble } from './options.ts';
export { openPcp } from './pcp.ts';
export type { Access, Patience } from './session.ts';
export type { Trouble } from './trouble.ts';
