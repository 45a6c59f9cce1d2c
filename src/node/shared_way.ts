import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where ssh looks for its own configuration when it is given none; openSUSE keeps what it ships in the last one. */
const systemFolder = '/etc/ssh';
const shippedFolder = '/usr/etc/ssh';

/**
 * What decides, beside ssh's arguments, where a connection leads, as a text that differs whenever any of it does: the
 * network that this process is in, and the state of ssh's configuration files. An open connection heeds neither. Its
 * socket can be entered from every network (a path belongs to the file system, unix(7)), and of the configuration %C
 * has host, port and user alone (and, from OpenSSH 9.6 on, the jump host; ssh.c and readconf.c, ssh_connection_hash).
 *
 * @param config as `ssh -F` is given it
 * @param answers whether files and folders can be looked at without waiting for ever; null comes of it where not
 * @param home gives the account's home as ssh knows it, whatever the environment says; may throw
 */
export async function sharedWay(
  config: string | undefined,
  home: () => string,
  answers: (files: readonly string[]) => Promise<boolean> = async () => true,
): Promise<string | null> {
  const files = config?.toLowerCase() === 'none' ? [] : await configuration(config, attempt(home), answers);
  if (files === null) return null;
  return [attempt(() => readlinkSync('/proc/self/ns/net')), vrfOf(text('/proc/self/cgroup')), ...files].join('\n');
}

/** The VRF that `ip vrf exec` has put a process into, by its /proc/PID/cgroup (iproute2, ip/ipvrf.c); '' where none. */
export function vrfOf(cgroup: string): string {
  return /\/vrf\/([^/\n]+)/.exec(cgroup)?.[1] ?? '';
}

/** A file of ssh's configuration, and the folder that its relative Include lines are about. */
type Source = { readonly file: string; readonly base: string };

/**
 * All files that the configuration is read from, each with its state; one that is not there yet is one of them. Those that
 * some file includes are looked at after `answers` was asked about them: the first ones are the caller's to ask about.
 */
async function configuration(
  config: string | undefined,
  home: string,
  answers: (files: readonly string[]) => Promise<boolean>,
): Promise<readonly string[] | null> {
  const own = join(home, '.ssh');
  const system = [systemFolder, shippedFolder].map((base) => ({ file: join(base, 'ssh_config'), base }));
  const found = new Map<string, string>();
  let level: readonly Source[] =
    config === undefined ? [{ file: join(own, 'config'), base: own }, ...system] : [{ file: config, base: own }];
  while (level.length > 0) {
    const included = level.flatMap(({ file, base }) => {
      if (found.has(file)) return [];
      const state = stateOf(file);
      found.set(file, state);
      const patterns = state === '' ? [] : includesOf(text(file));
      return patterns.map((pattern) => ({ file: absolutePattern(pattern, base, home), base }));
    });
    const elsewhere = included.map(({ file }) => plainPart(file)).filter((one) => !one.startsWith(`${systemFolder}/`));
    if (elsewhere.length > 0 && !(await answers(elsewhere))) return null;
    level = included.flatMap(({ file, base }) => matching(file).map((one) => ({ file: one, base })));
  }
  return [...found].map(([file, state]) => `${file} ${state}`);
}

/** What stands before the first part of a pattern that stands for several names. */
function plainPart(pattern: string): string {
  const parts = pattern.split('/');
  const several = parts.findIndex((part) => /[*?[%$]/.test(part));
  return (several < 0 ? parts : parts.slice(0, several)).join('/') || '/';
}

/** What no change of a regular file leaves as it was: the kernel alone sets the time of the last one. */
function stateOf(file: string): string {
  return attempt(() => {
    const found = statSync(file);
    // Whatever else it is, to read it could take for ever.
    return found.isFile() ? [found.dev, found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ') : '';
  });
}

/** The patterns of the Include lines of a file, as they are written (ssh_config(5)). */
export function includesOf(config: string): readonly string[] {
  return config.split('\n').flatMap((line) => {
    const [, words = ''] = /^\s*"?include"?(?:\s*=\s*|\s+)(.*)$/i.exec(line) ?? [];
    return [...words.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, ...word]) => word.find(Boolean) ?? '');
  });
}

/** Anchors a pattern as readconf.c does, with what newer releases put in for `%d` and variables; `~user` is not followed. */
function absolutePattern(pattern: string, base: string, home: string): string {
  const filled = pattern
    .replace(/\$\{(\w+)\}/g, (whole, name) => process.env[name] ?? whole)
    .replaceAll('%d', home)
    .replace(/^~(?=\/|$)/, home);
  return filled.startsWith('/') ? filled : join(base, filled);
}

/** The paths that a pattern stands for. A range of characters and a token of ssh's stand for more than they may. */
function matching(pattern: string): readonly string[] {
  return pattern
    .split('/')
    .filter((part) => part !== '')
    .reduce<readonly string[]>(
      (folders, part) => {
        if (!/[*?[%$]/.test(part)) return folders.map((folder) => `${folder}/${part}`);
        const name = nameOf(part);
        return folders.flatMap((folder) =>
          entries(folder)
            .filter((entry) => name.test(entry))
            .map((entry) => `${folder}/${entry}`),
        );
      },
      [''],
    );
}

function nameOf(part: string): RegExp {
  const source = part.replace(/\*|\?|\[[^\]]*\]|%.|\$\{\w+\}|[^A-Za-z0-9]/g, (one) => {
    if (one === '?' || (one.startsWith('[') && one.length > 1)) return '.';
    return /^(?:\*|%.|\$\{\w+\})$/.test(one) ? '.*' : `\\${one}`;
  });
  return new RegExp(`^${source}$`, 's');
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder === '' ? '/' : folder).sort();
  } catch {
    return [];
  }
}

function text(file: string): string {
  return attempt(() => readFileSync(file, 'utf8'));
}

/** The text that something gives; '' when it throws. */
function attempt(give: () => string): string {
  try {
    return give();
  } catch {
    return '';
  }
}
