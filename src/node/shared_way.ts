import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Answers } from './answering.ts';

/** Where ssh looks for its own configuration when it is given none; openSUSE keeps what it ships in the last one. */
const systemFolder = '/etc/ssh';
const shippedFolder = '/usr/etc/ssh';

/**
 * What tells a machine, and its last start, from others that have the same home (NFS, a volume of containers): their network
 * namespaces may have the same number, and nobody here listens at their sockets. %C has the name alone, and ssh takes the
 * socket of a machine of the same name for a stale one.
 */
const machine = ['/proc/sys/kernel/random/boot_id', '/proc/sys/kernel/hostname'];

/**
 * What decides, beside ssh's arguments, where a connection leads, as a text that differs whenever any of it does: the
 * machine and the network that this process is in, and the state of ssh's configuration files. An open connection heeds neither. Its
 * socket can be entered from every network (a path belongs to the file system, unix(7)), and of the configuration %C
 * has host, port and user alone (and, from OpenSSH 9.6 on, the jump host; ssh.c and readconf.c, ssh_connection_hash).
 *
 * @param config as `ssh -F` is given it
 * @param answers asked before anything is looked at; null comes of it where a file or folder does not answer
 * @param home gives the account's home as ssh knows it, whatever the environment says; may throw
 */
export async function sharedWay(
  config: string | undefined,
  home: () => string,
  answers: Answers = async () => true,
): Promise<string | null> {
  const files = await configuration(config, attempt(home), answers);
  if (files === null) return null;
  const network = [attempt(() => readlinkSync('/proc/self/ns/net')), vrfOf(text('/proc/self/cgroup'))];
  return [...machine.map(text), ...network, ...files].join('\n');
}

/** The VRF that `ip vrf exec` has put a process into, by its /proc/PID/cgroup (iproute2, ip/ipvrf.c); '' where none. */
export function vrfOf(cgroup: string): string {
  return /\/vrf\/([^/\n]+)/.exec(cgroup)?.[1] ?? '';
}

/** A file of ssh's configuration, and the folder that its relative Include lines are about. */
type Source = { readonly file: string; readonly base: string };

/** The files that ssh reads without being led to them. */
export function firstFiles(config: string | undefined, home: () => string): readonly string[] {
  return firstSources(config, attempt(home)).map(({ file }) => file);
}

function firstSources(config: string | undefined, home: string): readonly Source[] {
  const own = join(home, '.ssh');
  if (config?.toLowerCase() === 'none') return [];
  if (config !== undefined) return [{ file: config, base: own }];
  const system = [systemFolder, shippedFolder].map((base) => ({ file: join(base, 'ssh_config'), base }));
  return [{ file: join(own, 'config'), base: own }, ...system];
}

/** All files that the configuration is read from, each with its state; one that is not there yet is one of them. */
async function configuration(
  config: string | undefined,
  home: string,
  answers: Answers,
): Promise<readonly string[] | null> {
  const found = new Map<string, string>();
  let level: readonly Source[] | null = firstSources(config, home);
  while (level !== null && level.length > 0) {
    if (!(await answers(level.map(({ file }) => file)))) return null;
    const included: readonly Source[] = level.flatMap(({ file, base }) => {
      if (found.has(file)) return [];
      const state = stateOf(file);
      found.set(file, state);
      const patterns = state === '' ? [] : includesOf(text(file));
      return patterns.map((pattern) => ({ file: absolutePattern(pattern, base, home), base }));
    });
    level = await matching(included, answers);
  }
  return level && [...found].map(([file, state]) => `${file} ${state}`);
}

/** What no change of a regular file leaves as it was: the kernel alone sets the time of the last one. */
function stateOf(file: string): string {
  return attempt(() => {
    const found = statSync(file);
    // Whatever else it is, to read it could take for ever.
    return found.isFile() ? [found.dev, found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ') : '';
  });
}

/** The patterns of the Include lines of a file, as ssh takes their words apart (ssh_config(5)). */
export function includesOf(config: string): readonly string[] {
  return config.split('\n').flatMap((line) => {
    const [, words = ''] = /^\s*"?include"?(?:\s*=\s*|\s+)(.*)$/i.exec(line.replace(/\s+$/, '')) ?? [];
    return [...new Set([...wordsOf(words), ...plainWordsOf(words)])];
  });
}

/** As misc.c does from OpenSSH 8.7 on (argv_split): quotes may begin within a word, and some characters be escaped. */
function wordsOf(text: string): readonly string[] {
  const words = text.match(/(?:"(?:\\["'\\]|[^"])*"|'(?:\\["'\\]|[^'])*'|\\["'\\ ]|[^\s"'])+/g) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\["'\\]|[^"])*)"|'((?:\\["'\\]|[^'])*)'|\\(["'\\ ])/g, (_, double, single, escaped) =>
      escaped === undefined ? (double ?? single).replace(/\\(["'\\])/g, '$1') : escaped,
    ),
  );
}

/** As it did before (strdelim): a word has quotes around it, or none, and a comment is not one. */
function plainWordsOf(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, ...word]) => word.find(Boolean) ?? '');
}

/** Anchors a pattern as readconf.c does, with what newer releases put in for `%d` and variables; `~user` is not followed. */
function absolutePattern(pattern: string, base: string, home: string): string {
  const filled = pattern
    .replace(/\$\{(\w+)\}/g, (whole, name) => process.env[name] ?? whole)
    .replaceAll('%d', home)
    .replace(/^~(?=\/|$)/, home);
  return filled.startsWith('/') ? filled : join(base, filled);
}

/** Whether a part of a pattern stands for several names: a character after a backslash stands for itself (glob(7)). */
function isSeveral(part: string): boolean {
  return /[*?[%$]/.test(part.replace(/\\./g, ''));
}

/**
 * The paths that patterns stand for; null when a folder on the way does not answer. A range of characters and a token of
 * ssh's stand for more than they may.
 */
async function matching(patterns: readonly Source[], answers: Answers): Promise<readonly Source[] | null> {
  const whole: Source[] = [];
  let begun = patterns.map(({ file, base }) => walk({ folder: '', left: file.split('/').filter(Boolean), base }));
  for (;;) {
    whole.push(...begun.filter(({ left }) => left.length === 0).map(({ folder, base }) => ({ file: folder, base })));
    begun = begun.filter(({ left }) => left.length > 0);
    if (begun.length === 0) return whole;
    if (!(await answers(begun.map(({ folder }) => folder || '/')))) return null;
    begun = begun.flatMap(({ folder, left: [part = '', ...left], base }) => {
      const name = nameOf(part);
      const names = entries(folder).filter((entry) => name.test(entry));
      return names.map((entry) => walk({ folder: `${folder}/${entry}`, left, base }));
    });
  }
}

/** A pattern up to a part that stands for several names, and what is left of it. */
type Begun = { readonly folder: string; readonly left: readonly string[]; readonly base: string };

function walk({ folder, left, base }: Begun): Begun {
  const [part, ...rest] = left;
  if (part === undefined || isSeveral(part)) return { folder, left, base };
  return walk({ folder: `${folder}/${part.replace(/\\(.)/g, '$1')}`, left: rest, base });
}

function nameOf(part: string): RegExp {
  const source = part.replace(/\\.|\*|\?|\[[^\]]*\]|%.|\$\{\w+\}|[^A-Za-z0-9]/g, (one) => {
    if (one.length === 2 && one.startsWith('\\')) return /\w/.test(one[1] ?? '') ? (one[1] ?? '') : one;
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
