export { answers, mayBeDenied, type ResidueOf, residueOf } from './answer.ts';
export { readHeldBuckets } from './clusterip.ts';
export { describeTraffic } from './describe.ts';
export { isAdministration, ownPorts, percent } from './earlier.ts';
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
} from './hash.ts';
export { hashesOf, jhashBytes, jhashWords, scale } from './jhash.ts';
export { type BackendChoice, mostComparisons, readRules } from './read.ts';
export type { Answered, Backend, Bucket, HashInUse, Obstacle, Reading, Rule, Unread } from './rule.ts';
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
} from './traffic.ts';
