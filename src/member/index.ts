export { judgeArpRules } from './arp.ts';
export { isLoopback, linkOf, type ReachedNode, type SilentNode, type VipNode, vipFacts } from './facts.ts';
export { judgeMac } from './mac.ts';
export { type JudgedNode, judgePlacement } from './placement.ts';
