import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addAccount, removeAccount } from './account.ts';
import { startSshd } from './sshd.ts';

/** What this machine lacks for the lab, as a sentence fragment; null when it has everything. */
export function whyNoLab(): string | null {
  if (process.getuid?.() !== 0) return 'it adds users and sudoers lines, which needs root';
  const tools = ['/usr/sbin/sshd', 'ssh', 'ssh-keygen', 'sudo', 'visudo', 'useradd', 'setpriv', 'nft', 'iptables-save'];
  const missing = tools.filter((tool) => !isThere(tool));
  return missing.length === 0 ? null : `${missing.join(', ')} not installed`;
}

function isThere(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v "$0"`, tool], { env: labEnvironment });
    return true;
  } catch {
    return false;
  }
}

const labEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** The snapshot script where the lab installs it, in place of the path that the shipped examples name. */
const shippedScript = '/usr/lib/nagios/plugins/cluster_node_snapshot';

export type Lab = Awaited<ReturnType<typeof openLab>>;

/**
 * A real sshd on a free port of loopback, with accounts of its own: `allowed` has exactly the shipped sudoers lines for
 * single reads, `installed` the one for the script, `denied` none, `locked` a locked password. Root and they log in by
 * the key `id`; the keys `forced` and `forcedSudo` run the shipped examples of a forced command, and `broken` one that
 * hangs. Undone by `close`.
 */
export async function openLab() {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-ssh-'));
  // sshd reads the keys as the account that logs in.
  chmodSync(folder, 0o755);
  const file = (name: string) => path.join(folder, name);
  const keys = Object.fromEntries(
    ['host', 'id', 'stranger', 'forced', 'forcedSudo'].map((name) => [name, makeKey(file(name))]),
  );
  const script = file('cluster_node_snapshot');
  copyFileSync('plugins/cluster_node_snapshot', script);
  chmodSync(script, 0o755);
  const example = readFileSync('icinga-conf/ssh/authorized_keys.example', 'utf8');
  mkdirSync(file('keys'));
  const users = ['allowed', 'installed', 'denied', 'locked'] as const;
  const accounts = Object.fromEntries(users.map((role) => [role, `rwlab${process.pid}${role[0]}`]));
  const undo: (() => void)[] = [() => rmSync(folder, { recursive: true })];
  const close = async () => {
    for (const one of undo.reverse()) one();
  };
  return {
    folder,
    keys,
    accounts,
    example,
    script,
    close,
    shippedScript,
    addAccount,
    removeAccount,
    startSshd,
    writeFileSync,
  };
}

function makeKey(file: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'rackwatch lab', '-f', file]);
  return readFileSync(`${file}.pub`, 'utf8').trim();
}
