import type { Here } from './facts.ts';
import { asRoot, type Line, ok, thisMachine, todo } from './line.ts';
import { commandLine, quoted } from './shell.ts';

/**
 * Whether the doctor runs as the account that runs the checks. As another one it sees other keys, other known hosts and
 * other permissions, so everything else it could say would be about the wrong account.
 */
export function accountLine({ user, account, command, secretLeftOut }: Here): Line {
  if (account === null && user === 'root')
    return todo(
      'account',
      'this runs as root, and checks do not: this machine has no account icinga, nagios or naemon, so name theirs with --account',
    );
  if (account === null || account === user) return ok('account', `${user}, which runs the checks`);
  const missing = secretLeftOut ? '. Give the secret again, which is not printed here' : '';
  return todo(
    'account',
    `this runs as ${user}, but the checks as ${account}: only that account's keys and rights tell the truth${missing}`,
    asRoot(thisMachine, `runuser -u ${quoted(account)} -- ${commandLine(command)}`),
  );
}
