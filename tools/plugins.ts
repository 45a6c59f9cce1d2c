import akcpTrap from '../plugins/akcp_trap.ts';
import checkClusterBuckets from '../plugins/check_cluster_buckets.ts';
import checkClusterVip from '../plugins/check_cluster_vip.ts';
import checkPgpool from '../plugins/check_pgpool.ts';
import checkSensorprobe from '../plugins/check_sensorprobe.ts';
import checkSourceAddress from '../plugins/check_source_address.ts';
import type { Handler, Plugin } from '../src/plugin/index.ts';

/** Runs of a plugin with the functions that a check needs: what has not run is not in V8's code cache. */
export type WarmUp = {
  readonly args: readonly string[];
  /** A recording that a simulated probe or Pgpool serves meanwhile, on a port that the arguments get. */
  readonly recording?: string;
  /** Nodes that the arguments get, and situations of the whole-way lab, on whose nodes the plugin runs once more each. */
  readonly nodes?: readonly string[];
  readonly situations?: readonly string[];
};

/** A plugin as it is built and installed. */
export type Shipped = { readonly plugin: Plugin; readonly warmUp: WarmUp };

/** Healthy clusters of each backend, and this host, for what a child takes. */
const clusters = {
  nodes: [
    ...['n1', 'n2'].flatMap((name) => ['--node', `file:test/fixtures/clusterip/healthy/${name}.txt`]),
    ...['--node', 'local'],
  ],
  situations: ['iptables-nft', 'nftables'].map((way) => `1-arp-rule-on-both-nodes-${way}`),
};

/** Every plugin, in the order in which the documents and the generated configuration name them. */
export const shipped: readonly Shipped[] = [
  { plugin: checkClusterBuckets, warmUp: { args: ['--vip', '192.168.56.20'], ...clusters } },
  { plugin: checkClusterVip, warmUp: { args: ['--vip', '192.168.56.20'], ...clusters } },
  {
    plugin: checkSourceAddress,
    warmUp: { args: ['--source', '192.0.2.100', '--target', 'localhost'], ...clusters },
  },
  {
    plugin: checkSensorprobe,
    warmUp: {
      // By name, for the lookup.
      args: ['--hostname', 'localhost', '--use-ipv4'],
      recording: 'test/fixtures/sensorprobe/sensorprobe4-six-sensors.snmp',
    },
  },
  {
    plugin: checkPgpool,
    warmUp: { args: ['--hostname', 'localhost'], recording: 'test/fixtures/pgpool/00-healthy.psv' },
  },
];

export const plugins: readonly Plugin[] = shipped.map(({ plugin }) => plugin);

/** Every program that a daemon calls when something happens; built and installed as the plugins are. */
export const shippedHandlers: readonly { readonly handler: Handler; readonly warmUp: WarmUp }[] = [
  {
    handler: akcpTrap,
    warmUp: {
      args: ['--sender', '192.0.2.50', '--api-name', 'icinga1', '--dry-run'].concat(
        ['--ca', '--api-credentials', '--state-dir'].flatMap((option) => [option, '/nonexistent']),
      ),
    },
  },
];

export const handlers: readonly Handler[] = shippedHandlers.map(({ handler }) => handler);
