import { asRoot, type Line, todo } from './line.ts';
import { quoted, shellQuoted, sudoersCommands, sudoersFile } from './shell.ts';

/** An account of a node as root's shell there writes it: its name as a word, and a line of sudoers that has it within. */
export type Account = { readonly name: string; line(before: string, after: string): string };

/** An account whose name is known. */
export function accountNamed(user: string): Account {
  // A user's name is a name in sudoers only without these.
  const subject = user.replace(/[^A-Za-z0-9_.-]/g, '\\$&');
  return { name: quoted(user), line: (before, after) => shellQuoted(`${before}${subject}${after}`) };
}

/** The account that a command of the shell prints. An interactive shell would read `!` between double quotes. */
export function accountBy(command: string): Account {
  const name = `"$(${command})"`;
  return { name, line: (before, after) => `${before}${name}${shellQuoted(after)}` };
}

/** What sudo says where `requiretty` is set, and the plugins of it. */
const wantsTerminal = /must have a tty|wants a terminal/;

/** Who may not do what. */
export type Refusal = {
  /** Where the lines belong: the machine by its name in the report. */
  readonly owner: string;
  readonly account: Account;
  /** As sudoers has them behind `NOPASSWD:`; none where they are not known. */
  readonly commands: readonly string[];
  /** The sentence that says so. */
  readonly text: string;
  /** sudo's own words, or the plugins' of them. */
  readonly said: string;
  /** What comes before the lines. */
  readonly first?: readonly string[];
};

/**
 * What to paste where sudo refuses: `!requiretty` where it wants a terminal, else the lines. Whether these are there already
 * and count for nothing cannot be seen from here, so the last commands show it.
 */
export function refusedLine({ owner, account, commands, text, said, first = [] }: Refusal): Line {
  if (wantsTerminal.test(said))
    return todo(
      'sudoers',
      `sudo wants a terminal on ${owner} (requiretty), which no check has. If you have pasted that before, a later requiretty overrides it, or /etc/sudoers does not include the file: the last two commands show which`,
      asRoot(
        owner,
        ...sudoersCommands(sudoersFile, [account.line('Defaults:', ' !requiretty')]),
        readsFolder,
        "grep -rn '^[^#]*requiretty' /etc/sudoers /etc/sudoers.d",
      ),
    );
  if (commands.length === 0)
    return todo(
      'sudoers',
      `${text}: sudoers there has to allow, with NOPASSWD, the very command that sudo is given (${said})`,
    );
  const lines = commands.map((command) => account.line('', ` ALL=(root) NOPASSWD: ${command}`));
  return todo(
    'sudoers',
    `${text}. If you have pasted that before, a later line overrides it, or /etc/sudoers does not include the file: the last two commands show which`,
    asRoot(owner, ...first, ...sudoersCommands(sudoersFile, lines), readsFolder, `sudo -l -U ${account.name}`),
  );
}

/** Releases of sudo before 1.9.1 know the directive by `#` alone. */
const readsFolder = `grep -qE '^[#@]includedir[[:blank:]]+/etc/sudoers.d' /etc/sudoers || echo 'add by visudo: #includedir /etc/sudoers.d'`;
