import type { Here, KeyFact, SshFacts } from './facts.ts';
import { asRoot, type Line, thisMachine, todo } from './line.ts';
import { asAccount, commandLine, quoted, shellQuoted } from './shell.ts';

/** What keeps the account from having a key to show; undefined where it has one. */
export function keyLine({ keys }: SshFacts, here: Here): Line | undefined {
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
    `${found.file} has a passphrase, or is no key: nobody is there to type one when a check runs. Make another one without, and name it with --ssh-identity`,
    asRoot(thisMachine, ...keygen(`${found.file}-rackwatch`, here)),
  );
}

function makeKey(keys: readonly KeyFact[], here: Here): Line {
  const files = keys.map(({ file }) => file);
  // ssh's own list begins with the oldest kind of key.
  const [first = `${here.home}/.ssh/id_ed25519`] = files;
  const file = (first.endsWith('/.ssh/id_rsa') ? files.find((one) => one.endsWith('/id_ed25519')) : undefined) ?? first;
  return todo('key', `${here.user} has no key to log in with`, asRoot(thisMachine, ...keygen(file, here)));
}

function keygen(file: string, { user }: Here): readonly string[] {
  const [account, folder] = [quoted(user), quoted(file.slice(0, file.lastIndexOf('/')) || '/')];
  return [
    `[ -d ${folder} ] || install -d -m 0700 -o ${account} -g "$(id -gn ${account})" ${folder}`,
    `[ -e ${quoted(file)} ] || ${commandLine(asAccount(user, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'rackwatch', '-f', file]))}`,
  ];
}

/** The node lets the account in by none of its keys: how it would. */
export function deniedLine(name: string, facts: SshFacts, said: string): Line {
  const key = facts.keys.find(({ state }) => state === 'good');
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
  return todo('login', `${text}${more}`, asRoot(name, ...authorise(facts.user, key.publicKey)));
}

/**
 * On the node: the account, its key. A password field of `!` alone is what a locked account has, which an sshd without PAM
 * lets in by no key; a real password, even a locked one, is left as it is.
 */
function authorise(user: string, publicKey: string): readonly string[] {
  const account = quoted(user);
  const make = [
    `id -u ${account} >/dev/null 2>&1 || useradd --create-home --shell /bin/sh --password '*' ${account}`,
    `if getent shadow ${account} | grep -qE '^[^:]*:!!?:'; then usermod --password '*' ${account}; fi`,
    `if getent passwd ${account} | grep -qE '/(nologin|false)$'; then usermod --shell /bin/sh ${account}; fi`,
  ];
  return [
    ...(user === 'root' ? [] : make),
    `folder=$(getent passwd ${account} | cut -d: -f6)/.ssh`,
    `key=${shellQuoted(`restrict ${publicKey}`)}`,
    `install -d -m 0700 -o ${account} -g "$(id -gn ${account})" "$folder"`,
    'grep -qxF "$key" "$folder/authorized_keys" 2>/dev/null || echo "$key" >>"$folder/authorized_keys"',
    `chown ${account}: "$folder/authorized_keys" && chmod 0600 "$folder/authorized_keys"`,
  ];
}
