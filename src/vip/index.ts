export { judgeVip, type VipJudgement } from './judge.ts';
export { vipLines } from './lines.ts';
export { reportVip } from './report.ts';
export type { Expected, WantedVip } from './wanted.ts';
export { asksRules } from './wanted.ts';
