/** A word as a POSIX shell takes it: as it is where nothing in it means anything, else in single quotes. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_.,:=@%+/-]+$/.test(word) ? word : shellQuoted(word);
}

/** Words as a command line. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

/** A command of root's shell that runs as an account. */
export function asAccount(account: string, words: readonly string[]): readonly string[] {
  return account === 'root' ? words : ['runuser', '-u', account, '--', ...words];
}

/**
 * Makes a folder that an account can write to and nobody else enter. One that is there stays as it is, but for the account's
 * own `~/.ssh`: root may have made that.
 */
export function makeFolder(folder: string, { user, home }: { readonly user: string; readonly home: string }): string {
  const [path, account] = [quoted(folder), quoted(user)];
  const make = `install -d -m 0700 -o ${account} -g "$(id -gn ${account})" ${path}`;
  return folder === `${home}/.ssh` ? make : `[ -d ${path} ] || ${make}`;
}

/** Installs a package by its name on Debian and its kin, or on Red Hat's. Neither reads what is pasted behind it. */
export function installCommand(debian: string, redHat: string): string {
  const apt = `apt-get update && apt-get install -y ${debian} </dev/null`;
  return `if command -v apt-get >/dev/null; then ${apt}; else dnf install -y ${redHat} </dev/null; fi`;
}

/** Where the lines of sudoers go, on every node. */
export const sudoersFile = '/etc/sudoers.d/rackwatch';

/**
 * Commands that put lines (shell words) at the end of a file in sudoers.d, each once, since later ones win: it is made anew
 * under a name that sudo skips for its dot, checked, and put in place whole; a mistake leaves what was there.
 */
export function sudoersCommands(file: string, lines: readonly string[]): readonly string[] {
  const [old, added, draft] = [quoted(file), quoted(`${file}.add`), quoted(`${file}.new`)];
  return [
    ...lines.map((line, i) => `printf '%s\\n' ${line} ${i === 0 ? '>' : '>>'}${added}`),
    `{ grep -vxFf ${added} ${old} 2>/dev/null || true; cat ${added}; } >${draft} && rm ${added}`,
    `chmod 0440 ${draft}`,
    `visudo -cf ${draft} && mv ${draft} ${old}`,
  ];
}

/** In single quotes whatever it is, so that a line stands out as one. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
