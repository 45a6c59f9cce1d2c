export { type Lookup, lookUp } from './lookup.ts';
