import type { SshSettings } from '../../node/index.ts';

/** The account and the machine that ssh runs on. */
export type Client = { readonly user: string; readonly uid: number; readonly home: string; readonly machine: string };

/**
 * A file that ssh reads keys from, with what it puts in for `~` and tokens (ssh_config(5), TOKENS): `ssh -G` says them as they
 * are written. null where it takes none, or where only ssh knows which: a token that is not among these, or a variable, since a
 * daemon has others. `host` is the name that ssh is given.
 */
export function sshFile(file: string, host: string, settings: SshSettings, client: Client): string | null {
  if (file === 'none' || file.includes('${')) return null;
  const { hostname, port, user, hostKeyAlias } = settings;
  const tokens: Readonly<Record<string, string>> = {
    ...{ '%': '%', d: client.home, u: client.user, i: String(client.uid), l: client.machine },
    ...{ L: client.machine.replace(/\..*$/s, ''), h: hostname, n: host, k: hostKeyAlias ?? host },
    ...{ p: String(port), r: user },
  };
  const all = [...file.matchAll(/%(.?)/gs)].map(([, letter = '']) => letter);
  if (!all.every((letter) => Object.hasOwn(tokens, letter))) return null;
  return file
    .replace(/%(.)/gs, (token, letter: string) => tokens[letter] ?? token)
    .replace(/^~(?=\/)/, () => client.home);
}
