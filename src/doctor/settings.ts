import type { Here, NodeFacts, SshFacts } from './facts.ts';
import { asRoot, type Line, note, type Step, thisMachine, todo } from './line.ts';
import { asAccount, commandLine, installCommand, quoted } from './shell.ts';

/** ssh gives no settings for a node, or is not there. */
export function unsettledLine(reason: string, here: Here): Line {
  if (/not installed/.test(reason))
    return todo('ssh', reason, asRoot(thisMachine, installCommand('openssh-client', 'openssh-clients')));
  const name = /^ssh: Could not resolve host "?(.+?)"?$/.exec(reason)?.[1];
  if (name !== undefined)
    return todo(
      'name',
      `ssh finds ${name} in none of the domains that its settings name (CanonicalDomains), and takes it from nowhere else (CanonicalizeFallbackLocal no): enter it in DNS there, or give an address in its place`,
    );
  const text = `ssh cannot read its settings: ${reason}`;
  const file = /^Can't open user config file (.+): Permission denied$|^Bad owner or permissions on (.+)$/.exec(reason);
  return todo('settings', text, ...opened(file?.[1] ?? file?.[2], here));
}

/** Makes a file of settings one that ssh takes: the account's own, or one that everybody may read and root alone write. */
function opened(file: string | undefined, { user, home }: Here): readonly Step[] {
  if (file === undefined) return [];
  const [path, owner] = [quoted(file), file.startsWith(`${home}/`) ? quoted(user) : 'root'];
  const reads = commandLine(asAccount(user, ['test', '-r', file]));
  return [asRoot(thisMachine, `chown ${owner}: ${path} && chmod 0644 ${path}`, `${reads} || namei -l ${path}`)];
}

/** What ssh's own settings do to the way. */
export function settingsLines(node: NodeFacts, way: SshFacts, here: Here): readonly Line[] {
  const proxy = note('way', 'a jump host or a ProxyCommand is in between: it handles name and port itself');
  return [
    ...(way.proxied ? [proxy] : []),
    ...way.closedSettings.map((file) => closedLine(file, node.answer?.reached === true, here)),
    ...way.jumps.flatMap(({ hostname, localCommand }) => (localCommand ? [localLine(hostname)] : [])),
  ];
}

/** ssh says nothing of a file of settings that it may not read, unless it is given by an option or an Include. */
function closedLine(file: string, works: boolean, here: Here): Line {
  const text = `${file} may not be read by ${here.user}, so nothing in it counts for a check`;
  return works ? note('settings', text) : todo('settings', text, ...opened(file, here));
}

/** ssh finds nothing in a folder that its account may not enter, such as a `~/.ssh` that root has made. */
export function shutLine({ shutFolder }: SshFacts, { user, home }: Here): Line | undefined {
  if (shutFolder === null) return undefined;
  const folder = quoted(shutFolder);
  const text = `${shutFolder} may not be entered by ${user}, and ssh looks for keys or known hosts in it`;
  // Another one, such as the home of root, is closed for a reason.
  if (shutFolder !== home && !shutFolder.startsWith(`${home}/`))
    return todo('folder', `${text}: put them where ${user} may read them, as in ${home}/.ssh, and name them there`);
  return todo('folder', text, asRoot(thisMachine, `chown ${quoted(user)}: ${folder} && chmod 0700 ${folder}`));
}

/** The doctor changes nothing, and does not know what it does. */
function localLine(jump: string): Line {
  return note(
    'LocalCommand',
    `ssh's settings run a command on this machine (LocalCommand) once they are in at the jump host ${jump}: a check waits for it, and this login was made without`,
  );
}

/** ssh could not even begin to connect; undefined where that is not the matter. */
export function sourceLine(reason: string): Line | undefined {
  if (!/^ssh: connect to host .* port \d+: (?:bind |failure$)/.test(reason)) return undefined;
  const what = 'name an address or an interface to ask from that this machine does not have';
  return todo('settings', `${reason}: ssh's settings (BindAddress, BindInterface) ${what}`);
}

/** The other half of a reason that a name leads nowhere, where ssh's settings take addresses of one family alone. */
export function familyRemark({ family }: SshFacts): string {
  return family === null ? '' : ` (ssh's settings take no other: AddressFamily ${family === 4 ? 'inet' : 'inet6'})`;
}
