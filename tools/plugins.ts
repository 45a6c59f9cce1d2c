import checkClusterBuckets from '../plugins/check_cluster_buckets.ts';
import checkClusterVip from '../plugins/check_cluster_vip.ts';
import checkSensorprobe from '../plugins/check_sensorprobe.ts';
import checkSourceAddress from '../plugins/check_source_address.ts';
import type { Plugin } from '../src/plugin/index.ts';

/** Every plugin, in the order in which the documents and the generated configuration name them. */
export const plugins: readonly Plugin[] = [checkClusterBuckets, checkClusterVip, checkSourceAddress, checkSensorprobe];
