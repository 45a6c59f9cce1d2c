import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addAccount, allow, removeAccount } from './account.ts';
import { startSshd } from './sshd.ts';

const tools = [
  ...['/usr/bin/ssh', '/usr/bin/ssh-keygen', '/usr/bin/sudo', '/usr/bin/setpriv', '/usr/sbin/sshd'],
  ...['/usr/sbin/visudo', '/usr/sbin/useradd', '/usr/sbin/nft', '/usr/sbin/iptables-save'],
];

/** What this machine lacks for the lab, as a sentence fragment; null when it has everything. */
export function whyNoSsh(): string | null {
  if (process.getuid?.() !== 0) return 'it adds accounts and sudoers lines, which needs root';
  const missing = tools.filter((tool) => !isThere(tool));
  return missing.length === 0 ? null : `${missing.join(', ')} missing`;
}

function isThere(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}

const roles = ['allowed', 'installed', 'denied', 'locked'] as const;
const keys = ['host', 'id', 'stranger', 'forced', 'forcedSudo', 'saved', 'hanging'] as const;

/** A real sshd with accounts and keys of its own. */
export type Lab = {
  readonly port: number;
  /** Of a key, a file to be shown, or anything else in the lab's own folder. */
  file(name: string): string;
  /** The installed snapshot script. */
  readonly script: string;
  /** `ssh://ACCOUNT@127.0.0.1:PORT` by the account's role. */
  node(role: (typeof roles)[number] | 'root'): string;
  /** A number of seconds that only this lab's `sleep` is given. */
  readonly hang: string;
  close(): Promise<void>;
};

/**
 * Opens the lab: an sshd on a free port, and accounts that go with `close`. `allowed` has exactly the shipped sudoers
 * lines for single reads, `installed` the one for the script, `denied` none, `locked` no unlocked password. All log in
 * by the key `id`. The keys `forced` and `forcedSudo` run the shipped examples of a forced command, `saved` shows
 * the file saved.txt, `hanging` sleeps; `stranger` opens nothing.
 */
export async function openLab(): Promise<Lab> {
  const undo: (() => unknown)[] = [];
  const close = async () => {
    while (undo.length > 0) await undo.pop()?.();
  };
  try {
    return { ...(await furnish(undo)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function furnish(undo: (() => unknown)[]): Promise<Omit<Lab, 'close'>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-ssh-'));
  undo.push(() => rmSync(folder, { recursive: true }));
  // sshd reads the keys as the account that logs in.
  chmodSync(folder, 0o755);
  const file = (name: string) => path.join(folder, name);
  const id = randomBytes(3).toString('hex');
  const hang = `600.${Number.parseInt(id, 16)}`;
  const account = (role: string) => (role === 'root' ? role : `rwlab${id}${role.charAt(0)}`);
  for (const key of keys) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  const script = file('cluster_node_snapshot');
  copyFileSync('plugins/cluster_node_snapshot', script);
  chmodSync(script, 0o755);
  mkdirSync(file('keys'));
  for (const role of ['root', ...roles])
    writeFileSync(file(`keys/${account(role)}`), authorizedKeys(file, script, hang));
  for (const role of roles) {
    addAccount(account(role), { locked: role === 'locked' });
    undo.push(() => removeAccount(account(role)));
  }
  allow(account('allowed'), 'reads', script);
  allow(account('installed'), 'script', script);
  undo.push(() => {
    for (const pid of sleeping(hang)) process.kill(pid, 'SIGKILL');
  });
  const sshd = await startSshd(folder);
  undo.push(sshd.stop);
  writeConfiguration(file, sshd.port);
  return {
    port: sshd.port,
    file,
    script,
    hang,
    node: (role) => `${role}=ssh://${account(role)}@127.0.0.1:${sshd.port}`,
  };
}

/** What is still running on the node's side of a command that hangs: nobody there notices that ssh has gone. */
function sleeping(seconds: string): readonly number[] {
  return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.endsWith(`sleep ${seconds}`))
    .map((line) => Number.parseInt(line, 10));
}

/** The key files with the shipped examples of a forced command, only key, address and the script's path replaced. */
function authorizedKeys(file: (name: string) => string, script: string, hang: string): string {
  const key = (name: string) => readFileSync(file(`${name}.pub`), 'utf8').trim();
  const examples = readFileSync('icinga-conf/ssh/authorized_keys.example', 'utf8')
    .split('\n')
    .filter((line) => /^#?from=/.test(line))
    .map((line) =>
      line
        .replace(/^#/, '')
        .replace('192.0.2.10', '127.0.0.1')
        .replace(/ ssh-ed25519 .*/, ''),
    )
    .map((line) => line.replace('/usr/lib/nagios/plugins/cluster_node_snapshot', script));
  return [
    key('id'),
    `${examples[0]} ${key('forcedSudo')}`,
    `${examples[1]} ${key('forced')}`,
    `restrict,command="cat ${file('saved.txt')}" ${key('saved')}`,
    `restrict,command="exec sleep ${hang}" ${key('hanging')}`,
    '',
  ].join('\n');
}

/** What a host alias of the client's configuration is, beside the settings that all have. */
function aliases(file: (name: string) => string, port: number): Readonly<Record<string, readonly string[]>> {
  const root = ['HostName 127.0.0.1', `Port ${port}`, 'User root'];
  const byKey = (key: string) => [...root, `IdentityFile ${file(key)}`];
  return {
    'by-alias': byKey('id'),
    saved: byKey('saved'),
    hanging: byKey('hanging'),
    stranger: byKey('stranger'),
    'unknown-key': [...byKey('id'), 'UserKnownHostsFile /dev/null'],
    'changed-key': [...byKey('id'), `UserKnownHostsFile ${file('changed_hosts')}`],
    shared: [...byKey('id'), 'ControlMaster auto', 'ControlPersist 30', `ControlPath ${file('master')}`],
    'behind-proxy': [...byKey('id'), 'ProxyCommand sleep 600'],
    'no-proxy': [...byKey('id'), 'ProxyCommand rackwatch-no-such-program'],
  };
}

function writeConfiguration(file: (name: string) => string, port: number): void {
  const known = (key: string) => {
    const [type, text] = readFileSync(file(`${key}.pub`), 'utf8').split(' ');
    return `[127.0.0.1]:${port} ${type} ${text}\n`;
  };
  writeFileSync(file('known_hosts'), known('host'));
  writeFileSync(file('changed_hosts'), known('stranger'));
  const all = [`UserKnownHostsFile ${file('known_hosts')}`, 'GlobalKnownHostsFile /dev/null', 'IdentityAgent none'];
  const hosts = { ...aliases(file, port), '*': [...all, 'StrictHostKeyChecking yes', 'IdentitiesOnly yes'] };
  const text = Object.entries(hosts).flatMap(([host, lines]) => [`Host ${host}`, ...lines.map((line) => `  ${line}`)]);
  writeFileSync(file('ssh_config'), `${text.join('\n')}\n`);
}
