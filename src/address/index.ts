export type { Address } from './address.ts';
export { parseAddresses } from './address.ts';
export { type ArpReplies, parseArpReplies } from './arping.ts';
export { type FibGap, type FibRoute, type Hop, parseFib, parseFibGaps, type RouteType } from './fib.ts';
export { type Frame, fate, fits, parseFilters, type TrafficAction, type TrafficFilter } from './filter.ts';
export { type Inbound, type InboundReading, readInbound } from './inbound.ts';
export type { Family, Ip, IpBlock } from './ip.ts';
export { formatIp, isGroupAddress, isHostAddress, parseBlock, parseIp, sameIp, wholeFamily } from './ip.ts';
export { besides, type Level, levelsBelow, sameWire, vrfOf } from './level.ts';
export type { Down, Link } from './link.ts';
export { isInternal, parseLinks, whyDown } from './link.ts';
export { isMulticastMac, isOrdinaryGroup, parseMac } from './mac.ts';
export type { Subscription } from './maddr.ts';
export { parseSubscriptions } from './maddr.ts';
export {
  type Confirmation,
  confirmation,
  type Neighbour,
  type NeighbourEntry,
  type NeighbourReading,
  parseNeighbourEntries,
  parseNeighbours,
  readNeighbours,
} from './neighbour.ts';
export { parseOwnAddresses } from './own.ts';
export type { HostAddresses, Placement } from './placement.ts';
export { locate, readAddresses } from './placement.ts';
export { type Lines, type Mark, type PolicyAction, type PolicyRule, parsePolicyRules } from './policy.ts';
export { parseQueues, type Queue, queueing } from './queue.ts';
export { type ReversePath, type ReverseStretch, reversePath } from './reverse.ts';
export { parseRoute, type Refusal, type Route } from './route.ts';
export {
  type Case,
  type Lead,
  ownPackets,
  type Routing,
  readRouting,
  type Sender,
  type Stretch,
} from './routing.ts';
export { type CaseCondition, readCondition, readSelector, type Selector } from './selector.ts';
export {
  hostSetting,
  type InterfaceSetting,
  ipv4Setting,
  ipv6Setting,
  parseSettings,
  readSettings,
  type Settings,
} from './setting.ts';
export type { View } from './view.ts';
export { routeFor } from './walk.ts';
