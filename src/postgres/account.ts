import { homedir, userInfo } from 'node:os';

/** The name of the account that this process runs as; undefined where its number has none. */
export function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** A file in the home of the account; undefined where it has none. */
export function inHome(name: string): string | undefined {
  try {
    return `${homedir()}/${name}`;
  } catch {
    return undefined;
  }
}
