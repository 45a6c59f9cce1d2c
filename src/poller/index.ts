export type { Limits } from './command.ts';
export { routesTo } from './connect.ts';
export { lookFor } from './look.ts';
export { ownAddresses } from './own.ts';
export { type Resolved, resolveName } from './resolve.ts';
