import type { Wanted } from '../src/cluster/index.ts';
import { vip } from './snapshot_text.ts';

/** What a user wants who gives nothing but the VIP. */
export const nothingWanted: Wanted = {
  vip,
  totalNodes: undefined,
  mac: undefined,
  held: {},
  unreachable: 'CRITICAL',
  skip: [],
  expectBuckets: undefined,
  backend: 'auto',
  networks: [],
  clients: [],
};
