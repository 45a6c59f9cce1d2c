import path from 'node:path';
import { keepsKeys } from '../../doctor/index.ts';
import type { NodeSpec, SshSettings } from '../../node/index.ts';

export type SshTarget = Extract<NodeSpec['target'], { readonly kind: 'ssh' }>;

/** A jump host on the way, and the settings that its ssh gets beside those that all have. */
export type Hop = { readonly target: SshTarget; readonly own: readonly string[] };

/**
 * What keeps an ssh from changing anything here, whatever is configured: no host key is learned or replaced (OpenSSH does so
 * by itself since 8.5), no connection stays open, no key comes into an agent, and no command of the account's is run.
 */
const always = [
  ...['UpdateHostKeys=no', 'ControlMaster=no', 'ControlPath=none'],
  ...['AddKeysToAgent=no', 'PermitLocalCommand=no'],
];

/** An unknown host key is refused, where ssh would write it down. */
export const strictly = 'StrictHostKeyChecking=yes';

/**
 * ssh writes into the first file of the account: an unknown key, and with CheckHostIP (its default before 8.5) the key of a
 * known host under its address as well, however strict it is. The others it reads all the same. null where the files cannot be
 * told apart, since ssh says a name with a blank in it without quotes.
 */
export function unwritten({ userKnownHosts }: SshSettings): readonly string[] | null {
  if (!learnsInto(userKnownHosts)) return [];
  if (!userKnownHosts.every((file) => /^[/~]/.test(file))) return null;
  return [`UserKnownHostsFile=/dev/null ${userKnownHosts.join(' ')}`];
}

/** Whether ssh would write a new host key down: a file that keeps no keys cannot learn one. */
export function learnsInto([first = 'none']: readonly string[]): boolean {
  return keepsKeys(first);
}

/** Where the files are not known: what is written however strict ssh is. */
export const noAddresses = 'CheckHostIP=no';

/**
 * The settings (`Keyword=value`) by which an ssh changes nothing, before those of the node's own ssh. The ssh of a jump host
 * gets no settings from that of the node, so the way by jump hosts (in their order from here) is said as the ProxyCommand
 * that ssh itself makes of a ProxyJump, with the settings of each in it.
 */
export function traceless(
  own: readonly string[],
  hops: readonly Hop[],
  sshConfig: string | undefined,
): readonly string[] {
  const proxy = hops.reduce<string | null>((before, hop) => commandTo(hop, before, sshConfig), null);
  return [...always, ...own, ...(proxy === null ? [] : [`ProxyCommand=${proxy}`])];
}

/**
 * As OpenSSH's ssh.c makes it of `options.jump_host`: the name of the file goes to the shell as it is there, too. Whatever is
 * configured, it says why it fails.
 */
function commandTo({ target, own }: Hop, before: string | null, sshConfig: string | undefined): string {
  const settings = ['LogLevel=INFO', ...always, ...own, ...(before === null ? [] : [`ProxyCommand=${before}`])];
  const { host, user, port } = target;
  return [
    'ssh',
    ...settings.flatMap((one) => ['-o', escaped(one)]),
    ...(sshConfig === undefined ? [] : ['-F', whole(sshConfig)]),
    ...(user === null ? [] : ['-l', escaped(user)]),
    ...(port === null ? [] : ['-p', String(port)]),
    ...['-W', '\\[%h\\]:%p', '--', escaped(host)],
  ].join(' ');
}

/** For the shell and for the tokens of ssh. ssh looks at quotes with rules of its own, so there are none. */
function escaped(word: string): string {
  return word.replaceAll('%', '%%').replace(/[^A-Za-z0-9_.,:=@%+/~-]/g, '\\$&');
}

function whole(file: string): string {
  return file === 'none' || file.startsWith('~') ? file : path.resolve(file);
}
