import { execFileSync } from 'node:child_process';

/** An ordinary account of this machine. */
export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/** An account that is there, by its name. */
export function accountOf(name: string): Account {
  const number = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { name, uid: number('-u'), gid: number('-g') };
}

/** Debian's account for Icinga, NRPE and Nagios, which comes with each of them. */
export function nagios(): Account {
  return accountOf('nagios');
}

/** Gives a folder and all that is in it to an account. */
export function giveTo({ name }: Account, folder: string): void {
  execFileSync('chown', ['-R', `${name}:`, folder]);
}
