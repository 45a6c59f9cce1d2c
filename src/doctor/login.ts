import type { Here, KeyFact, ShownKeys, SshFacts } from './facts.ts';
import { asRoot, type Line, thisMachine, todo } from './line.ts';
import { asAccount, commandLine, makeFolder, quoted, shellQuoted } from './shell.ts';

/** The setting here by which ssh shows a host none of the account's keys; null where it shows one, or has none. */
export function keylessSetting({ keyless, keyAlgorithms, keys }: ShownKeys): string | null {
  if (keyless !== null || !keys.some(({ state }) => state === 'good')) return keyless;
  return keys.some((key) => isShown(key, keyAlgorithms)) ? null : 'PubkeyAcceptedAlgorithms';
}

/** Whether ssh may use a key; those of RSA are used with other algorithms than the name of their type. */
function isShown({ state, publicKey }: KeyFact, algorithms: readonly string[]): boolean {
  const type = publicKey?.split(' ')[0] ?? '';
  const all = type === 'ssh-rsa' ? [type, 'rsa-sha2-256', 'rsa-sha2-512'] : [type];
  const known = type !== '' && algorithms.length > 0 && !algorithms.some((one) => /[*?]/.test(one));
  return state === 'good' && (!known || all.some((one) => algorithms.includes(one)));
}

/** ssh shows a host no key whatever the account has: no key that is let in there would help. */
export function keylessLine(name: string, setting: string, way: SshFacts): Line {
  const keyword = setting.replace(/ .*/, '');
  const own = way.configFile === null ? [] : [quoted(way.configFile)];
  const files = way.sshArguments.includes('-F') ? own : [...own, '/etc/ssh/ssh_config', '/etc/ssh/ssh_config.d/*.conf'];
  const show = `grep -isnHE ${shellQuoted(`^[[:blank:]]*${keyword}`)} ${files.join(' ')} || true`;
  return todo(
    'key',
    `ssh's settings here (${setting}) keep it from showing ${name} a key: take that out, or set it otherwise for ${name} before that line. The command shows where it is, unless another file is included`,
    asRoot(thisMachine, show),
  );
}

/** What keeps the account from having a key to show; undefined where it has one. */
export function keyLine({ keys }: SshFacts, here: Here): Line | undefined {
  const silent = keys.find(({ state }) => state === 'silent');
  if (silent !== undefined)
    return todo(
      'key',
      `${silent.file} cannot be read, and ssh waits for it: it is no plain file, or its file system does not answer`,
    );
  if (keys.some(({ state }) => state === 'good')) return undefined;
  const account = quoted(here.user);
  const found = keys.find(({ state }) => state !== 'missing');
  if (found === undefined) return makeKey(keys, here);
  const file = quoted(found.file);
  const give = `chown ${account} ${file}`;
  if (found.state === 'open')
    return todo(
      'key',
      `${found.file} can be read by others than ${here.user}, so ssh does not use it`,
      asRoot(thisMachine, give, `chmod 0600 ${file}`),
    );
  if (found.state === 'unreadable')
    return todo(
      'key',
      `${found.file} may not be read by ${here.user}`,
      asRoot(thisMachine, give, `chmod 0600 ${file}`),
    );
  return todo(
    'key',
    `${found.file} has a passphrase, or is no key: nobody is there to type one when a check runs. The commands make another one without, and look again with that (--ssh-identity)`,
    asRoot(thisMachine, ...keygen(`${found.file}-rackwatch`, here), withIdentity(`${found.file}-rackwatch`, here)),
  );
}

/** The call of the doctor with another key. */
function withIdentity(file: string, { user, command }: Here): string {
  const rest = command.filter((word, i) => !/^--ssh-identity(?:=|$)/.test(word) && command[i - 1] !== '--ssh-identity');
  return commandLine(asAccount(user, [...rest, '--ssh-identity', file]));
}

function makeKey(keys: readonly KeyFact[], here: Here): Line {
  const files = keys.map(({ file }) => file);
  // ssh's own list begins with the oldest kind of key.
  const [first] = files;
  // Without any setting ssh has a list.
  if (first === undefined) return nameKey(`${here.home}/.ssh/id_ed25519`, here);
  const file = (first.endsWith('/.ssh/id_rsa') ? files.find((one) => one.endsWith('/id_ed25519')) : undefined) ?? first;
  return todo('key', `${here.user} has no key to log in with`, asRoot(thisMachine, ...keygen(file, here)));
}

/** No file that ssh is told to take a key from can be made: the one that is made is given by an option. */
function nameKey(file: string, here: Here): Line {
  return todo(
    'key',
    `ssh's settings (IdentityFile) name no file for a key of ${here.user}, or one that is known to ssh alone (by a variable or %C). The commands make one, and look again with that (--ssh-identity)`,
    asRoot(thisMachine, ...keygen(file, here), withIdentity(file, here)),
  );
}

function keygen(file: string, here: Here): readonly string[] {
  return [
    makeFolder(file.slice(0, file.lastIndexOf('/')) || '/', here),
    `[ -e ${quoted(file)} ] || ${commandLine(asAccount(here.user, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'rackwatch', '-f', file]))}`,
  ];
}

/**
 * The node lets the account in by none of its keys: how it would. `from` is the address that it is asked from, null where that
 * is not known. `permit` stands before the key: what it may be used for.
 */
