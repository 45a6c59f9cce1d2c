import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, startSshd } from '../ssh/sshd.ts';
import { type Account, giveTo } from './account.ts';

/** What the nodes need of this machine. */
export const sshFiles = ['/usr/bin/ssh', '/usr/bin/ssh-keygen', '/usr/sbin/sshd'];

/** The names of the nodes, which are hosts to ssh. */
export const nodeNames = ['n1', 'n2', 'n3'] as const;
export type NodeName = (typeof nodeNames)[number];

/** What a node does when it is asked: show a saved snapshot (a file), be down, or never answer. */
export type Doing = { readonly shows: string } | 'down' | 'hangs';

/** Cluster nodes behind a real sshd: each has a key that can do nothing but show this node's snapshot. */
export type Nodes = {
  /** For `--ssh-config`: knows the nodes by their names. */
  readonly sshConfig: string;
  /** The file that a node shows. */
  answerOf(node: NodeName): string;
  /** Says what a node does from now on. */
  set(node: NodeName, doing: Doing): void;
  /** All nodes show what was recorded of them in a situation; those that were not there are down. */
  show(situation: string): void;
  close(): Promise<void>;
};

/** Starts the nodes, with everything in an existing folder that the account may enter; all are down at first. */
export async function startNodes(folder: string, account: Account): Promise<Nodes> {
  const file = (name: string) => path.join(folder, name);
  for (const one of ['host', ...nodeNames])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(one)]);
  mkdirSync(file('keys'));
  // A pipe that nobody writes to never ends: a node that hangs.
  const lines = nodeNames.map((node) => `restrict,command="exec cat ${file(`${node}.txt`)}" ${publicKey(file(node))}`);
  writeFileSync(file('keys/root'), `${lines.join('\n')}\n`);
  const sshd = await startSshd(folder);
  const nowhere = await freePort();
  const [type, text] = publicKey(file('host')).split(' ');
  const known = [sshd.port, nowhere].map((port) => `[127.0.0.1]:${port} ${type} ${text}\n`);
  writeFileSync(file('known_hosts'), known.join(''));
  for (const node of nodeNames) giveTo(account, file(node));
  const doing = new Map<NodeName, Doing>();
  const set = (node: NodeName, what: Doing) => {
    // Whoever waits at the pipe gets its end: nobody on the node's side notices that ssh has gone.
    if (doing.get(node) === 'hangs') closeSync(openSync(file(`${node}.txt`), 'r+'));
    doing.set(node, what);
    rmSync(file(`${node}.txt`), { force: true });
    if (what === 'hangs') execFileSync('mkfifo', [file(`${node}.txt`)]);
    else if (what !== 'down') copyFileSync(what.shows, file(`${node}.txt`));
    const port = (one: NodeName) => (doing.get(one) === 'down' ? nowhere : sshd.port);
    writeFileSync(file('ssh_config'), nodeNames.map((one) => sshHost(one, port(one), file)).join('\n'));
  };
  for (const node of nodeNames) set(node, 'down');
  const show = (situation: string) => {
    for (const node of nodeNames) {
      const snapshot = `test/fixtures/clusterip/${situation}/${node}.txt`;
      set(node, existsSync(snapshot) ? { shows: snapshot } : 'down');
    }
  };
  const close = async () => {
    for (const node of nodeNames) set(node, 'down');
    await sshd.stop();
  };
  return { sshConfig: file('ssh_config'), answerOf: (node) => file(`${node}.txt`), set, show, close };
}

function sshHost(node: NodeName, port: number, file: (name: string) => string): string {
  const settings = [
    'HostName 127.0.0.1',
    `Port ${port}`,
    'User root',
    `IdentityFile ${file(node)}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    `UserKnownHostsFile ${file('known_hosts')}`,
    'GlobalKnownHostsFile /dev/null',
  ];
  return [`Host ${node}`, ...settings.map((line) => `  ${line}`), ''].join('\n');
}

function publicKey(key: string): string {
  return readFileSync(`${key}.pub`, 'utf8').trim();
}
