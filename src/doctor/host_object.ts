import type { NodeFacts, ProbeFacts } from './facts.ts';
import { neededTimeout } from './time.ts';

/** Options of a plugin as the host carries them, by the names of its CheckCommand's variables, less their prefix. */
export type HostOptions = Readonly<Record<string, string | true>>;

/** What the host of a cluster is made of. */
export type Cluster = {
  readonly name: string;
  /** The shared addresses; a single one with its prefix where one was given. */
  readonly vips: readonly string[];
  /** Whether it moves between the nodes as a whole. */
  readonly isFailover: boolean;
  /** The nodes that work, and those that do not. */
  readonly nodes: readonly NodeFacts[];
  readonly rest: readonly NodeFacts[];
  /** The `--timeout` of its check, in seconds; null for the usual one. */
  readonly timeout: number | null;
  readonly options: HostOptions;
};

/**
 * The host that stands for a cluster, for rackwatch-services.conf, with the nodes that work; those that do not are named in
 * a comment.
 */
export function clusterObject({ name, vips, isFailover, nodes, rest, timeout, options }: Cluster): string {
  const specs = nodes.map(({ spec }) => text(spec));
  const { ssh_shared: shared, ...others } = options;
  const [vip = ''] = vips;
  const own = timeout === null ? others : { ...others, timeout: String(timeout) };
  return [
    `object Host ${nameText(name)} {`,
    '  import "generic-host"',
    addressLine(vip.split('/')[0] ?? vip),
    // An address for check_cluster_vip may have a prefix; check_cluster_buckets refuses one.
    ...(isFailover && vip.includes('/') ? [`  vars.cluster_vip = ${text(vip)}`] : []),
    // One service for all of them.
    ...(vips.length > 1 ? [`  vars.cluster_vips = [ ${vips.map(text).join(', ')} ]`] : []),
    ...(isFailover ? ['  vars.cluster_type = "failover"'] : []),
    ...(rest.length === 0 ? [] : [`  // Not yet: ${rest.map((node) => node.name).join(', ')}`]),
    `  vars.cluster_nodes = [ ${specs.join(', ')} ]`,
    // All services of a cluster go by that one.
    ...(shared === undefined ? [] : [`  vars.cluster_ssh_shared = ${text(String(shared))}`]),
    ...entries(own).map(([option, value]) => `  vars.cluster_${isFailover ? 'vip' : 'buckets'}_${option} = ${value}`),
    '}',
  ].join('\n');
}

/** The host that stands for a probe. Secrets that were typed are named by the file that holds them. */
export function probeObject({ host, secret, totalMs }: ProbeFacts, options: HostOptions): string {
  const timeout = neededTimeout(totalMs);
  const all = {
    ...options,
    ...(secret.kind === 'typed' ? { credentials: secret.file } : {}),
    ...(timeout === null ? {} : { timeout: String(timeout) }),
  };
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
