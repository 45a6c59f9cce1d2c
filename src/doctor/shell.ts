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

/** Installs a package by its name on Debian and its kin, or on Red Hat's. Neither reads what is pasted behind it. */
export function installCommand(debian: string, redHat: string): string {
  const apt = `apt-get update && apt-get install -y ${debian} </dev/null`;
  return `if command -v apt-get >/dev/null; then ${apt}; else dnf install -y ${redHat} </dev/null; fi`;
}

/** Where the lines of sudoers go, on every node. */
export const sudoersFile = '/etc/sudoers.d/rackwatch';

/**
 * Commands that write lines (shell words) behind those of a file in sudoers.d, each once: it is made anew under a name that
 * sudo skips for its dot, checked, and put in place whole; a mistake leaves what was there.
 */
export function sudoersCommands(file: string, lines: readonly string[]): readonly string[] {
  const draft = `${file}.new`;
  return [
    `cat ${quoted(file)} >${quoted(draft)} 2>/dev/null || true`,
    ...lines.map((line) => `grep -qxF -e ${line} ${quoted(draft)} || printf '%s\\n' ${line} >>${quoted(draft)}`),
    `chmod 0440 ${quoted(draft)}`,
    `visudo -cf ${quoted(draft)} && mv ${quoted(draft)} ${quoted(file)}`,
  ];
}

/** In single quotes whatever it is, so that a line stands out as one. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
