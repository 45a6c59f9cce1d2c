import type { Here } from './facts.ts';
import { asRoot, type Line, note, ok, thisMachine, todo } from './line.ts';
import { commandLine, quoted } from './shell.ts';

/**
 * Whether the doctor runs as the account that runs the checks. As another one it sees other keys, other known hosts and
 * other permissions, so everything else it could say would be about the wrong account.
 */
export function accountLine({ user, account, hasAccount, command, secretsLeftOut }: Here): Line {
  if (account === null && user === 'root')
    return todo(
      'account',
      'this runs as root, and checks do not: this machine has no account icinga, nagios or naemon, so name theirs with --account',
    );
  if (account === null || account === user) return ok('account', `${user}, which runs the checks`);
  if (!hasAccount)
    return todo('account', `this machine has no account ${account}: name the one that runs the checks with --account`);
  // In an environment a secret stands in no list of arguments, and a shell does not remember what it reads.
  const reads = secretsLeftOut.map(
    (name) => `printf '${name}: '; stty -echo; IFS= read -r ${name}; stty echo; echo; export ${name}; `,
  );
  const asks = reads.length === 0 ? '' : '. The command asks for what is secret';
  return todo(
    'account',
    `this runs as ${user}, but the checks as ${account}: only that account's keys and rights tell the truth${asks}`,
    asRoot(thisMachine, `${reads.join('')}runuser -u ${quoted(account)} -- ${commandLine(command)}`),
  );
}

/** An agent of whoever calls the doctor is no agent of a daemon. */
export function agentLines({ hadAgent }: Here): readonly Line[] {
  if (!hadAgent) return [];
  const left = 'the keys of the agent that this was called with (SSH_AUTH_SOCK) are left out';
  return [
    note('agent', `${left}: a daemon has none, but for one that ssh's settings name by its socket (IdentityAgent)`),
  ];
}

/** Whether connections can stay open for later checks; nothing where that is not asked for. */
export function sharedLines({ sharedFolder }: Here): readonly Line[] {
  if (sharedFolder === null) return [];
  if (sharedFolder.ok) return [ok('connections', `can stay open, in ${sharedFolder.value}`)];
  const { reason } = sharedFolder;
  const folder = / has mode \d+, and only 0700 /.test(reason) ? reason.replace(/ has mode .*$/, '') : null;
  return [
    todo(
      'connections',
      `${reason}: every check logs in, and is WARNING for that`,
      ...(folder === null ? [] : [asRoot(thisMachine, `chmod 0700 ${quoted(folder)}`)]),
    ),
  ];
}
