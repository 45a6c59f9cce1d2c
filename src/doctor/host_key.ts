import type { Here, SshFacts } from './facts.ts';
import { asRoot, type Line, thisMachine, todo } from './line.ts';
import { asAccount, commandLine, makeFolder, quoted } from './shell.ts';

/** Prints the fingerprints on the node itself, to be compared by a person. */
const own = 'for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$key"; done';
const compare = 'whatever answers now is trusted from then on, so compare the fingerprints';

/**
 * The host key of a node is not in any file that ssh looks into, or another one is. `said` is the plugins' reason, which
 * names a host where ssh did: behind a jump host it may be that one.
 */
export function hostKeyLine(name: string, facts: SshFacts, here: Here, said: string): Line {
  const revoked = revokedLine(name, said);
  if (revoked !== undefined) return revoked;
  const closed = facts.unreadable.find((file) => keepsKeys(file));
  if (closed !== undefined)
    return todo(
      'host key',
      `${closed} may not be read by ${here.user}, so no key in it is known`,
      asRoot(thisMachine, ...readable(closed, facts, here)),
    );
  const changed = / has changed$/.test(said);
  const named = /(?: known for|the key of) (\S+?)(?: has changed)?$/.exec(said)?.[1];
  if (facts.proxied && named === undefined && facts.knownIn.length > 0)
    return todo(
      'host key',
      `the key of ${name} is known here, so it is that of a host before it (ProxyCommand) that is not. ssh asks for it on a terminal: compare its fingerprint before you say yes`,
      asRoot(thisMachine, learn(facts, here)),
    );
  const about = named ?? knownAs(facts);
  if (facts.proxied && about !== knownAs(facts)) return keyLine(jumpHost(about, facts), facts, here, changed);
  return keyLine({ name, ...placeOf(facts), knownIn: facts.knownIn }, facts, here, changed);
}

/** A key that somebody has revoked is not to be taken, whatever its fingerprint is. */
function revokedLine(name: string, said: string): Line | undefined {
  if (/ in revoked keys file /.test(said))
    return todo(
      'host key',
      `${said}: as long as ssh cannot read the file that RevokedHostKeys names (by its whole path), it takes no key at all`,
    );
  if (!/ is revoked(?: by |$)/.test(said)) return undefined;
  return todo(
    'host key',
    `${said}, here (@revoked in a file of known keys, or RevokedHostKeys): whoever has that key can answer in place of ${name}. Do not take it: find out why it was revoked, and give ${name} another one`,
    asRoot(name, own),
  );
}

/** Whose key is not known: what it is called, where it listens, what its key is looked up by, and the files that have one. */
type Owner = {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly knownAs: string;
  readonly knownIn: readonly string[];
  /** Behind a jump host, where only ssh itself comes. */
  readonly isHidden: boolean;
};

function placeOf(facts: SshFacts): Pick<Owner, 'hostname' | 'port' | 'knownAs' | 'isHidden'> {
  const { hostname, port, proxied } = facts;
  return { hostname, port, knownAs: knownAs(facts), isHidden: proxied };
}

/** A jump host by the name that ssh says, `HOST` or `[HOST]:PORT`. Which files have its key was not looked at. */
function jumpHost(about: string, { globalKnownHosts, userKnownHosts }: SshFacts): Owner {
  const [, host = about, port = '22'] = /^\[(.+)\]:(\d+)$/.exec(about) ?? [];
  const knownIn = [...globalKnownHosts, ...userKnownHosts].filter(keepsKeys);
  return { name: host, hostname: host, port: Number(port), knownAs: about, knownIn, isHidden: false };
}

function keyLine(owner: Owner, facts: SshFacts, here: Here, changed: boolean): Line {
  const { name, isHidden } = owner;
  // ssh itself writes into the first file of the account.
  const file = isHidden ? (facts.userKnownHosts.slice(0, 1).find(keepsKeys) ?? null) : fileFor(facts);
  if (file === null)
    return todo(
      'host key',
      `the key of ${name} is not known here, and ssh's settings name no file to keep it in (UserKnownHostsFile)`,
    );
  const add = [
    ...folder(file, facts, here),
    ...(isHidden ? [learn(facts, here)] : [scan(owner, facts, file), ...readable(file, facts, here)]),
    commandLine(['ssh-keygen', '-l', '-F', owner.knownAs, '-f', file]),
  ];
  if (!changed)
    return todo(
      'host key',
      `the key of ${name} is not known here; ${compare}`,
      asRoot(thisMachine, ...add),
      asRoot(name, own),
    );
  return todo(
    'host key',
    `the key of ${name} is not the one that is known here: the host was reinstalled, or something else answers. Find out which before you take it; ${compare}`,
    asRoot(thisMachine, ...forget(owner, facts, here), ...add),
    asRoot(name, own),
  );
}

/** A file that root may have made with a umask of 077: for everybody, or of the account itself. */
function readable(file: string, { globalKnownHosts }: SshFacts, here: Here): readonly string[] {
  const own =
    globalKnownHosts.includes(file) || here.user === 'root' ? [] : [`chown ${quoted(here.user)}: ${quoted(file)}`];
  return [...own, `chmod 0644 ${quoted(file)}`];
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
  return [makeFolder(file.slice(0, file.lastIndexOf('/')), here)];
}

function scan({ hostname, port }: Owner, { hostKeyAlias, proxied }: SshFacts, file: string): string {
  const where = ['ssh-keyscan', ...(port === 22 ? [] : ['-p', String(port)]), '--', hostname];
  const renamed =
    hostKeyAlias === null || proxied ? '' : ` | sed ${quoted(`s/^[^ ]*/${hostKeyAlias.replace(/[\\/&]/g, '\\$&')}/`)}`;
  // A last line without its end would become one with the first key, and be lost.
  return `{ echo; ${commandLine(where)}${renamed}; } >>${quoted(file)}`;
}

/** An account's own file is changed by that account: what root writes anew, the account could not read. */
function forget({ knownAs, knownIn }: Owner, facts: SshFacts, here: Here): readonly string[] {
  return knownIn.map((file) => {
    const words = ['ssh-keygen', '-R', knownAs, '-f', file];
    const forgets = commandLine(facts.globalKnownHosts.includes(file) ? words : asAccount(here.user, words));
    return facts.knownIn.includes(file) ? forgets : `[ ! -e ${quoted(file)} ] || ${forgets}`;
  });
}

/** Behind a jump host only ssh itself sees the key. What becomes of the login is another matter. */
function learn({ sshArguments }: SshFacts, here: Here): string {
  const [target = '', ...options] = [...sshArguments].reverse();
  const ask = ['ssh', '-n', ...options.reverse().filter((word) => word !== '--')];
  const words = [...ask, '-o', 'StrictHostKeyChecking=accept-new', '--', target, 'true'];
  return `${commandLine(asAccount(here.user, words))} || true`;
}
