export { readHeldBuckets } from './iptables/clusterip.ts';
export { isAdministration, ownPorts, percent } from './judge/losses.ts';
export { describeTraffic } from './judge/words.ts';
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
export type { Answered, Backend, Bucket, HashInUse, Obstacle, Reading, Rule, Unread } from './model/rule.ts';
export {
  allTraffic,
  count,
  type Interval,
  intersect,
  isEmpty,
  joined,
  mainTraffic,
  point,
  project,
  type Region,
  subtract,
  within,
} from './model/traffic.ts';
export { type BackendChoice, mostComparisons, readRules } from './read.ts';
export { answers, mayBeDenied, type ResidueOf, residueOf } from './walk/answer.ts';
