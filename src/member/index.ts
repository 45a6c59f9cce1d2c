export type { Answerer } from './announce.ts';
export { type Answering, judgeAnswering, type WantedArp } from './arp.ts';
export { judgeReplies } from './back.ts';
export { type CardUse, cardFaults, judgeCards, judgeFilters } from './card.ts';
export { type Asked, clientsOf, type Replier } from './circle.ts';
export {
  frameInterface,
  isLoopback,
  linkOf,
  type Member,
  memberFacts,
  networkPlaces,
  type ReachedNode,
  type SilentNode,
} from './facts.ts';
export { memberRows } from './lines.ts';
export { type ClusterMac, judgeClusterMac, judgeOwnMac, type Sharer } from './mac.ts';
export { type JudgedMember, judgePlacement, type Standing, type WantedPlacement } from './placement.ts';
export { silenceFault } from './silence.ts';
export type { Stretch, Stretches } from './stretch.ts';
export { sudoers, unreadFault } from './unread.ts';
export { unshownRoutes } from './unshown.ts';
