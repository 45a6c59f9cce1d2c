export { type HostFacts, hostFacts, type Target, type Way } from './facts.ts';
export type { WantedSource } from './judge.ts';
export { hostLines } from './lines.ts';
export { natLeftOpen, reportSource } from './report.ts';
