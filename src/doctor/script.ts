import type { Here, SshFacts } from './facts.ts';
import { asRoot, type Step, thisMachine } from './line.ts';
import { commandLine, quoted } from './shell.ts';

/** The usual place of the script on a node, which the shipped configuration names too. */
export const usualScript = '/usr/lib/nagios/plugins/cluster_node_snapshot';

/** A script on a node: where it is, and the words of the ssh that brings root there. */
export type Destination = { readonly path: string; readonly ssh: readonly string[] };

/** Where a host is reached directly, on the usual port of ssh. */
export function destinationAt(host: string): Destination {
  return { path: usualScript, ssh: ['ssh', `root@${host}`] };
}

/** Where a node by ssh has the script; behind a jump host root goes by the account's own settings for it. */
export function destinationBy(way: SshFacts): Destination {
  const { hostname, port, proxied, sshArguments, configFile } = way;
  const path = installedScript(way)?.path ?? usualScript;
  const at = port === 22 || proxied ? [] : ['-p', String(port)];
  if (!proxied) return { path, ssh: ['ssh', ...at, `root@${hostname}`] };
  const alias = sshArguments.at(-1)?.replace(/^.*@/, '') ?? hostname;
  const given = sshArguments.indexOf('-p');
  const own = given < 0 ? [] : sshArguments.slice(given, given + 2);
  return { path, ssh: ['ssh', ...(configFile === null ? [] : ['-F', configFile]), ...own, `root@${alias}`] };
}

/** What `--remote-command` runs: the file by its whole path, and what it is given; null where it names no path. */
export function installedScript({ remoteCommand }: SshFacts): { path: string; args: readonly string[] } | null {
  const words = (remoteCommand ?? '').split(/\s+/).map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));
  const at = words.findIndex((word) => word.startsWith('/') && !isTool(word));
  const path = words[at];
  return path === undefined ? null : { path, args: words.slice(at + 1).filter((word) => word !== '') };
}

/** A shell, sudo, timeout or the like that runs the script: nothing of ours is put in its place. */
function isTool(path: string): boolean {
  return /^\/(?:usr\/)?s?bin\/(?!cluster_node_snapshot$)|\/sudo$/.test(path);
}

/** A command as sudoers writes it: `""` allows no arguments, and some letters mean something (sudoers(5)). */
export function sudoersCommand(path: string, args: readonly string[]): string {
  const escaped = args.map((word) => word.replace(/[\\,:=*?[\]!]/g, '\\$&'));
  return [path, ...(args.length === 0 ? ['""'] : escaped)].join(' ');
}

/** Brings this release's script to a node where root may log in by ssh; without a file here there is nothing to copy. */
export function copyScript({ path, ssh }: Destination, { scriptFile }: Here): readonly Step[] {
  if (scriptFile === null) return [];
  const install = commandLine(['install', '-D', '-m', '0755', '/dev/stdin', path]);
  return [asRoot(thisMachine, `${commandLine([...ssh, install])} <${quoted(scriptFile)}`)];
}
