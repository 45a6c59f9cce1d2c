import { execFileSync } from 'node:child_process';

/** An ordinary account of this machine. */
export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/** Debian's account for Icinga, NRPE and Nagios; without it Icinga's package is not whole. */
export function nagios(): Account {
  const number = (flag: string) => Number(execFileSync('id', [flag, 'nagios'], { encoding: 'utf8' }));
  return { name: 'nagios', uid: number('-u'), gid: number('-g') };
}

/** Gives a folder and all that is in it to an account. */
export function giveTo({ name }: Account, folder: string): void {
  execFileSync('chown', ['-R', `${name}:`, folder]);
}
