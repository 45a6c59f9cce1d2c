export type { ArpPacket, Told } from './arp/program.ts';
export { type ArpReading, readArp } from './arp/read.ts';
export { type ArpEnd, followArp } from './arp/walk.ts';
export { type BackendTraits, backends, type Repair } from './backend.ts';
export { readHeldBuckets } from './iptables/clusterip.ts';
export { type Extent, extentOf, isAdministration, withoutOwn } from './judge/extent.ts';
export { together } from './judge/told.ts';
export { describeTraffic, percent } from './judge/words.ts';
export {
  bucketOf,
  type Client,
  clusteripHash,
  fieldsKey,
  type Hash,
  type HashField,
  hashClient,
  hashKey,
  nftHash,
  xtClusterHash,
} from './model/hash.ts';
export { hashesOf, jhashBytes, jhashWords, scale } from './model/jhash.ts';
export type {
  Adverts,
  Answered,
  Backend,
  Bucket,
  Denial,
  HashInUse,
  Leaving,
  Obstacle,
  Reading,
  Renaming,
  Rule,
  Unread,
} from './model/rule.ts';
export {
  clientsInUse,
  count,
  type Interval,
  joined,
  mainTraffic,
  phase,
  point,
  type Traffic,
  type TrafficSpace,
  tcp,
  udp,
} from './model/traffic.ts';
export { unreadRules } from './model/unread.ts';
export { type MacReading, type NamedMac, readNamedMacs } from './named_mac.ts';
export { type NamedVips, networkOf, readNamedVips } from './named_vips.ts';
export { readRules, type Terms, trafficTo } from './read.ts';
export { type Departure, type Rewrite, type Rewrites, rewritesOf } from './rewrite.ts';
export { type BackendChoice, hiddenRules, unreadRulesets } from './rulesets.ts';
export { answers, begins, mayBeDenied, refuses } from './walk/answer.ts';
