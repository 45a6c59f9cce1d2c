import type { Here, SshFacts } from './facts.ts';
import { asRoot, type Step, thisMachine } from './line.ts';
import { plainWords, rootCommand, scriptIn } from './remote_command.ts';
import { commandLine, quoted } from './shell.ts';

/** The usual place of the script on a node, which the shipped configuration names too. */
export const usualScript = '/usr/lib/nagios/plugins/cluster_node_snapshot';

/** A script on a node: where it is, and the words of the ssh that brings root there. */
export type Destination = { readonly path: string; readonly ssh: readonly string[] };

/** Where a host is reached directly, on the usual port of ssh. */
export function destinationAt(host: string): Destination {
  return { path: usualScript, ssh: ['ssh', `root@${host}`] };
}

/** A path on a node by ssh; behind a jump host root goes by the account's own settings for it. */
export function destinationBy(way: SshFacts, path: string): Destination {
  const { hostname, port, proxied, sshArguments, configFile } = way;
  const at = port === 22 || proxied ? [] : ['-p', String(port)];
  if (!proxied) return { path, ssh: ['ssh', ...at, `root@${hostname}`] };
  const alias = sshArguments.at(-1)?.replace(/^.*@/, '') ?? hostname;
  const given = sshArguments.indexOf('-p');
  const own = given < 0 ? [] : sshArguments.slice(given, given + 2);
  return { path, ssh: ['ssh', ...(configFile === null ? [] : ['-F', configFile]), ...own, `root@${alias}`] };
}

/** The script that `--remote-command` runs, by its whole path; null where that is not plain to see. */
export function installedScript({ remoteCommand }: SshFacts): string | null {
  const words = plainWords(remoteCommand ?? '');
  return words === null ? null : scriptIn(words);
}

/**
 * Where this release's script may be put in the place of another one: undefined where `--remote-command` runs a file that may
 * be anything, since it has an answer.
 */
export function replaceable(way: SshFacts): Destination | undefined {
  const path = way.remoteCommand === null ? usualScript : installedScript(way);
  return path?.endsWith('/cluster_node_snapshot') === true ? destinationBy(way, path) : undefined;
}

/**
 * What root has to allow, as sudoers writes it: the command that sudo is given there, by `--remote-command` or else by the
 * shipped examples; null where that is not plain to see.
 */
export function neededCommand({ remoteCommand }: SshFacts): string | null {
  if (remoteCommand === null) return sudoersCommand(usualScript, []);
  const words = plainWords(remoteCommand);
  const [path, ...args] = (words === null ? null : rootCommand(words)) ?? [];
  return path === undefined ? null : sudoersCommand(path, args);
}

/** A command as sudoers writes it: `""` allows no arguments, and some letters mean something (sudoers(5)). */
function sudoersCommand(path: string, args: readonly string[]): string {
  const escaped = args.map((word) => word.replace(/[\\,:=*?[\]!]/g, '\\$&'));
  return [path, ...(args.length === 0 ? ['""'] : escaped)].join(' ');
}

/** The other half of a sentence before the steps of `copyScript`, for nodes where these do not go. */
export function byHand({ path }: Destination, { scriptFile }: Here): string {
  if (scriptFile === null) return '';
  return `. Where root may not log in there by ssh, bring ${scriptFile} there in your own way, as ${path} with mode 0755`;
}

/** Brings this release's script to a node where root may log in by ssh; without a file here there is nothing to copy. */
export function copyScript({ path, ssh }: Destination, { scriptFile }: Here): readonly Step[] {
  if (scriptFile === null) return [];
  const install = commandLine(['install', '-D', '-m', '0755', '/dev/stdin', path]);
  return [asRoot(thisMachine, `${commandLine([...ssh, install])} <${quoted(scriptFile)}`)];
}
