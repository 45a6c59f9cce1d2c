export { routesTo } from './connect.ts';
export { ownAddresses } from './own.ts';
export { resolveName } from './resolve.ts';
