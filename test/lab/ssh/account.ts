import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Adds an account with a shell and no password; a locked one is what `useradd` makes by itself. */
export function addAccount(name: string, { locked = false } = {}): void {
  const args = ['--no-create-home', '--home-dir', '/', '--shell', '/bin/sh', '--password', locked ? '!' : '*', name];
  patiently(() => execFileSync('/usr/sbin/useradd', args, { stdio: 'pipe' }));
}

/** Removes an account and its sudoers lines, also while a process of it has not ended yet. */
export function removeAccount(name: string): void {
  rmSync(`/etc/sudoers.d/${name}`, { force: true });
  patiently(() => execFileSync('/usr/sbin/userdel', ['--force', name], { stdio: 'pipe' }));
}

/**
 * Lets an account do what the shipped sudoers file says, line by line: `reads` as it stands, `script` with the line for
 * the installed script switched on in place of the other. Only the account, the script's path and the names of the
 * aliases (a sudoers name stands for one thing on the whole machine) are replaced.
 */
export function allow(account: string, what: 'reads' | 'script', script: string): void {
  const shipped = readFileSync('icinga-conf/sudoers/rackwatch', 'utf8');
  const chosen =
    what === 'reads' ? shipped : shipped.replace(/^(?=RACKWATCH ALL)/m, '# ').replace(/^#(?=RACKWATCH ALL)/m, '');
  const text = chosen
    .replace(/^(User_Alias RACKWATCH = ).*$/m, `$1${account}`)
    .replaceAll('RACKWATCH', account.toUpperCase())
    .replaceAll('/usr/lib/nagios/plugins/cluster_node_snapshot', script);
  // sudo skips a name with a dot in it, so it never sees half a file.
  const draft = `/etc/sudoers.d/${account}.new`;
  writeFileSync(draft, text);
  chmodSync(draft, 0o440);
  execFileSync('/usr/sbin/visudo', ['-cf', draft], { stdio: 'pipe' });
  renameSync(draft, `/etc/sudoers.d/${account}`);
}

/** Another test may hold the lock of /etc/passwd. */
function patiently(work: () => void): void {
  for (let tries = 0; ; tries++) {
    try {
      work();
      return;
    } catch (error) {
      if (tries === 20 || !/lock/.test(String(error))) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
}
