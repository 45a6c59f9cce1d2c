export { kinds } from './kind.ts';
export { wholeTable } from './list.ts';
export { parsePattern } from './pattern.ts';
export { type Answer, judgeProbe, type ProbeVerdict } from './probe.ts';
export { type Layout, reportProbes } from './report.ts';
export { type Reading, type Survey, survey, type Wanted } from './survey.ts';
export type { Family } from './table.ts';
export { parseKindRange, parseKinds, rangedKinds, twice, type Wishes } from './wishes.ts';
