import type { NodeFacts, ProbeFacts } from './facts.ts';
import { probeSecrets } from './probe.ts';
import { sharesOut, showsAddress, snapshotsOf } from './vip.ts';

/** Options of a plugin as the host carries them, by the names of its CheckCommand's variables, less their prefix. */
export type HostOptions = Readonly<Record<string, string | true>>;

/**
 * The host that stands for a cluster, for rackwatch-services.conf, with the nodes that work; those that do not are named in
 * a comment.
 */
export function clusterObject(
  vip: string,
  nodes: readonly NodeFacts[],
  rest: readonly NodeFacts[],
  options: HostOptions,
): string {
  const specs = nodes.map(({ spec }) => text(spec));
  const snapshots = snapshotsOf(nodes);
  const isFailover = showsAddress(snapshots, vip) && !sharesOut(snapshots);
  return [
    'object Host "cluster1" {',
    '  import "generic-host"',
    addressLine(vip.split('/')[0] ?? vip),
    // An address for check_cluster_vip may have a prefix.
    ...(vip.includes('/') ? [`  vars.cluster_vip = ${text(vip)}`] : []),
    ...(isFailover ? ['  vars.cluster_type = "failover"'] : []),
    ...(rest.length === 0 ? [] : [`  // Not yet: ${rest.map(({ name }) => name).join(', ')}`]),
    `  vars.cluster_nodes = [ ${specs.join(', ')} ]`,
    ...entries(options).map(([name, value]) => `  vars.cluster_${isFailover ? 'vip' : 'buckets'}_${name} = ${value}`),
    '}',
  ].join('\n');
}

/** The host that stands for a probe. Secrets that were typed are named by the file that holds them. */
export function probeObject({ host, secretFrom }: ProbeFacts, options: HostOptions): string {
  const all = secretFrom === 'options' ? { ...options, credentials: probeSecrets } : options;
  const given = entries(all).map(([name, value]) => `${name} = ${value}`);
  return [
    `object Host ${nameText(host)} {`,
    '  import "generic-host"',
    addressLine(host),
    given.length === 0 ? '  vars.akcp = { }' : `  vars.akcp = { ${given.join(', ')} }`,
    '}',
  ].join('\n');
}

/** Icinga has an attribute for each family. */
function addressLine(address: string): string {
  return `  ${address.includes(':') ? 'address6' : 'address'} = ${text(address)}`;
}

function entries(options: HostOptions): readonly (readonly [string, string])[] {
  return Object.entries(options).map(([name, value]) => [name, value === true ? 'true' : text(value)]);
}

/** A text in Icinga's language whose value may be looked through for macros: `$` stands twice there. */
function text(value: string): string {
  return nameText(value.replaceAll('$', '$$$$'));
}

/** A text in Icinga's language. */
function nameText(value: string): string {
  return `"${value.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`;
}
