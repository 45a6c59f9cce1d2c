import { readFileSync } from 'node:fs';
import { descriptorsOf, socketsOf } from './sockets.ts';
import { childrenOf } from './tree.ts';

/**
 * How far a running ssh has come, by what it has open (seen with OpenSSH 9.2):
 * - With a session on the node it works on duplicates of its standard descriptors (ssh_session2_open), so the socket
 *   that is its standard error is open twice.
 * - Behind a shared connection (ControlPath) it only talks to the master, by a Unix socket; a resolver may be asked by
 *   one, too. A ProxyCommand is also behind a Unix socket, but is a child.
 */
export function sshStage(pid: number): string {
  try {
    const all = descriptorsOf(pid);
    const errors = all.find(({ fd }) => fd === 2)?.link;
    if (all.filter(({ link }) => link === errors).length > 1) return 'waiting for the answer';
    const shared = socketsOf(pid).some((inode) => isUnixSocket(pid, inode));
    return shared && childrenOf(pid).length === 0 ? 'connecting or waiting for the answer' : 'connecting';
  } catch {
    // An ssh that nobody may look into.
    return 'connecting or waiting for the answer';
  }
}

/** Source: proc(5), /proc/net/unix: the inode is the seventh field. */
function isUnixSocket(pid: number, inode: string): boolean {
  const lines = readFileSync(`/proc/${pid}/net/unix`, 'latin1').split('\n');
  return lines.some((line) => line.split(/\s+/)[6] === inode);
}
