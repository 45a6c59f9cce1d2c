export { trafficTo } from '../netfilter/index.ts';
export type { NodeFacts, ReadNode } from './facts.ts';
export { factsOf } from './facts.ts';
export type { Judgement } from './judge.ts';
export { judgeCluster } from './judge.ts';
export { nodeLines } from './lines.ts';
export { bucketTable, pathMtu, repairLines, reportCluster, unshared, unshown } from './report.ts';
export type { AskedClient, Wanted } from './wanted.ts';
