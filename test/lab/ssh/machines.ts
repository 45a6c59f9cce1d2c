import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Namespaces, openNamespaces } from '../address/namespaces.ts';
import { endMasters, until } from './masters.ts';

/** The port of every sshd here. Each has a network of its own. */
export const port = 2222;

/** Machines with a network each: `poller`, and beside it `a` and `b`, which both have an sshd and the same host key. */
export type Machines = {
  file(name: string): string;
  /** Runs a command as root in the network of a machine, with a runtime folder that all of them share. */
  run(machine: 'poller' | 'a' | 'b', command: readonly string[]): ReturnType<Namespaces['run']>;
  /** Where their checks keep sockets. */
  readonly sockets: string;
  close(): Promise<void>;
};

/**
 * Starts them. `a` is 10.99.1.2 for the poller, `b` is 10.99.2.2; the key `id` lets root in, the key `saved` shows the
 * file a.txt or b.txt, by the machine that is asked. `common` ends a configuration for ssh.
 */
export async function openMachines(): Promise<Machines> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rackwatch-machines-'));
  const runtime = mkdtempSync('/tmp/rws-');
  const file = (name: string) => path.join(folder, name);
  // sshd reads the keys as the account that logs in.
  chmodSync(folder, 0o755);
  const namespaces = await openNamespaces();
  const sockets = `${runtime}/rackwatch`;
  const close = async () => {
    await endMasters(sockets);
    for (const name of ['a', 'b']) end(file(`${name}.pid`));
    await namespaces.close();
    for (const one of [folder, runtime]) rmSync(one, { recursive: true });
  };
  try {
    for (const key of ['host', 'id', 'saved'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
    writeFileSync(file('known_hosts'), `* ${readFileSync(file('host.pub'), 'utf8')}`);
    writeFileSync(file('common'), common(file));
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    namespaces.sh('ip netns add poller; ip -n poller link set lo up');
    for (const [i, name] of ['a', 'b'].entries()) await openMachine(namespaces, file, name, i + 1);
  } catch (error) {
    await close();
    throw error;
  }
  const run: Machines['run'] = (machine, command) =>
    namespaces.run(machine, ['env', `XDG_RUNTIME_DIR=${runtime}`, ...command], 'root');
  return { file, run, sockets, close };
}

async function openMachine(namespaces: Namespaces, file: (name: string) => string, name: string, number: number) {
  const key = (of: string) => readFileSync(file(`${of}.pub`), 'utf8').trim();
  mkdirSync(file(`keys-${name}`));
  writeFileSync(
    file(`keys-${name}/root`),
    `${key('id')}\nrestrict,command="cat ${file(`${name}.txt`)}" ${key('saved')}\n`,
  );
  const settings = [
    ...[`Port ${port}`, 'ListenAddress 0.0.0.0', `HostKey ${file('host')}`, `PidFile ${file(`${name}.pid`)}`],
    ...['UsePAM no', 'StrictModes no', 'PasswordAuthentication no', 'PermitRootLogin prohibit-password'],
    `AuthorizedKeysFile ${file(`keys-${name}`)}/%u`,
  ];
  writeFileSync(file(`${name}.sshd_config`), `${settings.join('\n')}\n`);
  namespaces.sh(`
    ip netns add ${name}
    ip -n poller link add to-${name} type veth peer name eth0 netns ${name}
    ip -n poller addr add 10.99.${number}.1/24 dev to-${name}
    ip -n ${name} addr add 10.99.${number}.2/24 dev eth0
    ip -n poller link set to-${name} up
    ip -n ${name} link set eth0 up
    ip -n ${name} link set lo up
    ip netns exec ${name} /usr/sbin/sshd -f ${file(`${name}.sshd_config`)} -E ${file(`${name}.log`)}`);
  await until(() => pidIn(file(`${name}.pid`)) !== null);
}

function common(file: (name: string) => string): string {
  const all = ['User root', 'IdentityAgent none', 'IdentitiesOnly yes', 'StrictHostKeyChecking yes'];
  const known = [`UserKnownHostsFile ${file('known_hosts')}`, 'GlobalKnownHostsFile /dev/null'];
  return `${['Host *', ...[...all, ...known].map((line) => `  ${line}`)].join('\n')}\n`;
}

function pidIn(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8')) || null;
  } catch {
    return null;
  }
}

function end(file: string): void {
  const pid = pidIn(file);
  if (pid !== null) process.kill(pid, 'SIGTERM');
}
