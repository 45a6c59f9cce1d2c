export { type Lookup, lookUp } from './lookup.ts';
export { type Place, resolve } from './resolve.ts';
