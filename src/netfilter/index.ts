export { readHeldBuckets } from './clusterip.ts';
export { percent } from './earlier.ts';
export { bucketOf, type Client, type Hash, type HashField, hashClient, hashKey } from './hash.ts';
export { hashesOf, scale } from './jhash.ts';
export { readRules } from './read.ts';
export type { Backend, Bucket, Obstacle, Reading, Rule, Unread } from './rule.ts';
