import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { handlers, plugins } from './plugins.ts';

/** What a file is; each kind of package has its place for it. */
export type Kind = 'plugin' | 'command' | 'icinga' | 'nagios' | 'man' | 'bash' | 'zsh' | 'doc';

/** A file that a package puts on a machine. */
export type ShippedFile = {
  readonly kind: Kind;
  /** Its path below the place of its kind. */
  readonly name: string;
  readonly bytes: Buffer;
};

/** A package for a distribution: what it is called, what it says of itself, and its files. */
export type Package = {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs, as sentences. */
  readonly description: readonly string[];
  /** Whether its programs need Node. */
  readonly node: boolean;
  readonly files: readonly ShippedFile[];
};

/** What is put in place as configuration, and is the administrator's to change. */
export function isConfiguration({ kind }: { readonly kind: Kind }): boolean {
  return kind === 'icinga' || kind === 'nagios';
}

/** What may be run. */
export function isProgram({ kind }: { readonly kind: Kind }): boolean {
  return kind === 'plugin' || kind === 'command';
}

/**
 * The packages for distributions, made of dist/ as it is: man pages and completions are in them if they are there. The
 * project's directory is the current one.
 */
export function packages(): readonly Package[] {
  return [
    {
      name: 'rackwatch-plugins',
      summary: 'Icinga plugins for load-sharing clusters, sensor probes and Pgpool-II',
      description: [
        'Checks that every client of a load-sharing cluster (CLUSTERIP, xt_cluster, nftables) is answered by exactly one node, that a cluster address is where it belongs and used as source address, that AKCP sensor probes are in range, and that a Pgpool-II and its backends are well.',
        'The commands and service rules for Icinga 2 and the commands for Nagios are put in place; they make no check until a host asks for it.',
      ],
      node: true,
      files: pluginFiles(),
    },
    {
      name: 'rackwatch-node',
      summary: 'snapshot script for the nodes of a cluster that Rackwatch checks',
      description: [
        'Prints what the kernel of a cluster node says about its share of the cluster, for the plugins of rackwatch-plugins on the machine that checks. It only reads.',
        'Needed where nodes are asked by NRPE, or by a key that can do nothing else; examples for both are among the documents. By plain ssh nothing has to be installed on a node.',
      ],
      node: false,
      files: [
        file('plugin', 'plugins/cluster_node_snapshot'),
        ...manuals().filter(isOfNode),
        ...['nrpe/rackwatch.cfg', 'sudoers/rackwatch', 'ssh/authorized_keys.example'].map((name) =>
          file('doc', `icinga-conf/${name}`, `examples/${name}`),
        ),
        ...['docs/nodes.md', 'docs/ssh.md'].map((name) => file('doc', name)),
      ],
    },
  ];
}

function pluginFiles(): readonly ShippedFile[] {
  return [
    ...[...plugins, ...handlers].map(({ name }) => program('plugin', name)),
    program('command', 'rackwatch'),
    ...filesBelow('icinga-conf/icinga2').map((name) => file('icinga', `icinga-conf/icinga2/${name}`)),
    file('nagios', 'icinga-conf/nagios/commands.cfg', 'rackwatch.cfg'),
    ...manuals().filter((one) => !isOfNode(one)),
    ...['README.md', 'SECURITY.md', 'CHANGELOG.md'].map((name) => file('doc', name)),
    ...['THIRD-PARTY-LICENSES', 'rackwatch-plugins.cdx.json'].map((name) => file('doc', `dist/${name}`, name)),
    // Where the documents' links look for them.
    ...['docs', 'icinga-conf'].flatMap((folder) =>
      filesBelow(folder).map((name) => file('doc', `${folder}/${name}`, `${folder}/${name}`)),
    ),
  ];
}

/** Man pages and completions, if there are any. */
function manuals(): readonly ShippedFile[] {
  return [
    ...filesBelow('dist/man').map((name) => ({
      kind: 'man' as const,
      name: `${path.basename(name)}.gz`,
      bytes: gzipSync(readFileSync(`dist/man/${name}`), { level: 9 }),
    })),
    ...(['bash', 'zsh'] as const).flatMap((shell) =>
      filesBelow(`dist/completion/${shell}`).map((name) => file(shell, `dist/completion/${shell}/${name}`)),
    ),
  ];
}

function isOfNode({ name }: ShippedFile): boolean {
  return /^_?cluster_node_snapshot(?:\.|$)/.test(name);
}

function file(kind: Kind, source: string, name = kind === 'doc' ? source : path.basename(source)): ShippedFile {
  return { kind, name, bytes: readFileSync(source) };
}

/** A bundle, run by the distribution's own Node, whatever stands before it in the path of a daemon. */
function program(kind: Kind, name: string): ShippedFile {
  const text = readFileSync(`dist/${name}`, 'utf8').replace(/^#!.*/, '#!/usr/bin/node');
  return { kind, name, bytes: Buffer.from(text) };
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => path.relative(folder, path.join(one.parentPath, one.name)))
    .sort();
}
