export { trafficTo } from '../netfilter/index.ts';
export type { NodeFacts, ReadNode } from './facts.ts';
export { factsOf } from './facts.ts';
export type { Judgement } from './judge.ts';
export { judgeCluster } from './judge.ts';
export { bucketTable, reportCluster } from './report.ts';
export { judgeSeveral, type WantedVips } from './several.ts';
export { type AskedNode, judgeOne, type WantedOfAll } from './verdict.ts';
export type { AskedClient, Wanted } from './wanted.ts';