export function deniedLine(
  name: string,
  facts: SshFacts,
  said: string,
  from: string | null,
  permit = 'restrict',
): Line {
  const key = facts.keys.find((one) => isShown(one, facts.keyAlgorithms));
  const text = `${name} does not let ${facts.user} in (${said})`;
  if (key === undefined) return todo('login', `${text}: that needs the key`);
  if (key.publicKey === null)
    return todo(
      'login',
      `${text}; the public half of ${key.file} is not known here: write it beside the key, as ${key.file}.pub`,
      asRoot(
        thisMachine,
        `ssh-keygen -y -f ${quoted(key.file)} >${quoted(`${key.file}.pub`)}`,
        `chmod 0644 ${quoted(`${key.file}.pub`)}`,
      ),
    );
  const more =
    facts.user === 'root'
      ? ' (if root may not log in there at all, give another account: ACCOUNT@HOST)'
      : '. The commands make the account if it is not there, with a shell and without a password, and let the key in';
  return todo(
    'login',
    `${text}${more}. ${again(name)}`,
    asRoot(name, ...authorise(facts.user, `${permit} ${key.publicKey}`), ...why(facts.user, from)),
  );
}

/** sshd tells nobody but its own host why it lets somebody not in. */
function again(name: string): string {
  return `If you have pasted them before, the last three show why sshd on ${name} still refuses`;
}

/** What sshd there has said, what it goes by, and whether the account or its password has expired. Only looks. */
function why(user: string, from: string | null): readonly string[] {
  return [
    'journalctl -u ssh -u sshd -n 20 --no-pager || true',
    settingsOf(user, from, decisive),
    `chage -l ${quoted(user)}`,
  ];
}

/** Shows what sshd goes by for an account. */
function settingsOf(user: string, from: string | null, keywords: readonly string[]): string {
  // Without these it says nothing of what stands behind a Match.
  const asked = from === null ? [] : ['-C', `user=${user},host=${from},addr=${from}`];
  return `${commandLine(['sshd', '-T', ...asked])} | grep -Ei ${shellQuoted(`^(${keywords.join('|')})`)}`;
}

/** What sshd there runs in place of what it is asked for, by its settings or the line of a key. Only looks. */
const forcing = ['forcecommand', 'chrootdirectory'];

/** Gives an account a shell if it has none, and shows what else runs in place of what sshd is asked for. */
export function whatRuns(user: string, from: string | null): readonly string[] {
  const home = `"$(getent passwd ${quoted(user)} | cut -d: -f6)`;
  return [shellFor(user), settingsOf(user, from, forcing), `grep -n command= ${home}/.ssh/authorized_keys" || true`];
}

/** What of sshd's settings decides who is let in by a key. */
const decisive = [
  ...['(allow|deny)(users|groups)', 'authorizedkeysfile', 'permitrootlogin', 'strictmodes'],
  ...['pubkeyauthentication', 'pubkeyaccepted', 'authenticationmethods', 'chrootdirectory'],
];

/** With PAM an account that has expired is cut off without a word (seen with OpenSSH 9.2). */
export function cutOffLine(name: string, facts: SshFacts, reason: string, from: string | null, here: Here): Line {
  const account = quoted(facts.user);
  // Where both sides know no cipher or kind of key in common, ssh says so at this level only.
  const aloud = ['ssh', '-n', '-o', 'LogLevel=INFO', ...facts.sshArguments, 'true'];
  return todo(
    'login',
    `${reason}, or sshd on ${name} refuses ${facts.user} without a message, as it does for an expired account (then: chage --expiredate -1 ${account}). The commands show why`,
    asRoot(thisMachine, `${commandLine(asAccount(here.user, aloud))} || true`),
    asRoot(name, ...why(facts.user, from)),
  );
}

/** Gives an account a shell in place of one that lets nobody in. */
function shellFor(user: string): string {
  const account = quoted(user);
  return `if getent passwd ${account} | grep -qE '/(nologin|false)$'; then usermod --shell /bin/sh ${account}; fi`;
}

/** Lets an account and its password last: nobody is there to change one when a check logs in by its key. */
export function lasting(user: string): string {
  return `chage --lastday "$(date +%F)" --maxdays -1 --expiredate -1 ${quoted(user)}`;
}

/**
 * On the node: the account, its key. A password field of `!` alone, or before the `*` of an account without a password, is
 * what a locked account has, which an sshd without PAM lets in by no key; a real password, even a locked one, is left as it
 * is. sshd takes no key from below a folder that others can write to.
 */
function authorise(user: string, line: string): readonly string[] {
  const account = quoted(user);
  const group = `$(getent group ${account} >/dev/null && echo --gid ${account})`;
  const make = [
    `id -u ${account} >/dev/null 2>&1 || useradd --create-home --shell /bin/sh --password '*' ${group} ${account}`,
    `if getent shadow ${account} | grep -qE '^[^:]*:!!?[*]?:'; then usermod --password '*' ${account}; fi`,
    shellFor(user),
  ];
  const file = `"\${home:?}/.ssh/authorized_keys"`;
  return [
    ...(user === 'root' ? [] : make),
    `home=$(getent passwd ${account} | cut -d: -f6)`,
    `key=${shellQuoted(line)}`,
    `install -d -m 0700 -o ${account} -g "$(id -gn ${account})" "\${home:?}/.ssh"`,
    // A last line without its end would become one with the key.
    `grep -qxF "$key" ${file} 2>/dev/null || printf '\\n%s\\n' "$key" >>${file}`,
    `chown ${account}: ${file} && chmod 0600 ${file} && chmod go-w "\${home:?}"`,
  ];
}
