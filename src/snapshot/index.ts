export { oncePer, oncePerSnapshot } from './once.ts';
export type { Host, Section, SectionName, SectionStatus, Snapshot } from './snapshot.ts';
export { parseSnapshot, section } from './snapshot.ts';
