// Not the sections themselves: they are a bundle of their own, which only --explain loads (#findings).
export { type Fault, type Finding, fault, withCommands } from './fault.ts';
export { type Group, inLists } from './lists.ts';
export type { Code } from './table.ts';
