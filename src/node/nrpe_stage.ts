import { readFileSync } from 'node:fs';
import { socketsOf } from './sockets.ts';

/** How far a running check_nrpe has come, by the state of its one TCP connection. */
export function nrpeStage(pid: number): string {
  try {
    const states = ['tcp', 'tcp6'].flatMap((kind) => statesOf(pid, kind));
    if (states.length === 0) return 'looking up the name or connecting';
    return states.every((state) => state === synSent) ? 'connecting' : 'connected, waiting for the answer';
  } catch {
    return 'connecting or waiting for the answer';
  }
}

/** Source: include/net/tcp_states.h. */
const synSent = '02';

/** Source: proc(5), /proc/net/tcp: the state is the fourth field, the inode the tenth. */
function statesOf(pid: number, kind: string): readonly (string | undefined)[] {
  const own = new Set(socketsOf(pid));
  return readFileSync(`/proc/${pid}/net/${kind}`, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => own.has(fields[9] ?? ''))
    .map((fields) => fields[3]);
}
