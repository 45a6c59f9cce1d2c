import type { Here, SshFacts } from './facts.ts';
import { asRoot, type Line, thisMachine, todo } from './line.ts';
import { asAccount, commandLine, quoted } from './shell.ts';

/** Prints the fingerprints on the node itself, to be compared by a person. */
const own = 'for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$key"; done';
const compare = 'whatever answers now is trusted from then on, so compare the fingerprints';

/** The host key of a node is not in any file that ssh looks into, or another one is. */
export function hostKeyLine(name: string, facts: SshFacts, here: Here, changed: boolean): Line {
  if (facts.proxied) return proxied(name, facts, here, changed);
  const file = fileFor(facts);
  if (file === null)
    return todo(
      'host key',
      `the key of ${name} is not known here, and ssh's settings name no file to keep it in (UserKnownHostsFile)`,
    );
  const add = asRoot(thisMachine, ...folder(file, facts, here), scan(facts, file), shown(facts, file));
  if (!changed) return todo('host key', `the key of ${name} is not known here; ${compare}`, add, asRoot(name, own));
  return todo(
    'host key',
    `the key of ${name} is not the one that is known here: the host was reinstalled, or something else answers. Find out which before you take it; ${compare}`,
    asRoot(thisMachine, ...forget(facts, here), ...add.commands),
    asRoot(name, own),
  );
}

/** The name that ssh writes down for a host and a port. */
function knownAs({ hostname, port, hostKeyAlias }: SshFacts): string {
  return hostKeyAlias ?? (port === 22 ? hostname : `[${hostname}]:${port}`);
}

/** Whether host keys can be kept in a file of that name. */
export function keepsKeys(file: string): boolean {
  return file !== 'none' && file !== '/dev/null';
}

function fileFor({ globalKnownHosts, userKnownHosts }: SshFacts): string | null {
  return [...globalKnownHosts, ...userKnownHosts].find(keepsKeys) ?? null;
}

/** The folder of an account's own file may be missing; that of the whole machine comes with ssh. */
function folder(file: string, { globalKnownHosts }: SshFacts, here: Here): readonly string[] {
  if (globalKnownHosts.includes(file)) return [];
  const path = file.slice(0, file.lastIndexOf('/'));
  const [account, group] = [quoted(here.user), `"$(id -gn ${quoted(here.user)})"`];
  return [`[ -d ${quoted(path)} ] || install -d -m 0700 -o ${account} -g ${group} ${quoted(path)}`];
}

function scan({ hostname, port, hostKeyAlias }: SshFacts, file: string): string {
  const where = ['ssh-keyscan', ...(port === 22 ? [] : ['-p', String(port)]), '--', hostname];
  const renamed = hostKeyAlias === null ? '' : ` | sed ${quoted(`s/^[^ ]*/${hostKeyAlias}/`)}`;
  return `${commandLine(where)}${renamed} >>${quoted(file)}`;
}

function shown(facts: SshFacts, file: string): string {
  return commandLine(['ssh-keygen', '-l', '-F', knownAs(facts), '-f', file]);
}

/** An account's own file is changed by that account: what root writes anew, the account could not read. */
function forget(facts: SshFacts, here: Here): readonly string[] {
  return facts.knownIn.map((file) => {
    const words = ['ssh-keygen', '-R', knownAs(facts), '-f', file];
    return commandLine(facts.globalKnownHosts.includes(file) ? words : asAccount(here.user, words));
  });
}

/** Behind a jump host only ssh itself sees the key. */
function proxied(name: string, facts: SshFacts, here: Here, changed: boolean): Line {
  const [target = '', ...options] = [...facts.sshArguments].reverse();
  const ask = [
    'ssh',
    '-n',
    ...options.reverse().filter((word) => word !== '--'),
    '-o',
    'StrictHostKeyChecking=accept-new',
  ];
  const words = asAccount(here.user, [...ask, '--', target, 'true']);
  return todo(
    'host key',
    `the key of ${name}, or of the jump host before it, is ${changed ? 'different from the one known' : 'not known'} here; ${compare}`,
    asRoot(thisMachine, ...(changed ? forget(facts, here) : []), commandLine(words)),
  );
}
